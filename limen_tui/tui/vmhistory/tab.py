"""The definitions of a VM as they were: when, by whom, what differs; any of them can be put back. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from time import localtime, strftime
from typing import TYPE_CHECKING, ClassVar

from limen_widgets.line_table import Column, LineTable
from limen_widgets.line_table.messages import CursorMoved, MarksChanged
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Label

from limen_tui.errors import LimenError
from limen_tui.fleet.view import FleetView
from limen_tui.model.keepsakes import Definition
from limen_tui.model.units import ago, clean
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.editing.commands import ask_definition, confirm_change
from limen_tui.tui.editing.difference import diff_text
from limen_tui.tui.reading import shared_reader
from limen_tui.tui.textview import TextLines
from limen_tui.tui.vm.tab import VMTab
from limen_tui.tui.vm.xml import coloured

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

FOLLOW = 0.5
"""Seconds between looks at whether another definition was kept."""
KEYS = "b put it back   space mark two to compare them   y its XML   r look again"


class Read(Message):
    """What was kept."""

    def __init__(self, kept: tuple[Definition, ...], problem: str = "") -> None:
        super().__init__()
        self.kept, self.problem = kept, problem


class HistoryTab(VMTab):
    """Newest on top; below it what differs from the one before, or between two that are marked."""

    tab_id: ClassVar[str] = "history"
    title: ClassVar[str] = "History"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "put_back", "Put back", show=False),
        Binding("y", "show_xml", "XML", show=False),
        Binding("r", "look", "Look again", show=False),
    ]
    DEFAULT_CSS = """
    HistoryTab { layout: vertical; }
    HistoryTab LineTable { height: 10; }
    HistoryTab #words { height: 1; padding: 0 1; background: $panel; color: $text-muted; }
    HistoryTab TextLines { height: 1fr; }
    """

    def __init__(self, app: LimenApp, key: VMKey) -> None:
        super().__init__(app, key)
        self._kept: tuple[Definition, ...] = ()
        self._showing_xml = False
        self._seen = 0
        """How many were written when it was last read."""

    def compose(self) -> ComposeResult:
        """Versions, what the lines below are, the lines."""
        with Vertical():
            yield LineTable(self._columns(), lambda item: item.id, id="versions")
            yield Label("", id="words", markup=False)
            yield TextLines(id="difference")

    def _columns(self) -> Sequence[Column[Definition]]:
        now = self.limen.fleet.clock.wall
        return (
            Column("at", "Kept", lambda item: strftime("%Y-%m-%d %H:%M:%S", localtime(item.at)),
                   lambda item: item.at, width=19, priority=0, highlight=False),
            Column("ago", "Ago", lambda item: ago(item.at, now()), width=12, priority=2, highlight=False),
            Column("by", "Changed by", lambda item: item.author or "not by Limen", min_width=12, max_width=40, flex=1,
                   priority=1, highlight=False),
            Column("size", "Lines", lambda item: str(item.xml.count("\n")), width=6, align="right", priority=3,
                   highlight=False),
        )  # fmt: skip

    def on_mount(self) -> None:
        """What a job, or anyone, defines comes by itself: it is written a while after the host tells of it."""
        self.set_interval(FOLLOW, self._follow)

    def _follow(self) -> None:
        if self.display and self.limen.fleet.chronicle.written(self.key) != self._seen:
            self.action_look()

    def refresh_now(self) -> None:
        """ctrl+r."""
        self.action_look()

    def arrived(self) -> None:
        """Take the keyboard, read what was kept."""
        self.screen.set_focus(self.query_one(LineTable))
        self.action_look()

    def action_look(self) -> None:
        """Read it again, on another thread."""
        keepsakes = self.limen.fleet.inventory.keepsakes
        self._seen = self.limen.fleet.chronicle.written(self.key)

        def told(found: tuple[Definition, ...] | LimenError) -> None:
            self.post_message(Read((), str(found)) if isinstance(found, LimenError) else Read(found))

        shared_reader().read(lambda: keepsakes.definitions(*self.key), told)

    @on(Read)
    def _read(self, event: Read) -> None:
        event.stop()
        same, self._kept = bool(event.kept) and event.kept == self._kept, event.kept
        table: LineTable[Definition] = self.query_one(LineTable)
        table.set_empty_text(clean(event.problem) or "Nothing was kept yet.\n\nEach definition is kept as it changes, "
                             "by Limen or by anyone, from the first look at its host on.")  # fmt: skip
        table.set_rows(self._kept)
        table.styles.height = max(4, min(len(self._kept) + 1, 12, self.size.height // 2))
        if not same:  # what is read below stays where it was scrolled to
            self._show()

    def show_vm(self, vm: VM | None, view: FleetView) -> None:
        """Nothing of it is live."""

    # -- below --------------------------------------------------------------------------------------

    @on(CursorMoved)
    @on(MarksChanged)
    def _moved(self) -> None:
        self._showing_xml = False
        self._show()

    def _show(self) -> None:
        table: LineTable[Definition] = self.query_one(LineTable)
        words, lines = self.query_one("#words", Label), self.query_one(TextLines)
        row = table.cursor_row
        if row is None:
            words.update("")
            lines.show([])
            return
        marked = [item for item in self._kept if item.id in table.marked]
        newer, older = (marked[0], marked[1]) if len(marked) == 2 else (row, self._before(row))
        if self._showing_xml:
            words.update(f"As it was then   {KEYS}")
            lines.show(coloured(row.xml))
        elif older is None:
            words.update(f"The first that was kept   {KEYS}")
            lines.show(coloured(row.xml))
        else:
            words.update(f"{_at(older)} → {_at(newer)}   {KEYS}")
            lines.show(self._difference(older, newer))

    def _difference(self, older: Definition, newer: Definition) -> list[Text]:
        from limen_tui.model.xml.diff import definition_diff  # noqa: PLC0415 - lxml, late

        try:
            return diff_text(definition_diff(older.xml, newer.xml))
        except LimenError as error:
            return [Text(clean(str(error)))]

    def _before(self, row: Definition) -> Definition | None:
        place = next((place for place, item in enumerate(self._kept) if item.id == row.id), len(self._kept))
        return self._kept[place + 1] if place + 1 < len(self._kept) else None

    # -- acts -----------------------------------------------------------------------------------------

    def action_show_xml(self) -> None:
        """The whole of it, or what differs again."""
        self._showing_xml = not self._showing_xml
        self._show()

    def action_put_back(self) -> None:
        """The one under the cursor in place of what is there now; asks, with what differs."""
        row = self.query_one(LineTable).cursor_row
        vm = self.limen.fleet.view.vm(self.key)
        host = self.limen.fleet.view.host(self.key.host_id)
        if row is None or vm is None:
            return
        if self.limen.fleet.read_only or (host is not None and (host.host.read_only or host.info.read_only)):
            self.app.notify("Put back: read-only", severity="warning", markup=False, timeout=4)
            return
        title = f"Put back {vm.name} of {_at(row)}"
        ask_definition(
            self.limen, self.key, lambda now: confirm_change(self.limen, self.key, now, row.xml, title=title)
        )


def _at(item: Definition) -> str:
    return strftime("%m-%d %H:%M", localtime(item.at))
