"""The detail strip: sparklines and facts of the VM under the cursor. May import textual, fleet, model. UI thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from limen_widgets.pieces import Piece

from limen_tui.fleet.fleet import Fleet
from limen_tui.model import units
from limen_tui.model.history import Series
from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.glyphs import host_look, vm_look, vm_word
from limen_tui.tui.fleet.lines import Line, Lines, clip, line_width

if TYPE_CHECKING:
    from limen_tui.model.events import HostEvent

DIM, STRONG, SPARK = "strip--label", "strip--value", "strip--spark"
KINDS: Final = {kind: f"strip--{kind}" for kind in ("good", "accent", "warn", "bad", "dim")}
EVENTS_SEARCHED: Final = 200
"""How far back the last event of the VM is looked for on each redraw."""

NAME_LEAST: Final = 12
"""Cells of a long name that are left on a narrow screen."""


class DetailStrip(Lines):
    """Six lines about one VM; follows the cursor, repaints the lines that changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {DIM, STRONG, SPARK, *KINDS.values()}
    DEFAULT_CSS = """
    DetailStrip {
        height: 6; background: $panel; color: $foreground;
        & > .strip--label { color: $text-muted; }
        & > .strip--value { text-style: bold; }
        & > .strip--spark { color: $text-accent; }
        & > .strip--good { color: $text-success; }
        & > .strip--accent { color: $text-accent; }
        & > .strip--warn { color: $text-warning; }
        & > .strip--bad { color: $text-error; }
        & > .strip--dim { color: $text-muted; }
    }
    """

    def __init__(self, fleet: Fleet, *, id: str | None = "strip") -> None:
        super().__init__(id=id)
        self._fleet = fleet
        self._key: VMKey | None = None

    def show_vm(self, key: VMKey | None) -> None:
        """Show the VM of that identity as the fleet has it now; nothing when it is gone."""
        self._key = key
        self._redraw()

    def on_resize(self) -> None:
        """Lay out again."""
        self._redraw()

    def _redraw(self) -> None:
        width = self.size.width
        view = self._fleet.view
        vm = view.vm(self._key) if self._key is not None else None
        if width <= 0 or not self.display:
            return
        if vm is None:
            self.show_lines([((" No VM is selected", DIM),)])
            return
        host = view.host(vm.key.host_id)
        now = self._fleet.clock.wall()
        history = {series: self._fleet.history.series(vm.key, series) for series in Series}
        facts = fact_lines(vm)
        left = min(width, max(44, width // 2)) if width >= 76 else width
        graphs = graph_lines(vm, history, max(8, min(40, left - 26)))
        body = [_beside(graph, fact, left, width) for graph, fact in zip(graphs, facts, strict=True)]
        last = last_line(vm, host, self._fleet.events, now)
        self.show_lines([clip(title_line(vm, now, width), width), *body, clip(last, width)])


def title_line(vm: VM, now: float, width: int) -> Line:
    """Name, state, host, uptime, tags. A long name is cut so that state and host are in the first ``width`` cells."""
    look = vm_look(vm)
    style = KINDS[look.kind]
    front: Piece = (f" {look.glyph} ", style)
    after: list[Piece] = [(f"  {vm_word(vm)}", style)]
    if vm.reason and vm.reason != vm_word(vm):
        after.append((f" ({fmt.clean(vm.reason)})", DIM))
    after += [("  on ", DIM), (fmt.clean(vm.host_name), "")]
    # not quite to the edge: where more follows, the ellipsis at the end is not the host's last letter
    room = max(NAME_LEAST, width - line_width((front, *after)) - 1)
    line: list[Piece] = [front, *clip(((fmt.clean(vm.name), STRONG),), room), *after]
    if vm.state.is_active and vm.started_at is not None:
        line += [("  up ", DIM), (fmt.uptime(vm, now), "")]
    if vm.facts.autostart:
        line.append(("  autostart", ""))
    if not vm.facts.persistent:
        line.append(("  transient", KINDS["warn"]))
    if vm.facts.tags:
        line += [("  ", ""), (" ".join(f"#{fmt.clean(tag)}" for tag in vm.facts.tags), SPARK)]
    return tuple(line)


def graph_lines(vm: VM, history: Mapping[Series, Sequence[float]], cells: int) -> list[Line]:
    """CPU, memory, disk and network: a sparkline and the figure now."""
    load = vm.load
    disk = f"{fmt.rate(load.disk_rd_bps)} rd  {fmt.rate(load.disk_wr_bps)} wr"
    net = f"{fmt.rate(load.net_rx_bps)} rx  {fmt.rate(load.net_tx_bps)} tx"
    cpu = f"{fmt.percent(load.cpu_pct)} of {vm.vcpus} vCPU"
    return [
        _graph("CPU ", history[Series.CPU], cells, 100.0, cpu),
        _graph("mem ", history[Series.MEM], cells, 100.0, fmt.memory_pair(load.mem_used_kib, load.mem_assigned_kib)),
        _graph("disk", history[Series.DISK], cells, None, disk),
        _graph("net ", history[Series.NET], cells, None, net),
    ]


def _graph(label: str, series: Sequence[float], cells: int, top: float | None, figure: str) -> Line:
    return ((f" {label} ", DIM), (fmt.spark(series, cells, top), SPARK), (f" {figure}", ""))


def fact_lines(vm: VM) -> list[Line]:
    """Identity, addresses, disks, machine."""
    facts = vm.facts
    disks = [f"{disk.target} {disk.source or '(empty)'}" for disk in facts.disks]
    machine = [facts.os, facts.machine, facts.firmware, facts.kind, facts.graphics, "agent" if facts.has_agent else ""]
    return [
        _facts("UUID", [vm.key.uuid]),
        _facts("IP", vm.ips, "MAC", [nic.mac for nic in facts.nics]),
        _facts("disks", disks),
        _facts("OS", [part for part in machine if part]),
    ]


def _facts(*labelled: str | Iterable[str]) -> Line:
    line: list[Piece] = []
    for label, values in zip(labelled[::2], labelled[1::2], strict=True):
        text = "  ".join(fmt.clean(value) for value in values)
        line += [(f"{label:<5} " if not line else f"  {label} ", DIM), (text or fmt.UNKNOWN, "")]
    return tuple(line)


def last_line(vm: VM, host: HostSnapshot | None, events: Sequence[HostEvent], now: float) -> Line:
    """Why its host does not answer and what to do, else the last event of the VM."""
    if host is not None and host.state is not HostState.UP:
        look = host_look(host)
        line: list[Piece] = [(f" {look.glyph} {fmt.clean(host.host.name)} is {host.state.value}", KINDS[look.kind])]
        if host.sampled_at is not None:
            line.append((f", as of {units.ago(host.sampled_at, now)}", DIM))
        if host.problem is not None:
            line.append((f"  {fmt.clean(host.problem.title)}", ""))
            line.append((f"  {fmt.clean(host.problem.hint or host.problem.detail)}", DIM))
        return tuple(line)
    for _, event in zip(range(EVENTS_SEARCHED), reversed(events), strict=False):
        if event.uuid == vm.key.uuid and event.host_id == vm.key.host_id:
            style = {"warning": KINDS["warn"], "error": KINDS["bad"]}.get(event.level, "")
            return ((" last  ", DIM), (fmt.clean(event.text), style), (f"  {units.ago(event.at, now)}", DIM))
    text = vm.facts.description or vm.facts.title
    return ((" note  ", DIM), (fmt.clean(text), "")) if text else ((" no events yet", DIM),)


def _beside(left: Line, right: Line, at: int, width: int) -> Line:
    """Two columns; the right one only where there is room."""
    left = clip(left, min(at, width) - 1)
    if at >= width:
        return left
    return (*left, (" " * (at - line_width(left)), ""), *clip(right, width - at - 1))
