"""The view of what this session did."""
