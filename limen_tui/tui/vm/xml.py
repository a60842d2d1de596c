"""The definition of a VM as libvirt has it: scrolls, searches, in colours. UI thread.

The text comes from outside: it is coloured by our own look at it, and control characters are made inert.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from limen_tui.errors import LimenError
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.view import FleetView
from limen_tui.model.units import clean
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.textview import TextLines, TextScreen
from limen_tui.tui.vm.tab import VMTab

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

_PARTS: Final = re.compile(r"(<!--.*?-->|</?[\w:.-]+|/?>|[\w:.-]+(?==['\"])|'[^']*'|\"[^\"]*\")")


class Came(Message):
    """The XML, or why there is none."""

    def __init__(self, text: str, problem: str) -> None:
        super().__init__()
        self.text, self.problem = text, problem

    @classmethod
    def of(cls, done: Future[str]) -> Came:
        """What a question came to. Any thread."""
        try:
            return cls(done.result(), "")
        except LimenError as error:
            return cls("", f"{error}\n{error.hint}")
        except CancelledError:
            return cls("", "The question was dropped.")

    @property
    def lines(self) -> Sequence[Text]:
        """As to be shown."""
        if self.problem:
            return [Text(f" {clean(line)}", style="bold") for line in self.problem.splitlines()]
        return coloured(self.text)


class XMLScreen(TextScreen):
    """Asks the host on opening; the answer comes as a message."""

    def __init__(self, fleet: Fleet, key: VMKey, name: str) -> None:
        super().__init__(f"XML of {name}")
        self._fleet, self._key = fleet, key

    def on_mount(self) -> None:
        """virDomainGetXMLDesc, on the host's session."""
        super().on_mount()
        self.text.show([Text(" Asking the host…", style="dim")])
        uuid = self._key.uuid
        future = self._fleet.call(self._key.host_id, lambda verbs: verbs.xml(uuid))
        future.add_done_callback(self._answered)

    def _answered(self, done: Future[str]) -> None:
        """On the session's thread: only a message."""
        self.post_message(Came.of(done))

    @on(Came)
    def _came(self, event: Came) -> None:
        """Show it."""
        self.text.show(event.lines)


class XMLTab(VMTab):
    """The definition; asked for anew when it changed, at most."""

    tab_id: ClassVar[str] = "xml"
    title: ClassVar[str] = "XML"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "which", "Live or stored", show=False),
        Binding("slash", "search", "Search", show=False),
        Binding("n", "again(1)", "Next", show=False),
        Binding("N", "again(-1)", "Before", show=False),
        Binding("escape", "back", "Back", show=False),
    ]
    DEFAULT_CSS = """
    XMLTab { layout: vertical; }
    XMLTab #xml-foot { height: 1; background: $panel; }
    XMLTab #xml-foot Label { width: auto; color: $text-muted; padding: 0 1; }
    XMLTab #xml-foot Input { width: 1fr; height: 1; border: none; padding: 0 1; display: none; }
    XMLTab.-searching #xml-foot Input { display: block; }
    """

    def __init__(self, app: LimenApp, key: VMKey) -> None:
        super().__init__(app, key)
        self._inactive = False
        self._asked: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Text and foot."""
        yield TextLines(id="xml-text")
        with Horizontal(id="xml-foot"):
            field = Input(placeholder="Search", id="xml-search", select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield Label("", id="xml-hint", markup=False)

    def arrived(self) -> None:
        """The text has the keyboard."""
        self.screen.set_focus(self.query_one(TextLines))

    def show_vm(self, vm: VM | None, view: FleetView) -> None:  # noqa: ARG002 - tabs of all hosts need it
        """Ask when the facts of the definition are others than those asked for."""
        if vm is None:
            return
        wanted = (vm.facts, vm.state.is_active, self._inactive)
        # the facts are the same object until the definition is read anew
        if len(self._asked) == len(wanted) and all(a is b for a, b in zip(self._asked, wanted, strict=True)):
            return
        if not self._asked:
            self.query_one(TextLines).show([Text(" Asking the host…", style="dim")])
        self._asked = wanted
        uuid, inactive = self.key.uuid, self._inactive
        future = self.limen.fleet.call(self.key.host_id, lambda verbs: verbs.xml(uuid, inactive=inactive))
        future.add_done_callback(self._answered)

    def refresh_now(self) -> None:
        """Ask again."""
        self._asked = ()

    def _answered(self, done: Future[str]) -> None:
        """On the session's thread: only a message."""
        self.post_message(Came.of(done))

    @on(Came)
    def _came(self, event: Came) -> None:
        text = self.query_one(TextLines)
        top = text.scroll_offset.y
        text.show(event.lines)
        text.scroll_to(y=top, animate=False)
        self._hint()

    def _hint(self, found: str = "") -> None:
        which = "as stored, for the next boot" if self._inactive else "as it runs now"
        self.query_one("#xml-hint", Label).update(found or f"{which}   i the other   / search   n next")

    def action_which(self) -> None:
        """The live definition, or that of the next boot."""
        self._inactive = not self._inactive
        self.show_vm(self.limen.fleet.view.vm(self.key), self.limen.fleet.view)

    def action_search(self) -> None:
        """Open the search line; the keyboard is in it before the next key."""
        self.add_class("-searching")
        self.screen.set_focus(self.query_one(Input))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search as it is typed."""
        number = self.query_one(TextLines).find(event.value)
        self._hint(f"{number} lines   n next   Esc back" if event.value else "")

    def on_input_submitted(self) -> None:
        """Keep what was found; the keyboard goes to the text."""
        self.screen.set_focus(self.query_one(TextLines))

    def action_again(self, step: int) -> None:
        """The next or the one before."""
        self.query_one(TextLines).find(self.query_one(Input).value, step=step, again=True)

    async def action_back(self) -> None:
        """First the search goes, then the screen."""
        if not self.has_class("-searching"):
            await self.screen.run_action("back")
            return
        self.remove_class("-searching")
        self.query_one(Input).value = ""
        self.screen.set_focus(self.query_one(TextLines))


def coloured(xml: str) -> Sequence[Text]:
    """Lines of XML with tags, attributes and values apart; colours of the terminal's own palette."""
    lines = []
    for raw in xml.expandtabs(2).splitlines():
        line = Text(" ")
        for part in _PARTS.split(clean(raw)):
            if part.startswith("<!--"):
                line.append(part, style="dim")
            elif part.startswith("<") or part in (">", "/>"):
                line.append(part, style="cyan")
            elif part.startswith(("'", '"')):
                line.append(part, style="green")
            elif line.plain.endswith(" ") and re.fullmatch(r"[\w:.-]+", part) and "<" in line.plain:
                line.append(part, style="yellow")
            else:
                line.append(part)
        lines.append(line)
    return lines
