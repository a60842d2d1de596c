"""Fuzzy matching over many short texts, fast enough for 10,000 of them at each key. Pure.

Letters in order, not necessarily together. Plain ``in`` finds most; the slower pattern is only tried while few match,
and each longer query only looks at what the shorter one found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

ENOUGH: Final = 200
"""Matches shown at most; with this many that have the text in one piece, scattered letters are not looked for."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Something to pick: ``search`` is what is matched, lower case."""

    id: str
    label: str
    detail: str = ""
    key: str = ""
    reason: str = ""
    """Why it cannot be used now; it is then shown dimmed."""
    search: str = ""
    rank: int = 0
    """Among equals low comes first: actions before hosts before VMs."""


class Matcher:
    """Narrows ``picks`` as the query grows."""

    def __init__(self, picks: Sequence[Pick]) -> None:
        self._picks = picks
        self._steps: list[tuple[str, Sequence[Pick]]] = [("", picks)]

    def match(self, query: str) -> list[Pick]:
        """The best first, at most ``ENOUGH``."""
        query = " ".join(query.lower().split())
        while len(self._steps) > 1 and not query.startswith(self._steps[-1][0]):
            self._steps.pop()
        if not query:
            return list(self._picks[:ENOUGH])
        words = query.split(" ")
        base = self._steps[-1][1]
        # All that can match a longer query: scattered letters included.
        pattern = re.compile(".*?".join(re.escape(char) for char in query.replace(" ", "")))
        whole = [pick for pick in base if all(word in pick.search for word in words)]
        if len(whole) >= ENOUGH:
            return sorted(whole, key=lambda pick: _score(pick, words))[:ENOUGH]
        found = [pick for pick in base if pattern.search(pick.search)] if len(words) == 1 else whole
        if len(words) == 1 and self._steps[-1][0] != query:
            self._steps.append((query, found))
        inside = {pick.id for pick in whole}
        scattered = [pick for pick in found if pick.id not in inside]
        scattered.sort(key=lambda pick: (_spread(pattern, pick), pick.rank, len(pick.search)))
        return (sorted(whole, key=lambda pick: _score(pick, words)) + scattered)[:ENOUGH]


def _score(pick: Pick, words: Sequence[str]) -> tuple[int, bool, int, int, int]:
    at = pick.search.find(words[0])
    starts = 0 if at == 0 else 1 if pick.search[at - 1] in " -_./:" else 2
    exact = 0 if pick.search == words[0] else 1
    return (exact, bool(pick.reason), starts, pick.rank, len(pick.search))


def _spread(pattern: re.Pattern[str], pick: Pick) -> int:
    found = pattern.search(pick.search)
    return 0 if found is None else found.end() - found.start()
