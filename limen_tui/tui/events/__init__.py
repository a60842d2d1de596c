"""The view of what happened, on the hosts and by people."""
