"""Terms into a predicate over VMs. Pure; never raises: what is wrong becomes a problem, the rest still filters."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from limen_tui.errors import InputError
from limen_tui.model.query.fields import FIGURES, FLAGS, KEYS, STATES, TEXTS, number
from limen_tui.model.query.lexer import Term, terms
from limen_tui.model.vm import VM, VMFacts

Predicate = Callable[[VM], bool]
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
_YES, _NO = frozenset({"yes", "y", "on", "true", "1"}), frozenset({"no", "n", "off", "false", "0"})


@dataclass(frozen=True, slots=True)
class QueryProblem:
    """What is wrong with a term, and where it stands."""

    start: int
    end: int
    message: str


@dataclass(frozen=True, slots=True)
class Query:
    """A filter ready to use. A term with a problem, or not yet complete, filters nothing."""

    text: str
    predicate: Predicate
    problems: tuple[QueryProblem, ...] = ()
    is_empty: bool = True
    unfinished: tuple[QueryProblem, ...] = ()
    """Terms that filter nothing because their value is still to come: fine while typing, a mistake in a script."""


class _Problem(Exception):
    """Why a term cannot be used."""


def compile_query(text: str, now: Callable[[], float] = time.time) -> Query:
    """Make a filter of ``text``; ``now`` gives Unix time, for ``uptime``."""
    predicates: list[Predicate] = []
    problems: list[QueryProblem] = []
    unfinished: list[QueryProblem] = []
    for term in terms(text):
        try:
            predicate = _compile(term, now)
        except _Problem as problem:
            problems.append(QueryProblem(term.start, term.end, str(problem)))
            continue
        if predicate is None:
            unfinished.append(QueryProblem(term.start, term.end, f"{text[term.start : term.end]} has no value"))
        else:
            predicates.append(_negated(predicate) if term.negated else predicate)
    return Query(text, _all(predicates), tuple(problems), not predicates, tuple(unfinished))


def _all(predicates: list[Predicate]) -> Predicate:
    if not predicates:
        return lambda _: True
    if len(predicates) == 1:
        return predicates[0]
    return lambda vm: all(predicate(vm) for predicate in predicates)


def _negated(predicate: Predicate) -> Predicate:
    return lambda vm: not predicate(vm)


def _compile(term: Term, now: Callable[[], float]) -> Predicate | None:
    """The predicate of one term; ``None`` while it is not complete."""
    if not term.key:
        return _free(term.value)
    if term.key not in KEYS:
        # 52:54:00:… and fe80::1 begin with a letter now and then: what is no key is a word to look for
        if term.operator == ":" and _looks_like_address(term):
            return _free(f"{term.key}:{term.value}")
        raise _Problem(f"{term.key} is not a key{_near(term.key)}")
    if not term.value:
        return None
    if term.operator == ":" or (term.key not in FIGURES and term.operator in ("=", "!=")):
        predicate = _match(term)
        return _negated(predicate) if term.operator == "!=" else predicate
    return _comparison(term, now)


def _looks_like_address(term: Term) -> bool:
    return all(char in "0123456789abcdefABCDEF:." for char in term.key + term.value)


def _near(key: str) -> str:
    close = get_close_matches(key, KEYS, 1)
    return f"; did you mean {close[0]}?" if close else ""


def _either(value: str) -> tuple[str, ...]:
    """What ``a|b`` means."""
    return tuple(part for part in value.casefold().split("|") if part)


def _free(value: str) -> Predicate | None:
    wanted = _either(value)
    if not wanted:
        return None
    if len(wanted) == 1:
        only = wanted[0]
        return lambda vm: only in _haystack(vm)
    return lambda vm: any(part in _haystack(vm) for part in wanted)


def _haystack(vm: VM) -> str:
    """Everything a free word is looked for in; parted by a character that nobody can type."""
    return "\0".join((vm.name, vm.host_name, vm.key.uuid, *vm.ips)).casefold() + _of_facts(vm.facts)


_FACTS: dict[int, tuple[VMFacts, str]] = {}
_MOST_FACTS: Final = 20_000


def _of_facts(facts: VMFacts) -> str:
    """What the definition adds, kept by the identity of the facts: they stay the same object from tick to tick, and
    hashing them by value would cost more than the search."""
    known = _FACTS.get(id(facts))
    if known is not None and known[0] is facts:
        return known[1]
    if len(_FACTS) >= _MOST_FACTS:
        _FACTS.clear()
    macs = (nic.mac for nic in facts.nics)
    text = "\0" + "\0".join((facts.title, facts.os, *macs, *facts.tags)).casefold()
    _FACTS[id(facts)] = (facts, text)
    return text


def _match(term: Term) -> Predicate:
    if term.key == "state":  # of which none has a comma in it
        return _state(_either(term.value.replace(",", "|")))
    values = _either(term.value)
    if term.key in FLAGS:
        return _flag(term.key, values)
    if term.key in TEXTS:
        read = TEXTS[term.key]
        return lambda vm: any(value in text.casefold() for text in read(vm) for value in values)
    raise _Problem(f"{term.key} is compared: {term.key}>{term.value}")


def _state(values: tuple[str, ...]) -> Predicate:
    wanted: set[object] = set()
    for value in values:
        # while it is typed, what it may become counts: state:run
        meant = STATES.get(value) or frozenset().union(*(s for name, s in STATES.items() if name.startswith(value)))
        if not meant:
            raise _Problem(f"{value} is not a state; states are {', '.join(STATES)}")
        wanted |= meant
    return lambda vm: vm.state in wanted


def _flag(key: str, values: tuple[str, ...]) -> Predicate:
    read = FLAGS[key]
    if any(value not in _YES | _NO for value in values):
        raise _Problem(f"{key} is yes or no")
    wanted = {value in _YES for value in values}
    return lambda vm: read(vm) in wanted


def _comparison(term: Term, now: Callable[[], float]) -> Predicate:
    if term.key not in FIGURES:
        raise _Problem(f"{term.key} is not compared: {term.key}:{term.value}")
    read, compare = FIGURES[term.key], _COMPARE[term.operator]
    try:
        bound = number(term.key, term.value)
    except InputError as error:
        raise _Problem(error.title) from None

    def holds(vm: VM) -> bool:
        value = read(vm, now())
        return value is not None and compare(value, bound)

    return holds
