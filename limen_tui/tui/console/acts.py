"""What the commands of a console's menu do. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message

from limen_tui.errors import InputError
from limen_tui.fleet.consoles import Phase
from limen_tui.model.units import clean
from limen_tui.model.vm import VMKey
from limen_tui.tui.console.desk import Place, desk_of
from limen_tui.tui.console.lines import LineChoice
from limen_tui.tui.console.saving import save, suggested_path
from limen_tui.tui.console.terminal import ConsoleTerminal
from limen_tui.tui.dialogs.text import YesNoDialog

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class MenuCommands(LineChoice):
    """The half of a console's panel that acts; messages say when it is to be left, closed or another is wanted."""

    class Left(Message):
        """Leave the console; it stays open in the background."""

    class Closed(Message):
        """It was closed."""

    class Switched(Message):
        """Show the next one, or the one before for -1."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    class Saved(Message):
        """The text is in a file, or could not be written."""

        def __init__(self, result: Path | InputError) -> None:
            super().__init__()
            self.result = result

    def __init__(self, app: LimenApp, key: VMKey) -> None:
        super().__init__()
        self._limen = app
        self._desk = desk_of(app)
        self._open = self._desk.open(key)
        self._finds = self._wanted = ""

    @property
    def terminal(self) -> ConsoleTerminal:
        """The guest's."""
        return self.query_one(ConsoleTerminal)

    @property
    def key(self) -> VMKey:
        """The VM whose console is on show."""
        return self._open.key

    @property
    def place(self) -> Place:
        """It, and its line."""
        return self._open.place

    @property
    def without(self) -> frozenset[str]:
        """Commands that do nothing here."""
        return frozenset()

    def show_state(self) -> None:
        """Something of the state line changed."""

    def _let_go(self) -> None:
        """In the background from now on."""

    # -- the menu's commands ----------------------------------------------------------------------

    @on(ConsoleTerminal.Chosen)
    def _chosen(self, event: ConsoleTerminal.Chosen) -> None:
        event.stop()
        if event.command in self.without:
            return
        terminal = self.terminal
        moves = {"up": (1, 0), "down": (-1, 0), "page-up": (0, 1), "page-down": (0, -1)}
        if event.command in moves:
            lines, pages = moves[event.command]
            terminal.scroll_lines(lines)
            terminal.scroll_page(pages)
        elif event.command in ("next", "previous"):
            self._find(self._wanted, 1 if event.command == "next" else -1)
        else:
            getattr(self, f"_do_{event.command.replace('-', '_')}")()

    def _do_leave(self) -> None:
        self.post_message(self.Left())

    def _do_guest(self) -> None:
        self._finds = ""
        self.terminal.find_nothing()
        self.terminal.to_end()

    def _do_send(self) -> None:
        self._open.console.write(b"\x1d")

    def _do_start(self) -> None:
        self.terminal.to_start()

    def _do_end(self) -> None:
        self.terminal.to_end()

    def _do_search(self) -> None:
        """The terminal is asking already."""

    def _do_save(self) -> None:
        if not self.terminal.answer:
            now = self._limen.fleet.clock.wall()
            self.terminal.ask("save", suggested_path(self._open.console.name, now))

    def _do_copy(self) -> None:
        text = self.screen.get_selected_text() or self.terminal.shown_text()
        self._limen.copy_to_clipboard(text)
        self.screen.clear_selection()
        count = text.count("\n") + 1
        self.notify(f"Copied {count} {'line' if count == 1 else 'lines'}", markup=False, timeout=3)

    def _do_size(self) -> None:
        columns, lines = self._open.emulator.size
        self._open.console.write(b"stty rows %d cols %d" % (lines, columns))

    def _do_force(self) -> None:
        console = self._open.console
        if console.phase is Phase.OPEN:
            self.notify("You have this console already", markup=False, timeout=3)
            return
        name, place = clean(console.name), self._open.place
        self.app.push_screen(
            YesNoDialog(f"Take the console of {name}?", "Whoever has it open now loses it.", "Take it", "Leave it"),
            lambda yes: self._force(place) if yes else None,
        )

    def _force(self, place: Place) -> None:
        """Pinned: the console that the question was about."""
        found = self._desk.get(*place)
        if found is not None:
            found.console.open_now(force=True)
            self.show_state()

    def _do_again(self) -> None:
        self._open.console.open_now()
        self.show_state()

    def _do_switch(self) -> None:
        self.post_message(self.Switched(1))

    def _do_switch_back(self) -> None:
        self.post_message(self.Switched(-1))

    def _do_close(self) -> None:
        self._let_go()
        self._desk.close(*self.place)
        self.post_message(self.Closed())

    # -- answers ----------------------------------------------------------------------------------

    @on(ConsoleTerminal.Answered)
    def _answered(self, event: ConsoleTerminal.Answered) -> None:
        event.stop()
        if event.text is None:
            return
        if event.question == "search":
            self.terminal.menu = True  # n and N go on from here
            self._wanted = event.text
            self._find(event.text, -1)
        elif event.text.strip():
            save(event.text.strip(), self._open.emulator.text(), lambda result: self.post_message(self.Saved(result)))

    def _find(self, text: str, step: int) -> None:
        if not text:
            return
        which, count = self.terminal.find(text, step)
        self._finds = f"{which} of {count} finds" if count else f"no {clean(text)!r}"
        self.show_state()

    @on(Saved)
    def _saved(self, event: MenuCommands.Saved) -> None:
        """Say where."""
        event.stop()
        result = event.result
        if isinstance(result, InputError):
            self.notify(clean(str(result)), severity="error", markup=False, timeout=8)
        else:
            self.notify(f"Saved {clean(str(result))}", markup=False, timeout=5)
