"""A console with its state line and its menu. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from limen_widgets.terminal import TerminalView
from textual import on
from textual.app import ComposeResult

from limen_tui.fleet.consoles import Phase
from limen_tui.model.units import clean
from limen_tui.model.vm import VMKey
from limen_tui.tui.console.acts import MenuCommands
from limen_tui.tui.console.menu import menu_lines
from limen_tui.tui.console.terminal import ConsoleTerminal
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


class ConsolePanel(MenuCommands):
    """Shows one open console; a message says when it is to be left, closed or another is wanted."""

    DEFAULT_CSS = """
    ConsolePanel { layout: vertical; layers: base over; height: 1fr; width: 1fr; }
    ConsolePanel #console-menu { layer: over; dock: bottom; margin-bottom: 1; display: none; background: $surface; }
    """

    def __init__(self, app: LimenApp, key: VMKey, *, switches: bool) -> None:
        super().__init__(app, key)
        self._switches = switches

    @property
    def without(self) -> frozenset[str]:
        """Commands that do nothing here: below the tabs of a VM there is one console, unless more lines were opened."""
        more = self._switches or len(self._desk.lines_of(self.key)) > 1
        return frozenset() if more else frozenset({"switch", "switch-back", "close"})

    def compose(self) -> ComposeResult:
        """Terminal, state, menu."""
        yield ConsoleTerminal(self._open.emulator, self._typed)
        yield ConsoleLines(id="console-state")
        yield ConsoleLines(id="console-menu")

    def on_mount(self) -> None:
        """Seen from now on."""
        self._begin()

    def on_unmount(self) -> None:
        """In the background from now on."""
        self._let_go()

    def show_console(self, key: VMKey, device: str = "") -> None:
        """Another VM's, or another line."""
        self._let_go()
        self._open = self._desk.open(key, device)
        self.terminal.close_menu()
        self.terminal.show(self._open.emulator)
        self._finds = ""
        self._begin()

    def _begin(self) -> None:
        if self._changed not in self._open.viewers:
            self._open.viewers.append(self._changed)
        self._open.unseen = False
        self.show_state()

    def _let_go(self) -> None:
        if self._changed in self._open.viewers:
            self._open.viewers.remove(self._changed)

    def pause(self, on: bool) -> None:
        """Another tab covers it, or no longer."""
        if on:
            self._let_go()
        else:
            self._begin()
            self.terminal.show_changes()

    def _changed(self, rushing: bool) -> None:
        if self.is_mounted:
            self.terminal.show_changes(rushing=rushing)
            self.show_state()

    # -- state and menu ---------------------------------------------------------------------------

    def show_state(self) -> None:
        """The line below the terminal."""
        if not self.is_mounted:
            return
        if self.screen.is_current:
            self.terminal.fit()  # another screen may have shown it meanwhile, in another size
        terminal, console = self.terminal, self._open.console
        phase, (columns, lines) = console.phase, self._open.emulator.size
        words: list[tuple[str, str]] = [(f"● {phase.value}", STYLES[phase])]
        if phase in PROBLEMS and console.problem is not None:
            words.append((f"  {clean(console.problem.title)}", ""))
        items = [Item(0, (tuple(words), tuple(words[:1])))]
        if console.device:
            items.append(Item(3, (((clean(console.device), "console--key"),),)))
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
            for line in menu_lines(self.size.width, without=self.without):
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

    def _typed(self, data: bytes) -> None:
        if data and not self._open.console.write(data) and self._open.console.phase is Phase.OPEN:
            self.notify("The guest does not take what was typed: it was dropped", severity="warning", timeout=4)
