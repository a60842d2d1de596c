"""The view of storage pools."""
