"""``limen start|shutdown|…``: the same acts as in the TUI, with the same rules, audit and results. Main thread."""

from __future__ import annotations

import argparse
import sys

from limen_tui.cli import exits, output
from limen_tui.cli.resolve import vms_named, why_not_up
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import InputError, ReadOnlyError
from limen_tui.fleet import operations
from limen_tui.fleet.acts import Act, ActItem, Outcome
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.host import HostState
from limen_tui.model.lifecycle import RULES, Verb
from limen_tui.model.units import clean
from limen_tui.model.vm import VM

SHUTDOWN_PATIENCE = 90.0


def act(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """Do it to every VM named; the exit code is that of the worst result."""
    verb: Verb = arguments.act
    if fleet.read_only:
        raise ReadOnlyError(f"{verb.value} was not done: Limen was started read-only")
    waiter = Waiter(fleet)
    missing = waiter.reach_named(arguments)
    targets = vms_named(arguments.names, fleet.view.vms, arguments.host)
    for snapshot in missing:
        if snapshot.state is not HostState.DISABLED:
            output.complain(why_not_up(snapshot))
    _confirm(verb, targets, sure=arguments.yes)
    done = fleet.perform(operations.lifecycle(verb), [vm.key for vm in targets])
    try:
        if arguments.no_wait:
            waiter.until(lambda: all(_sent(item) for item in done.items.values()), arguments.timeout)
        else:
            waiter.until(lambda: done.is_finished, max(arguments.timeout, SHUTDOWN_PATIENCE))
    except KeyboardInterrupt:
        output.say("limen: no longer waiting; what was accepted goes on")
        _report(done, as_json=arguments.json)
        raise
    _report(done, as_json=arguments.json)
    return _code(done, fleet)


def _sent(item: ActItem) -> bool:
    return item.outcome.is_final or item.accepted


def _confirm(verb: Verb, targets: list[VM], *, sure: bool) -> None:
    """Ask for what cannot be taken back. Raises ``InputError`` when the answer is not yes, or nobody can be asked."""
    if sure or not RULES[verb].destructive:
        return
    names = ", ".join(f"{clean(vm.name)} on {clean(vm.host_name)}" for vm in targets)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError(f"{verb.value} of {names} was not done", "nobody can be asked here", "Say --yes.")
    wanted = str(len(targets)) if len(targets) > 5 else "yes"
    sys.stderr.write(f"{verb.value} {names}? Type {wanted} to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != wanted:
        raise InputError("Nothing was done")


def _report(done: Act, *, as_json: bool) -> None:
    if as_json:
        output.as_json([
            {"vm": i.vm_name, "uuid": i.key.uuid, "host": i.host_name, "result": _word(i),
             "problem": None if i.problem is None else {"title": i.problem.title, "detail": i.problem.detail,
                                                        "hint": i.problem.hint}}
            for i in done.items.values()
        ])  # fmt: skip
        return
    for item in done.items.values():
        line = f"{item.vm_name} on {item.host_name}: {_word(item)}"
        if item.problem is None:
            print(clean(line))
            continue
        output.say(f"{line}: " + ": ".join(part for part in (item.problem.title, item.problem.detail) if part))
        if item.problem.hint:
            output.say(f"       {item.problem.hint}")


def _word(item: ActItem) -> str:
    return "accepted" if item.outcome is Outcome.SENT and item.accepted else item.outcome.value


def _code(done: Act, fleet: Fleet) -> int:
    items = done.items.values()
    if any(i.outcome in (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.UNKNOWN, Outcome.CANCELLED) for i in items):
        return exits.FAILED
    refused = [i for i in items if i.outcome is Outcome.REFUSED]
    if any((host := fleet.view.host(i.key.host_id)) is None or host.state is not HostState.UP for i in refused):
        return exits.UNREACHABLE
    return exits.REFUSED if refused else exits.OK
