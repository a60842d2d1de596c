"""What hypervisors and Limen do not agree on, and the trash."""
