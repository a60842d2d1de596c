"""Writes a picture as a PNG on a thread of its own. May import model."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

from limen_tui.model.rfb.frame import Still
from limen_tui.model.rfb.stills import encode_png


def default_path(name: str, now: time.struct_time) -> str:
    """``~/web1-20260314-093000.png``; of a VM's name only what is harmless in a path."""
    harmless = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:60] or "screen"
    return f"~/{harmless}-{time.strftime('%Y%m%d-%H%M%S', now)}.png"


def save(still: Still, path: str, then: Callable[[str], object]) -> None:
    """Write it; ``then`` is told what came of it, on the thread that wrote."""

    def write() -> None:
        try:
            target = Path(path).expanduser()
            with target.open("xb") as file:
                target.chmod(0o600)  # what stands on a screen may be anything
                file.write(encode_png(still))
        except (OSError, RuntimeError) as error:
            then(f"Not saved: {getattr(error, 'strerror', None) or error}")
        else:
            then(f"Saved {target}")

    threading.Thread(target=write, name="save-screen", daemon=True).start()
