"""Generic Textual widgets for terminal applications with live data. They know Textual and nothing of Limen."""
