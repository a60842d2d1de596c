"""The terminal application. The only package of limen_tui that imports Textual; runs on the UI thread."""

from __future__ import annotations

import os

# A key that comes soon after something was painted waits for the next frame: with Textual's sixty a second, a frame is
# all the time that a key may take.
os.environ.setdefault("TEXTUAL_FPS", "120")
