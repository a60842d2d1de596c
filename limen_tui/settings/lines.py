"""Which line of a TOML text a key is on: tomllib does not say. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]\]?\s*(?:#.*)?$")
_INLINE = re.compile(r"""[{,]\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_.-])+)\s*=""")


def line_of(text: str, path: Sequence[str]) -> int:
    """The 1-based line where ``path`` is set; else that of its nearest parent; else 1."""
    best, depth = 1, 0
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header is not None and "=" not in line.split("#")[0]:
            section = _split(header.group(1))
            found = [section]
        else:
            key = section + _split(line.partition("=")[0]) if "=" in line else ()
            found = [key] if key else []
            found += [key + _split(inner) for inner in _INLINE.findall(line.partition("=")[2])]
        for candidate in found:
            # [a] and a.b both say something of a.b.c; the longest match is the nearest.
            if candidate and len(candidate) > depth and tuple(path[: len(candidate)]) == candidate:
                best, depth = number, len(candidate)
    return best


def _split(dotted: str) -> tuple[str, ...]:
    parts, at = [], 0
    while match := _PART.match(dotted, at):
        parts.append(next((group for group in match.groups() if group is not None), ""))
        at = match.end()
        if at >= len(dotted):
            return tuple(parts)
        if dotted[at] != ".":
            break
        at += 1
    return ()
