"""``limen`` and ``python -m limen_tui``. Imports next to nothing: ``limen --version`` is asked by scripts."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command line; the exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from limen_tui import __version__  # noqa: PLC0415

        if sys.stdout is not None:
            sys.stdout.write(f"limen {__version__}\n")
        return 0
    try:
        # nearly all that is loaded stays: to look for garbage in it takes as long as to read the inventory
        gc.disable()
        from limen_tui.cli.main import run  # noqa: PLC0415 - late: see above

        return run(sys.argv[1:])
    except KeyboardInterrupt:  # while modules are loaded, or a second one on the way out
        return 130


if __name__ == "__main__":
    sys.exit(main())
