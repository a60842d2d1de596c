"""The definition of a VM as libvirt has it: scrolls, searches, in colours. UI thread.

The text comes from outside: it is coloured by our own look at it, and control characters are made inert.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from typing import Final

from rich.text import Text
from textual.message import Message

from limen_tui.errors import LimenError
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.units import clean
from limen_tui.model.vm import VMKey
from limen_tui.tui.textview import TextScreen

_PARTS: Final = re.compile(r"(<!--.*?-->|</?[\w:.-]+|/?>|[\w:.-]+(?==['\"])|'[^']*'|\"[^\"]*\")")


class XMLScreen(TextScreen):
    """Asks the host on opening; the answer comes as a message."""

    class Came(Message):
        """The XML, or why there is none."""

        def __init__(self, text: str, problem: str) -> None:
            super().__init__()
            self.text, self.problem = text, problem

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
        try:
            self.post_message(self.Came(done.result(), ""))
        except LimenError as error:
            self.post_message(self.Came("", f"{error}\n{error.hint}"))
        except CancelledError:
            self.post_message(self.Came("", "The question was dropped."))

    def on_xmlscreen_came(self, event: XMLScreen.Came) -> None:
        """Show it."""
        if event.problem:
            self.text.show([Text(f" {clean(line)}", style="bold") for line in event.problem.splitlines()])
        else:
            self.text.show(coloured(event.text))


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
