"""The help screen, made from the registry of actions."""
