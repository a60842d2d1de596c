"""The filter as typed: what passes, what is wrong with it and where, what could follow. Pure; the UI thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from limen_widgets.line_table.lines import natural

from limen_tui.fleet.view import FleetView
from limen_tui.model.units import clean
from limen_tui.model.vm import VM
from limen_tui.tui.fleet.lines import Line

if TYPE_CHECKING:
    from limen_tui.model.query import QueryProblem

BAD, OFFER, DIM = "note--bad", "note--offer", "note--dim"
EXAMPLES: Final = "web   state:running   host:kvm1   cpu>80   ip:10.0   !tag:test   a|b"


@dataclass(frozen=True, slots=True)
class Filter:
    """What was typed last, and what to say of it."""

    text: str = ""
    predicate: Callable[[VM], bool] | None = None
    below: Line = ((EXAMPLES, DIM),)
    at: int = 0
    """The character of ``text`` under which ``below`` begins."""
    completion: str | None = None
    """The whole text after Tab."""

    @classmethod
    def typed(cls, text: str, view: FleetView, now: Callable[[], float]) -> Filter:
        """The filter for ``text``; ``view`` gives the names that complete it. What is wrong in it filters nothing."""
        if not text.strip():
            return cls()
        from limen_tui.model.query import compile_query, suggest  # noqa: PLC0415 - the first paint does without

        query = compile_query(text, now)
        predicate = None if query.is_empty else query.predicate
        offers = suggest(text, len(text), known_values(view))
        completion = text[: offers[0][0]] + offers[0][1] if offers else None
        if query.problems:
            problem = query.problems[0]
            return cls(text, predicate, *_pointed(problem), completion)
        below: list[tuple[str, str]] = []
        for number, (_, offer) in enumerate(offers):
            below += [("  ", "")] if number else []
            below.append((clean(offer), DIM if number else OFFER))
        if below:
            below.append(("   Tab", DIM))
        return cls(text, predicate, tuple(below), offers[0][0] if offers else 0, completion)


def mistake_in(text: str, now: Callable[[], float]) -> tuple[Line, int] | None:
    """What keeps a part of ``text`` from filtering anything, and the character where it stands: a table that shows more
    than was asked for must not be left behind."""
    from limen_tui.model.query import compile_query  # noqa: PLC0415 - the first paint does without

    query = compile_query(text, now)
    for problem in (*query.problems, *query.unfinished):
        return _pointed(problem)
    return None


def _pointed(problem: QueryProblem) -> tuple[Line, int]:
    """What is said below the text, and the character under which it begins."""
    return (("^ " + clean(problem.message), BAD),), problem.start


def known_values(view: FleetView) -> dict[str, Sequence[str]]:
    """Hosts, tags and systems of the fleet, for completion."""
    facts = {id(vm.facts): vm.facts for vm in view.vms}.values()
    tags = {tag for each in facts for tag in each.tags}
    return {
        "host": sorted((host.host.name for host in view.hosts), key=natural),
        "tag": sorted(tags, key=natural),
        "os": sorted({each.os for each in facts if each.os}, key=natural),
    }
