"""The busiest VMs."""
