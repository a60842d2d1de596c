"""The palette: every action, VM and host by name."""
