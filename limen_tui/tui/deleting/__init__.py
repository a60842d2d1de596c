"""Deleting VMs: the dialog that looks first."""
