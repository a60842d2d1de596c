"""Acts inside a guest, through its agent, with a line in the audit log each. Called on the UI thread; the future's
callbacks run on the host's."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from limen_tui.errors import InputError
from limen_tui.fleet.audited import audited, of_vm
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.ports import HostVerbs
from limen_tui.model.verbs.agent import AgentVerbs
from limen_tui.model.vm import VM

T = TypeVar("T")


def act(fleet: Fleet, vm: VM, action: str, detail: str, call: Callable[[AgentVerbs], T]) -> Future[T]:
    """Ask the agent; see :func:`do`."""
    return do(fleet, vm, action, detail, lambda verbs: call(verbs.agent))


def do(fleet: Fleet, vm: VM, action: str, detail: str, call: Callable[[HostVerbs], T]) -> Future[T]:
    """Do ``call`` and write down that it was done by whom, and what came of it. ``detail`` must hold no secret."""
    return audited(fleet, of_vm(fleet, vm, action, detail), call)


def note(fleet: Fleet, vm: VM, action: str, detail: str) -> None:
    """Write down what begins now and whose end nobody hears of."""
    fleet.inventory.audit(of_vm(fleet, vm, action, detail, "begun"))


def words_of(text: str) -> tuple[str, ...]:
    """A command as a shell would split it; nothing of it is expanded. Raises ``InputError``."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise InputError("The command cannot be split into words", str(error), "Close the quotes.") from error
    if not words or "\0" in text:
        raise InputError("No command was typed")
    return words
