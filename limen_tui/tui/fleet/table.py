"""The table of VMs and what is over it when it is empty. May import textual, limen_widgets. UI thread."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from limen_widgets.line_table import LineTable
from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from limen_tui.model.vm import VM
from limen_tui.tui.fleet.lines import Line, Lines


class VMTable(LineTable[VM]):
    """Adds what Escape and the way to the hosts mean here."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+tab", "leave", "To the hosts", show=False),
    ]
    DEFAULT_CSS = """
    VMTable {
        height: 1fr; scrollbar-size-vertical: 1;
        & > .line-table--dim { color: $foreground; text-style: dim; }
        & > .line-table--sorted { color: $foreground; }
    }
    """

    class Left(Message):
        """The keyboard should go to the hosts."""

    def action_leave(self) -> None:
        """To the hosts."""
        self.post_message(self.Left())

    def action_shift_columns(self, by: int) -> None:
        """Left at the first column goes to the hosts."""
        if by < 0 and self._shift == 0:
            self.action_leave()
        else:
            super().action_shift_columns(by)


class EmptyNote(Lines):
    """Stands in the table's place while it has no rows: why, and what to do."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"empty--title", "empty--text", "empty--hint"}
    DEFAULT_CSS = """
    EmptyNote {
        height: 1fr; display: none;
        & > .empty--title { text-style: bold; }
        & > .empty--text { color: $text; }
        & > .empty--hint { color: $text-accent; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._said: tuple[Line, ...] = ()

    def say(self, lines: tuple[Line, ...]) -> None:
        """Show ``lines`` in the middle."""
        self._said = lines
        self._centre()

    def on_resize(self) -> None:
        """Centre again."""
        self._centre()

    def _centre(self) -> None:
        width, height = self.size
        if not width or not height:
            return
        said: list[Line] = []
        for line in self._said:  # one text each: why, and what to do, must not be cut off
            wrapped = [((part, style),) for text, style in line for part in wrap(text, max(8, width - 2))]
            said += wrapped or [()]
        most = max((sum(cell_len(text) for text, _ in line) for line in said), default=0)
        pad = " " * max(1, (width - most) // 2)
        above = max(0, (height - len(said)) // 2)
        self.show_lines([()] * above + [((pad, ""), *line) if line else () for line in said])
