"""Notices that can be taken back, and where they stand over a dialog: not on its title, its buttons or the field that
is filled in. UI thread.

May import textual and limen_widgets. Elsewhere notices stand at the bottom right, above the keys; see the style sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from limen_widgets.line_table import LineTable
from textual.app import App
from textual.geometry import Region
from textual.notifications import Notification, Notify
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Button

HEAD = 4
"""Lines of a list: its header and what is best."""
TITLE, BUTTON, FIELD, LARGE = 2, 3, 3, 1
"""How bad it is to cover a line of it; of what fills half the screen, such as a table, something may be covered, and
rather a text or another field than the one that is filled in."""


def show(app: App[Any], notice: Notification) -> Notification:
    """Show a notice, never as markup; what :func:`withdraw` takes."""
    app.post_message(Notify(notice))
    return notice


def withdraw_same(app: App[Any], message: str, title: str) -> None:
    """Take away what says the same: a key that is pressed again and again must not cover the screen."""
    for known in list(app._notifications):
        if (known.message, known.title) == (message, title):
            withdraw(app, known)


def withdraw(app: App[Any], notice: Notification) -> None:
    """Take a notice away before its time, also one that is not on show yet; nothing if it is gone."""
    # behind its Notify in the app's queue, so that it cannot come up after it was taken away
    app.call_later(_take_away, app, notice)


def _take_away(app: App[Any], notice: Notification) -> None:
    app._unnotify(notice)
    for screen in app.screen_stack:
        for toast in screen.query("Toast"):
            if getattr(toast, "_notification", None) is notice and isinstance(toast.parent, Widget):
                toast.parent.remove()  # its holder too, as when it expires


LOW = 12
"""Lines of a screen below which a dialog has room for one line of the newest notice only; see the style sheet."""


class Part(NamedTuple):
    """Lines of the screen that should stay in sight."""

    first: int
    last: int
    weight: int


def best_line(height: int, lines: int, parts: Iterable[Part]) -> int:
    """The line, from 0, on which notices of ``lines`` lines begin on a screen of ``height``: the topmost that covers
    least of ``parts``. Pure.
    """
    parts = tuple(parts)

    def covered(top: int) -> int:
        return sum(
            max(0, min(part.last, top + lines - 1) - max(part.first, top) + 1) * part.weight for part in parts
        )  # fmt: skip

    return min(range(max(1, height - lines + 1)), key=covered)


class NoticePlacer:
    """Moves the notices of each dialog as it is laid out, and as the focus goes on."""

    def __init__(self, app: App[int]) -> None:
        self._app = app

    def begin(self) -> None:
        """Look after every dialog from now on."""
        self._app.screen_change_signal.subscribe(self._app, self._changed)

    def _changed(self, screen: Screen[object]) -> None:
        if not isinstance(screen, ModalScreen):
            return
        self._app.call_later(self._only_on_top)  # behind what was told with the same key
        if screen.has_class("-notices-placed"):
            return
        screen.add_class("-notices-placed", update=False)
        screen.screen_layout_refresh_signal.subscribe(screen, place)

        def focus_moved() -> None:
            screen.call_after_refresh(place, screen)

        screen.watch(screen, "focused", focus_moved, init=False)

    def _only_on_top(self) -> None:
        """A dialog shows the notices there are: below it they would be seen twice. A screen that is back shows them."""
        for below in self._app.screen_stack[:-1]:
            for rack in below.query("ToastRack"):
                rack.display = False


def place(screen: Screen[object]) -> None:
    """Put the notices of ``screen``, if there are any, where they cover least."""
    screen.set_class(screen.size.height < LOW, "-low")
    rack = next(iter(screen.query("ToastRack")), None)
    toasts = [toast.region for toast in screen.query("Toast")] if rack is not None and rack.display else []
    if rack is None or not any(toasts):
        return
    shown = Region.from_union([region for region in toasts if region])
    line = best_line(screen.size.height, shown.height, _parts(screen, shown))
    if rack.styles.margin.top != line:
        rack.styles.margin = (line, 0, 0, 0)


def _parts(screen: Screen[object], shown: Region) -> Iterator[Part]:
    """What is in the columns of the notices and should not be covered."""

    def part(region: Region, weight: int) -> Iterator[Part]:
        if region and region.x < shown.right and shown.x < region.right:
            yield Part(region.y, region.bottom - 1, weight)

    boxes = [box for box in screen.query(Widget) if box.border_title and box.display]
    for box in boxes:
        yield from part(box.region.intersection(Region(box.region.x, box.region.y, box.region.width, 1)), TITLE)
    if not boxes:  # it fills the screen: its title is on top, its keys are at the bottom
        yield Part(0, 0, TITLE)
        yield Part(screen.size.height - 1, screen.size.height - 1, BUTTON)
    for button in screen.query(Button):
        yield from part(_in_sight(button), BUTTON)
    for widget in screen.query("Input, Tick, Label, Select, TextArea"):  # what is empty is covered rather than they
        if not isinstance(widget.parent, Button):
            yield from part(_in_sight(widget), LARGE)
    for table in screen.query(LineTable):  # of a list, what stands on top counts most: the best is there
        top = _in_sight(table)
        yield from part(Region(top.x, top.y, top.width, min(top.height, HEAD)), TITLE)
        yield from part(Region(top.x, top.y + HEAD, top.width, max(0, top.height - HEAD)), LARGE)
    focused = screen.focused
    if focused is not None and not isinstance(focused, Button):
        region = _in_sight(focused)
        yield from part(region, LARGE if region.height * 2 > screen.size.height else FIELD)


def _in_sight(widget: Widget) -> Region:
    """Where a widget is on the screen, without what is scrolled away."""
    region = widget.region
    for parent in widget.ancestors:
        if isinstance(parent, Widget):
            region = region.intersection(parent.region)
    return region
