"""Dialogs: small modal screens that ask one thing."""
