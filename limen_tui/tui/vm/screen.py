"""One VM: facts, load, disks, interfaces, recent events. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from time import localtime, strftime
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import Target
from limen_tui.model.events import HostEvent
from limen_tui.model.history import Series
from limen_tui.model.units import clean
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.actionscreen import ActionScreen
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.glyphs import host_look
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.fleet.strip import DIM, STRONG, DetailStrip, graph_lines, title_line
from limen_tui.tui.keybar import KeyBar, bar_actions

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

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
        """The screen fills it."""


class VMScreen(ActionScreen):
    """Pinned to an identity; when the VM is gone it says so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
    ]
    DEFAULT_CSS = """
    VMScreen { layout: vertical; }
    VMScreen VerticalScroll { height: 1fr; }
    """

    def __init__(self, app: LimenApp, key: VMKey) -> None:
        super().__init__(app)
        self.key = key
        vm = app.fleet.view.vm(key)
        self._name = vm.name if vm is not None else ""

    def compose(self) -> ComposeResult:
        """Facts, keys."""
        with VerticalScroll(id="facts-scroll"):
            yield VMFactsView(self.limen.fleet, id="facts")
        yield KeyBar(self.limen.keys)

    def on_mount(self) -> None:
        """Fill."""
        self.show_fleet(self.limen.fleet.view)

    def on_resize(self) -> None:
        """Lay out again."""
        self.show_fleet(self.limen.fleet.view)

    @property
    def vm(self) -> VM | None:
        """The VM as the fleet has it now."""
        return self.limen.fleet.view.vm(self.key)

    def target(self) -> Target:
        """This VM and its host."""
        vm = self.vm
        host = self.limen.fleet.view.host(self.key.host_id)
        return Target((vm,) if vm else (), (host,) if host else (), self.limen.fleet.read_only)

    def show_fleet(self, view: FleetView) -> None:
        """Repaints the lines that changed."""
        if not self.is_mounted:
            return
        vm = view.vm(self.key)
        facts = self.query_one(VMFactsView)
        if vm is None:
            facts.show_lines([((f" {clean(self._name)} is gone. Esc goes back.", STRONG),)])
        else:
            facts.show_lines(self._lines(vm))
        target = self.target()
        self.query_one(KeyBar).show_actions(
            [action for action in bar_actions() if action.id not in ("vm.open", "view.filter")],
            lambda action: self.reason(action, target),
        )

    def _lines(self, vm: VM) -> list[Line]:
        fleet = self.limen.fleet
        history = {series: fleet.history.series(vm.key, series) for series in Series}
        events = [event for event in reversed(fleet.events) if (event.host_id, event.uuid) == vm.key]
        host = fleet.view.host(vm.key.host_id)
        lines: list[Line] = [title_line(vm, fleet.clock.wall())]
        if host is not None and vm.stale:
            why = host.problem.title if host.problem else host.state.value
            lines.append(((f" {host_look(host).glyph} as last seen: {clean(why)}", "strip--warn"),))
        lines += [(), *graph_lines(vm, history, 40), (), *fact_block(vm)]
        return [*lines, *event_block(list(islice(events, EVENTS)))]

    def action_scroll(self, by: int) -> None:
        """Up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_back(self) -> None:
        """To the screen before."""
        self.app.pop_screen()


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
