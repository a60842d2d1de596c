"""Serial consoles of VMs."""
