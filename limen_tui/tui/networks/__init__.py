"""The view of virtual networks and their leases."""
