"""Disks and interfaces of a VM."""
