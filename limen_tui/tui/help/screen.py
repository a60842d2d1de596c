"""Help: every action with its keys in force, moving in tables, the filter language, the glyphs. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from limen_widgets.line_table.keys import BINDINGS as TABLE_KEYS
from rich.text import Text

from limen_tui.model.actions import ACTIONS, Section
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
)
OTHERS: Final = (
    ("Esc", "Back, one layer at a time: marks, filter, host, screen"),
    ("^c", "Leave at once"),
    ("x", "In jobs: cancel what waits"),
    ("t", "In events: hosts' events or audit log"),
)


class HelpScreen(TextScreen):
    """Made from the registry, so that it says what is true."""

    def __init__(self, keys: Keys) -> None:
        super().__init__("Help")
        self._keys = keys

    def on_mount(self) -> None:
        """Fill."""
        super().on_mount()
        self.text.show(help_lines(self._keys))


def help_lines(keys: Keys) -> Sequence[Text]:
    """All of it, a line each."""
    lines: list[Text] = []

    def head(text: str) -> None:
        lines.extend((Text(), Text(f" {text}", style="bold underline")))

    def line(key: str, label: str, words: str = "") -> None:
        made = Text()
        made.append(f"  {key:<14} ", style="bold")
        made.append(f"{label:<18} " if words else label)
        made.append(words, style="dim")
        lines.append(made)

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
        lines.append(Text.assemble((f"  {example:<32} ", "bold"), (words, "dim")))
    head("Glyphs of VMs")
    for state, look in VM_LOOKS.items():
        line(look.glyph, state.value)
    line(STALE.glyph, "as last seen: its host does not answer")
    head("Glyphs of hosts")
    for host_state, look in HOST_LOOKS.items():
        line(look.glyph, host_state.value)
    return lines[1:]
