"""A console with its state line and its menu. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from limen_widgets.terminal import TerminalView
from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from limen_tui.errors import InputError
from limen_tui.fleet.consoles import Phase
from limen_tui.model.units import clean
from limen_tui.model.vm import VMKey
from limen_tui.tui.console.desk import OpenConsole, desk_of
from limen_tui.tui.console.menu import menu_lines
from limen_tui.tui.console.saving import save, suggested_path
from limen_tui.tui.console.terminal import ConsoleTerminal
from limen_tui.tui.dialogs.text import YesNoDialog
from limen_tui.tui.fleet.fit import Item, fit
from limen_tui.tui.fleet.lines import Line, Lines

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

STYLES: Final = {
    Phase.OPEN: "console--good", Phase.OPENING: "console--dim", Phase.VM_OFF: "console--dim",
    Phase.HOST_AWAY: "console--warn", Phase.IN_USE: "console--warn", Phase.FAILED: "console--bad",
    Phase.CLOSED: "console--dim",
}  # fmt: skip
ASKS: Final = {"search": "Search", "save": "Save as"}
PROBLEMS: Final = frozenset({Phase.FAILED, Phase.IN_USE})


class ConsoleLines(Lines):
    """State or menu."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"console--{name}" for name in ("good", "warn", "bad", "dim", "key", "here")
    }
    DEFAULT_CSS = """
    ConsoleLines {
        height: 1; background: $panel; color: $foreground;
        & > .console--good { color: $text-success; }
        & > .console--warn { color: $text-warning; }
        & > .console--bad { color: $text-error; }
        & > .console--dim { color: $text-muted; }
        & > .console--key { text-style: bold; color: $text-accent; }
        & > .console--here { text-style: bold reverse; }
    }
    """


class ConsolePanel(Widget):
    """Shows one open console; a message says when it is to be left, closed or another is wanted."""

    DEFAULT_CSS = """
    ConsolePanel { layout: vertical; layers: base over; height: 1fr; width: 1fr; }
    ConsolePanel #console-menu { layer: over; dock: bottom; display: none; background: $surface; }
    """

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

    def __init__(self, app: LimenApp, key: VMKey, *, switches: bool) -> None:
        super().__init__()
        self._limen = app
        self._desk = desk_of(app)
        self._open = self._desk.open(key)
        self._without = frozenset() if switches else frozenset({"switch", "close"})
        self._finds = ""

    def compose(self) -> ComposeResult:
        """Terminal, state, menu."""
        yield ConsoleTerminal(self._open.emulator)
        yield ConsoleLines(id="console-state")
        yield ConsoleLines(id="console-menu")

    def on_mount(self) -> None:
        """Seen from now on."""
        self._begin()

    def on_unmount(self) -> None:
        """In the background from now on."""
        self._let_go()

    @property
    def terminal(self) -> ConsoleTerminal:
        """The guest's."""
        return self.query_one(ConsoleTerminal)

    @property
    def key(self) -> VMKey:
        """The VM whose console is on show."""
        return self._open.key

    def show_console(self, key: VMKey) -> None:
        """Another VM's."""
        self._let_go()
        self._open = self._desk.open(key)
        self.terminal.close_menu()
        self.terminal.show(self._open.emulator)
        self._finds = ""
        self._begin()

    def _begin(self) -> None:
        self._open.shown = self._changed
        self._open.unseen = False
        self.show_state()

    def _let_go(self) -> None:
        if self._open.shown == self._changed:
            self._open.shown = None

    def pause(self, on: bool) -> None:
        """Another tab covers it, or no longer."""
        if on:
            self._let_go()
        else:
            self._begin()
            self.terminal.show_changes()

    def _changed(self) -> None:
        if self.is_mounted:
            self.terminal.show_changes()
            self.show_state()

    # -- state and menu ---------------------------------------------------------------------------

    def show_state(self) -> None:
        """The line below the terminal."""
        if not self.is_mounted:
            return
        terminal, console = self.terminal, self._open.console
        phase, (columns, lines) = console.phase, self._open.emulator.size
        words: list[tuple[str, str]] = [(f"● {phase.value}", STYLES[phase])]
        if phase in PROBLEMS and console.problem is not None:
            words.append((f"  {clean(console.problem.title)}", ""))
        items = [Item(0, (tuple(words), tuple(words[:1])))]
        if phase is Phase.IN_USE:
            items.append(Item(1, ((("^] f", "console--key"), (" takes it by force", "")),)))
        if phase is Phase.FAILED and console.problem is not None and console.problem.hint:
            items.append(Item(4, (((clean(console.problem.hint), "console--dim"),),)))
        if terminal.back:
            kept = len(self._open.emulator.scrollback)
            items.append(Item(2, (((f"{terminal.back} of {kept} lines back", "console--warn"),),)))
        if self._finds:
            items.append(Item(2, (((self._finds, ""),),)))
        items.append(Item(5, (((f"{columns}x{lines}", "console--dim"),),), right=True))
        items.append(Item(6, (((("shift+PgUp"), "console--key"), (" scroll back", "console--dim")),), right=True))
        items.append(Item(1, ((("^]", "console--key"), (" menu", "console--dim")),), right=True))
        state = self.query_one("#console-state", ConsoleLines)
        state.show_lines([((" ", ""), *fit(items, max(1, self.size.width - 2)))])
        self._show_menu()

    def _show_menu(self) -> None:
        terminal, menu = self.terminal, self.query_one("#console-menu", ConsoleLines)
        lines: list[Line] = []
        if terminal.question:
            words = (f" {ASKS[terminal.question]}: ", "console--key")
            lines = [(words, (clean(terminal.answer), ""), (" ", "console--here"),
                      ("   Enter  Esc", "console--dim"))]  # fmt: skip
        elif terminal.menu:
            for line in menu_lines(self.size.width, without=self._without):
                pieces: list[tuple[str, str]] = [(" ", "")]
                for key, label in line:
                    pieces += [(key, "console--key"), (f" {label}   ", "")]
                lines.append(tuple(pieces))
        menu.display = bool(lines)
        menu.styles.height = max(1, len(lines))
        menu.show_lines(lines)

    @on(ConsoleTerminal.Changed)
    @on(TerminalView.Moved)
    @on(TerminalView.Sized)
    def _state_changed(self) -> None:
        self.show_state()

    def on_resize(self) -> None:
        """Lay out the lines again."""
        self.show_state()

    @on(TerminalView.Typed)
    def _typed(self, event: TerminalView.Typed) -> None:
        event.stop()
        if event.data and not self._open.console.write(event.data) and self._open.console.phase is Phase.OPEN:
            self.notify("The guest does not take what was typed: it was dropped", severity="warning", timeout=4)

    # -- the menu's commands ----------------------------------------------------------------------

    @on(ConsoleTerminal.Chosen)
    def _chosen(self, event: ConsoleTerminal.Chosen) -> None:
        event.stop()
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
        name = clean(console.name)
        self.app.push_screen(
            YesNoDialog(f"Take the console of {name}?", "Whoever has it open now loses it.", "Take it", "Leave it"),
            lambda yes: self._force(console.key) if yes else None,
        )

    def _force(self, key: VMKey) -> None:
        """Pinned: the console that the question was about."""
        found = self._desk.get(key)
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
        self._desk.close(self.key)
        self.post_message(self.Closed())

    # -- answers ----------------------------------------------------------------------------------

    _wanted = ""

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

    def on_console_panel_saved(self, event: ConsolePanel.Saved) -> None:
        """Say where."""
        event.stop()
        result = event.result
        if isinstance(result, InputError):
            self.notify(clean(str(result)), severity="error", markup=False, timeout=8)
        else:
            self.notify(f"Saved {clean(str(result))}", markup=False, timeout=5)


def open_name(console: OpenConsole) -> str:
    """What it is called on the strip."""
    return clean(console.console.name)
