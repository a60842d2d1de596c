"""The user's keymap against the registry of actions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from limen_tui.errors import ConfigError
from limen_tui.model.actions import Action, Scope
from limen_tui.settings.load import did_you_mean, wrong
from limen_tui.settings.shape import Source

_EVERYWHERE = frozenset({Scope.APP, Scope.VIEW})
_PLACES = ("table.", "hosts.")
_SAME = frozenset({"vm.open", "table.activate"})
"""The table tells the view of its key, which opens the VM."""
_ON_VMS = frozenset({Scope.VMS, Scope.VM})


def keys_of(text: str) -> tuple[str, ...]:
    """The keys in a keymap value: ``"s, ctrl+s"`` is two; a comma itself is called ``comma``."""
    return tuple(key for key in (part.strip() for part in text.split(",")) if key)


def validate_keymap(
    keymap: Mapping[str, str], actions: Iterable[Action], source: Source | None = None
) -> dict[str, tuple[str, ...]]:
    """The keys of every action, by id, with ``keymap`` applied.

    Raises ``ConfigError`` for an action that is not known, for something that is no key name, and for one key
    given to two actions that can both apply; ``source`` (``Settings.source``) lets it name the line.
    """
    source = source or Source("config.toml")
    known = {action.id: action for action in actions}
    for name, text in keymap.items():
        path = ("keymap", *_path(name, source))
        if name not in known:
            raise wrong(source, path, "not a known action", did_you_mean(name, known))
        for key in keys_of(text):
            if not key.isprintable() or " " in key:
                raise wrong(source, path, f"{key!r} is not the name of a key",
                            "Examples: s, S, f5, ctrl+s, space, slash, question_mark.")  # fmt: skip
    result = {name: keys_of(keymap[name]) if name in keymap else action.keys for name, action in known.items()}
    _refuse_clash(result, known, keymap, source)
    return result


def refuse_key(name: str, what: str, hint: str, source: Source) -> ConfigError:
    """The error for the keys that config.toml gives the action ``name``."""
    return wrong(source, ("keymap", *_path(name, source)), what, hint)


def _refuse_clash(
    keys: Mapping[str, tuple[str, ...]], actions: Mapping[str, Action], keymap: Mapping[str, str], source: Source
) -> None:
    users: dict[str, list[str]] = {}
    for name, own in keys.items():
        for key in dict.fromkeys(own):
            for other in users.get(key, []):
                pair = {name, other}
                if pair == _SAME or (not pair & keymap.keys() and any(each.startswith(_PLACES) for each in pair)):
                    continue  # what Limen's own keys in a place share with others, they share on purpose
                if _meet(actions[name].scope, actions[other].scope):
                    # Blame the line that the user wrote; the other may be a default.
                    blamed, rest = (name, other) if name in keymap else (other, name)
                    whose = "" if rest in keymap else ", by default"
                    raise wrong(source, ("keymap", *_path(blamed, source)),
                                f"the key {key} is also that of {rest}{whose}",
                                f'Choose another key, or give {rest} another: "{rest}" = "..."')  # fmt: skip
            users.setdefault(key, []).append(name)


def _meet(one: Scope, other: Scope) -> bool:
    """Whether two actions can apply at the same time."""
    return one is other or one in _EVERYWHERE or other in _EVERYWHERE or {one, other} <= _ON_VMS


def _path(name: str, source: Source) -> tuple[str, ...]:
    """The id as the user spelled it: ``"vm.start"`` is one key of TOML, ``vm.start`` two."""
    return (name,) if f'"{name}"' in source.text or f"'{name}'" in source.text else tuple(name.split("."))
