"""Text into terms with their places. Pure; never raises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

OPERATORS: Final = (">=", "<=", "!=", ">", "<", "=", ":")
_HEAD: Final = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)(>=|<=|!=|>|<|=|:)")


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a filter."""

    start: int
    end: int
    """Where it stands in the text."""
    negated: bool
    key: str
    """Lower case; empty for a free word."""
    operator: str
    value: str
    """Without quotes."""


def terms(text: str) -> list[Term]:
    """The terms of ``text``, split at blanks outside quotes. A quote left open ends with the text."""
    found = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        end, word = _word(text, place)
        found.append(_term(text, place, end, word))
        place = end
    return found


def _word(text: str, start: int) -> tuple[int, str]:
    out: list[str] = []
    quote = ""
    place = start
    while place < len(text):
        char = text[place]
        if quote:
            if char == quote:
                quote = ""
            else:
                out.append(char)
        elif char in "\"'":
            quote = char
        elif char.isspace():
            break
        else:
            out.append(char)
        place += 1
    return place, "".join(out)


def _term(text: str, start: int, end: int, word: str) -> Term:
    negated = text[start] == "!" and len(word) > 0
    body = word[1:] if negated else word
    quoted = text[start + negated : start + negated + 1] in ('"', "'")
    head = None if quoted else _HEAD.match(body)
    if head is None:
        return Term(start, end, negated, "", "", body)
    return Term(start, end, negated, head[1].lower(), head[2], body[head.end() :])
