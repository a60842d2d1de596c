"""Help: every action with its keys in force, moving in tables, the filter language, the glyphs. UI thread."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

from limen_widgets.line_table.keys import BINDINGS as TABLE_KEYS
from rich.text import Text
from textual import events

from limen_tui.model.actions import ACTIONS, Section
from limen_tui.model.query.fields import FIGURES, FLAGS, STATES, TEXTS
from limen_tui.tui.fleet.glyphs import HOST_LOOKS, STALE, VM_LOOKS
from limen_tui.tui.keymap import Keys, show_key
from limen_tui.tui.palette.sources import TWINS
from limen_tui.tui.textview import TextScreen

FILTER: Final = (
    ("web", "name, host, address, MAC, UUID or tag has web in it"),
    ("web db", "both words"),
    ("!web", "not that word"),
    ("state:running", "state; also paused, stopped, crashed ..."),
    ("host:kvm1  tag:prod  os:debian", "host, tag, system"),
    ("cpu>80  mem>50", "percent; also < and ="),
    ("net>1M  ram>4G  uptime<2h", "bytes a second, bytes, time"),
    ("a|b", "either"),
    ("looked for with :", ", ".join(TEXTS)),
    ("compared with < > =", ", ".join(FIGURES)),
    ("yes or no", ", ".join(f"{flag}:" for flag in FLAGS)),
    ("states", ", ".join(STATES)),
)
OTHERS: Final = (
    ("Esc", "Back, one layer at a time: marks, filter, host, screen"),
    ("^c", "Leave at once"),
    ("x", "In jobs: cancel what waits"),
    ("t", "In events: hosts' events or audit log"),
)
LEAST: Final = 16
"""Cells that a column of words needs."""
SCROLLBAR: Final = 2


class HelpScreen(TextScreen):
    """Made from the registry, so that it says what is true."""

    def __init__(self, keys: Keys) -> None:
        super().__init__("Help")
        self._keys = keys

    def on_resize(self, event: events.Resize) -> None:
        """Every word is on the screen, however narrow; the place is kept as well as it can be."""
        share = self.text.scroll_offset.y / max(1, len(self.text.lines))
        self.text.show(help_lines(self._keys, event.size.width - SCROLLBAR))
        self.text.scroll_to(y=round(share * len(self.text.lines)), animate=False)


def help_lines(keys: Keys, width: int = 200) -> Sequence[Text]:
    """All of it, a line each; what has no room in ``width`` cells goes on below its beginning."""
    lines: list[Text] = []

    def head(text: str) -> None:
        lines.extend((Text(), Text(f" {text}", style="bold underline")))

    def line(key: str, label: str, words: str = "", *, key_width: int = 14) -> None:
        made = Text()
        made.append(f"  {key:<{key_width}} ", style="bold")
        if not words:
            label, words = "", label
        made.append(f"{label:<18} " if label else "")
        indent, style = made.cell_len, "dim" if label or key_width > 14 else ""
        if width - indent < LEAST:  # too narrow for columns: below
            made.rstrip()
            lines.append(made)
            made, indent = Text(), 4
        for part in textwrap.wrap(words, max(LEAST, width - indent), break_on_hyphens=False) or [""]:
            made.append(" " * (indent - made.cell_len))
            made.append(part, style=style)
            lines.append(made)
            made = Text()

    for section in Section:
        actions = [action for action in ACTIONS if action.section is section]
        if actions:
            head(section.value)
        for action in actions:
            shown = " ".join(show_key(key) for key in keys.get(action.id, ()))
            if not shown and action.id in TWINS:
                continue
            line(shown or "(palette)", action.label, action.help)
    head("Moving and marking in tables")
    for spec, _, words, name in TABLE_KEYS:
        line(" ".join(show_key(key) for key in keys.get(name, spec.split(","))), words)
    for key, words in OTHERS:
        line(key, words)
    head("Filter")
    for example, words in FILTER:
        line(example, words, key_width=32)
    head("Glyphs of VMs")
    for state, look in VM_LOOKS.items():
        line(look.glyph, state.value)
    line(STALE.glyph, "as last seen: its host does not answer")
    head("Glyphs of hosts")
    for host_state, look in HOST_LOOKS.items():
        line(look.glyph, host_state.value)
    return lines[1:]
