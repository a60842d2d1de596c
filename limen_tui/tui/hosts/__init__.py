"""The view of all hosts."""
