"""The terminal application. The only package of limen_tui that imports Textual; runs on the UI thread."""
