"""From the registry of actions to key bindings, with the user's keymap applied. May import textual. UI thread.

Bindings of actions are made with their final keys rather than overlaid by Textual's ``set_keymap``: that one lets a
binding vanish silently on a clash, and cannot take the keys of an action away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from limen_widgets.line_table.keys import BINDINGS as TABLE_KEYS
from textual.binding import Binding
from textual.keys import key_to_character

from limen_tui.model.actions import ACTIONS, Action, Scope
from limen_tui.settings import Settings, refuse_key, validate_keymap
from limen_tui.tui.hosts.keys import HOST_KEYS

Keys = Mapping[str, tuple[str, ...]]
"""The keys of each action, by id."""
GUEST_ESCAPE: Final = "ctrl+right_square_bracket"
"""Where a guest has the keyboard, the one key that is Limen's."""
_OTHERS: Final = {"escape": "back", "tab": "to the next part", "ctrl+c": "quit"}
_SHOWN: Final = {
    "enter": "Enter", "escape": "Esc", "space": "Space", "backspace": "Backsp", "delete": "Del", "pagedown": "PgDn",
    "pageup": "PgUp", "home": "Home", "end": "End", "up": "↑", "down": "↓", "left": "←", "right": "→", "tab": "Tab",
}  # fmt: skip
_NAMED: Final = {"plus": "+", "slash": "/", "backslash": "\\", "minus": "-", "asterisk": "*", "at": "@"}


def _places() -> tuple[Action, ...]:
    """What is no action of the registry and yet has keys: moving in tables, and the hosts' own keys."""
    table = [Action(name, words, words, tuple(spec.split(",")), Scope.VIEW) for spec, _, words, name in TABLE_KEYS]
    hosts = [Action(each.id, each.word, each.word, each.keys, Scope.HOST) for each in HOST_KEYS]
    return (*table, *hosts)


PLACES: Final = _places()


def effective_keys(settings: Settings) -> Keys:
    """The keys of every action, of tables (``table.down``) and under Hosts (``hosts.add``).

    Raises ``ConfigError`` for a keymap that cannot work, naming the line.
    """
    keys = validate_keymap(settings.keymap, (*ACTIONS, *PLACES), settings.source)
    for name in settings.keymap:
        for key in keys.get(name, ()):
            if key in _OTHERS:
                raise refuse_key(name, f"the key {key} is needed everywhere ({_OTHERS[key]})", "Choose another key.",
                                 settings.source)  # fmt: skip
    return keys


def place_keys(keys: Keys, settings: Settings) -> dict[str, str]:
    """Of tables and hosts, the keys that the user changed, for Textual's ``set_keymap``."""
    return {place.id: ",".join(keys[place.id]) for place in PLACES if place.id in settings.keymap}


def bindings(keys: Keys, actions: Iterable[Action] = ACTIONS) -> list[Binding]:
    """Bindings that call the app's ``act`` with the action's id, which is the binding's id as well."""
    return [
        Binding(key, f"app.act('{action.id}')", action.label, id=action.id, show=False, tooltip=action.help)
        for action in actions
        for key in keys.get(action.id, ())
    ]


def show_key(key: str) -> str:
    """A key as a person reads it: ``^r``, ``/``, ``F1``."""
    if key in _SHOWN:
        return _SHOWN[key]
    if key.startswith("ctrl+"):
        return "^" + show_key(key.removeprefix("ctrl+"))
    if "+" in key:
        head, _, tail = key.rpartition("+")
        return f"{head}+{show_key(tail)}"
    character = _NAMED.get(key) or key_to_character(key)
    if character is not None and character.isprintable():
        return character
    return key.upper() if key.startswith("f") and key[1:].isdigit() else key


def first_key(keys: Keys, action_id: str) -> str:
    """The key shown for an action; empty when it has none."""
    own = keys.get(action_id, ())
    return show_key(own[0]) if own else ""
