"""Editing a definition in the editor of the person's choice."""
