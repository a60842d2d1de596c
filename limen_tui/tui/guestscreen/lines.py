"""What stands below and in place of a guest's screen. May import textual and model. UI thread."""

from __future__ import annotations

from limen_widgets.pixels import Window
from rich.text import Text

from limen_tui.fleet.display import Phase, Shot, Status
from limen_tui.model.units import clean
from limen_tui.model.vm import VM
from limen_tui.tui.guestscreen.menu import SHOWN_KEY, menu_rows


def status_line(
    status: Status, shot: Shot | None, window: Window, *, view_only: bool, width: int, reads: bool = False
) -> Text:
    """How it is shown, how large, how often, and the way out."""
    parts = [status.phase.value]
    if shot is not None:
        parts.append(f"{shot.still.width}x{shot.still.height}")
        if reads:
            parts.append("as text")
        else:
            parts.append("whole" if window.zoom is None else f"1:{window.scale:g}")
    if status.phase is Phase.LIVE:
        parts.append(rate_text(status.rate))
    if status.typing:
        parts.append(f"typing, {status.typing} to go")
    if status.phase is Phase.PICTURES and not view_only:
        parts.append("US keys")
    if view_only:
        parts.append("view only")
    if status.problem is not None and status.phase is not Phase.LIVE:
        parts.append(clean(f"{status.problem.title}: {status.problem.detail}".rstrip(": ")))
    line = Text(" " + " · ".join(parts), no_wrap=True, overflow="ellipsis")
    way_out = f"{SHOWN_KEY} menu, leave "
    line.truncate(max(1, width - len(way_out) - 1), overflow="ellipsis")
    line.append(" " * max(1, width - line.cell_len - len(way_out)))
    line.append(way_out, style="bold")
    return line


def rate_text(rate: float) -> str:
    """Pictures in a second."""
    return f"{rate:.0f}/s" if rate >= 1 else "still"


def menu_text(width: int) -> Text:
    """The keys after the escape key, on as many rows as they need."""
    made = []
    for row in menu_rows(width):
        line = Text(" ")
        for key, label in row:
            line.append(key, style="bold")
            line.append(f" {label}   ")
        made.append(line)
    return Text("\n").join(made)


def waiting_text(vm: VM | None, status: Status) -> Text:
    """Why there is no picture."""
    if vm is None:
        return Text("The VM is gone.")
    if not vm.state.is_active:
        name = clean(vm.name)
        return Text(f"{name} is {vm.state.value}: no screen.\n\n{SHOWN_KEY} twice leads out; there s starts it.")
    if status.problem is not None and status.phase is not Phase.OPENING:
        problem = status.problem
        lines = [clean(problem.title), clean(problem.detail), clean(problem.hint)]
        return Text("\n".join(line for line in lines if line))
    return Text("Opening the screen…")
