"""The form that resizes a VM."""
