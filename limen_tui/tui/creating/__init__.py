"""Creating VMs: the form, its plan, and what it makes of what was typed."""
