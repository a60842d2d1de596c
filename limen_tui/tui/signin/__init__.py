"""Dialogs for what hosts ask before they let us in. May import textual, fleet and model."""
