"""The overview of a VM: what it is, what it has, what is wrong with it. May import textual, fleet, model. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from time import localtime, strftime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from limen_tui.fleet.view import FleetView
from limen_tui.model.events import HostEvent
from limen_tui.model.history import Series
from limen_tui.model.units import clean
from limen_tui.model.vm import VM
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.fleet.strip import DIM, STRONG, DetailStrip, graph_lines
from limen_tui.tui.vm.tab import VMTab

EVENTS = 12
"""Recent events shown."""


class VMFactsView(DetailStrip):
    """All lines about the VM; taller than the strip, with the same colours."""

    DEFAULT_CSS = "VMFactsView { height: auto; background: $background; }"

    def show_lines(self, lines: Sequence[Line]) -> None:
        """As tall as what it says."""
        self.styles.height = max(1, len(lines))
        super().show_lines(lines)

    def _redraw(self) -> None:
        """The tab fills it."""


class OverviewTab(VMTab, can_focus=True):
    """Facts, load, disks, interfaces, recent events."""

    tab_id: ClassVar[str] = "overview"
    title: ClassVar[str] = "Overview"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The lines."""
        with VerticalScroll(id="facts-scroll", can_focus=False):
            yield VMFactsView(self.limen.fleet, id="facts")

    def show_vm(self, vm: VM | None, view: FleetView) -> None:  # noqa: ARG002 - tabs of all hosts need it
        """Repaints the lines that changed."""
        facts = self.query_one(VMFactsView)
        facts.show_lines(self._lines(vm) if vm is not None else [((" It is gone. Esc goes back.", DIM),)])

    def _lines(self, vm: VM) -> list[Line]:
        fleet = self.limen.fleet
        history = {series: fleet.history.series(vm.key, series) for series in Series}
        events = [event for event in reversed(fleet.events) if (event.host_id, event.uuid) == vm.key]
        lines: list[Line] = [*graph_lines(vm, history, 40), (), *fact_block(vm)]
        return [*lines, *event_block(list(islice(events, EVENTS)))]

    def action_scroll(self, by: int) -> None:
        """Up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def fact_block(vm: VM) -> list[Line]:
    """Labelled facts, disks and interfaces."""
    facts = vm.facts
    flags = [word for word, on in (("autostart", facts.autostart), ("transient", not facts.persistent),
                                   ("guest agent", facts.has_agent), ("balloon", facts.has_balloon)) if on]  # fmt: skip
    rows = [
        ("UUID", vm.key.uuid), ("Host", vm.host_name), ("Title", facts.title), ("Description", facts.description),
        ("vCPUs", f"{facts.vcpus} of at most {facts.vcpus_max}" if facts.vcpus_max > facts.vcpus else str(facts.vcpus)),
        ("Memory", f"{fmt.memory(facts.memory_kib)} of at most {fmt.memory(facts.memory_max_kib)}"
         if facts.memory_max_kib > facts.memory_kib else fmt.memory(facts.memory_kib)),
        ("System", facts.os),
        ("Machine", " ".join(filter(None, (facts.machine, facts.arch, facts.firmware, facts.kind)))),
        ("Display", facts.graphics), ("Addresses", "  ".join(vm.ips)), ("Tags", " ".join(facts.tags)),
        ("Flags", ", ".join(flags)),
    ]  # fmt: skip
    lines: list[Line] = [_fact(label, value) for label, value in rows if value]
    lines += [(), ((" Disks", STRONG),)] if facts.disks else []
    for disk in facts.disks:
        what = "  ".join(filter(None, (disk.device if disk.device != "disk" else "", disk.bus, disk.format)))
        lines.append(_fact(disk.target, f"{disk.source or '(empty)'}  {what}"))
    lines += [(), ((" Interfaces", STRONG),)] if facts.nics else []
    for nic in facts.nics:
        lines.append(_fact(nic.mac, "  ".join(filter(None, (nic.kind, nic.source, nic.model, nic.target)))))
    return lines


def event_block(events: Sequence[HostEvent]) -> list[Line]:
    """The last events, newest on top."""
    if not events:
        return []
    lines: list[Line] = [(), ((" Recent events", STRONG),)]
    for event in events:
        style = {"warning": "strip--warn", "error": "strip--bad"}.get(event.level, "")
        lines.append(((f" {strftime('%H:%M:%S', localtime(event.at))}  ", DIM), (clean(event.text), style)))
    return lines


def _fact(label: str, value: str) -> Line:
    return ((f" {clean(label):<18} ", DIM), (clean(value), ""))
