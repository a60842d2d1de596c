"""What the table says when it has no rows: why, and what to do about it. Pure."""

from __future__ import annotations

from limen_tui.fleet.view import FleetView
from limen_tui.model import units
from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.tui.fleet.lines import Line

TITLE, TEXT, HINT = "empty--title", "empty--text", "empty--hint"


def empty_lines(view: FleetView, host: HostSnapshot | None, filter_text: str, total: int) -> tuple[Line, ...]:
    """A title, details and hints; for one host where the table shows only that one."""
    if total:
        return _said("Nothing matches the filter", [f"{units.clean(filter_text)} finds none of {total:,} VMs"],
                     ["Esc in the filter clears it; / edits it."])  # fmt: skip
    hosts = (host,) if host is not None else view.hosts
    if not hosts:
        hints = ["Press 2, then n to add one, or leave with q and type: limen hosts add qemu:///system",
                 "To look around first: limen --demo"]  # fmt: skip
        return _said("No hosts yet", ["Limen looks after the hosts that you add."], hints)
    waiting = [each for each in hosts if each.state is HostState.CONNECTING]
    if waiting:
        names = ", ".join(units.clean(each.host.name) for each in waiting[:4])
        more = f" and {len(waiting) - 4} more" if len(waiting) > 4 else ""
        return _said("Connecting…", [f"to {names}{more}"], [])
    answering = [each for each in hosts if each.state is HostState.UP]
    if not answering:
        return _nobody_answers(hosts)
    where = f"on {units.clean(host.host.name)}" if host is not None else f"on {_hosts(len(answering))}"
    texts = ["Connected, and no VM is defined there."]
    hints = ["Press n to make one.", "What virt-install, virsh define or others create appears here by itself."]
    return _said(f"No VMs {where}", texts, hints)


def _nobody_answers(hosts: tuple[HostSnapshot, ...]) -> tuple[Line, ...]:
    title = "No host answers" if len(hosts) > 1 else f"{units.clean(hosts[0].host.name)} does not answer"
    texts, hints = [], []
    for each in hosts[:4]:
        problem = each.problem
        why = f"{problem.title}: {problem.detail}" if problem and problem.detail else problem.title if problem else ""
        texts.append(f"{units.clean(each.host.name)} is {each.state.value}" + (f" – {units.clean(why)}" if why else ""))
        if problem and problem.hint and problem.hint not in hints:
            hints.append(problem.hint)
    if len(hosts) > 4:
        texts.append(f"and {len(hosts) - 4} more")
    return _said(title, texts, [units.clean(hint) for hint in hints[:2]] + ["ctrl+r tries again now."])


def _hosts(number: int) -> str:
    return "this host" if number == 1 else f"any of {number} hosts"


def _said(title: str, texts: list[str], hints: list[str]) -> tuple[Line, ...]:
    lines: list[Line] = [((title, TITLE),), ()]
    lines += [((text, TEXT),) for text in texts]
    if hints:
        lines += [(), *(((hint, HINT),) for hint in hints)]
    return tuple(lines)
