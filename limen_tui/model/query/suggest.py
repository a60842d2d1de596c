"""What could follow while a filter is typed. Pure; never raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from limen_tui.model.query.fields import FIGURES, FLAGS, KEYS, STATES, TEXTS
from limen_tui.model.query.lexer import terms

MOST = 12


def suggest(text: str, cursor: int, known: Mapping[str, Sequence[str]] | None = None) -> list[tuple[int, str]]:
    """Completions for the term at ``cursor``: from where in the text each replaces, and with what.

    ``known`` gives values by key (hosts, tags, systems) for what only the fleet can tell.
    """
    cursor = max(0, min(cursor, len(text)))
    term = next((t for t in terms(text[:cursor]) if t.start < cursor <= t.end), None)
    if term is None:
        return []
    mark = "!" if term.negated else ""
    if not term.operator:
        found = [f"{mark}{key}{_sign(key)}" for key in KEYS if key.startswith(term.value.lower()) and term.value]
        return [(term.start, completion) for completion in found[:MOST] if completion != text[term.start : cursor]]
    if term.operator != ":":
        return []
    *before, last = term.value.split("|")
    values = sorted(set(_values(term.key, known or {})), key=str.casefold)
    found = [value for value in values if value.casefold().startswith(last.casefold()) and value != last]
    head = f"{mark}{term.key}:" + "".join(f"{part}|" for part in before)
    return [(term.start, head + (f'"{value}"' if " " in value else value)) for value in found[:MOST]]


def _sign(key: str) -> str:
    return ">" if key in FIGURES and key not in TEXTS else ":"


def _values(key: str, known: Mapping[str, Sequence[str]]) -> Sequence[str]:
    if key == "state":
        return tuple(STATES)
    if key in FLAGS:
        return ("yes", "no")
    return known.get(key, ())
