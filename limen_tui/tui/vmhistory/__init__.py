"""The history of a VM: its definitions as they were."""
