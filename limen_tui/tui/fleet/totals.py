"""The bar of fleet totals: one line, never wraps. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from limen_widgets.pieces import Piece

from limen_tui.fleet.view import FleetView, Totals
from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.fit import Item, fit
from limen_tui.tui.fleet.lines import Line, Lines, clip

DIM, STRONG, GOOD, WARN, BAD, BADGE, ACCENT = (
    "totals--label", "totals--value", "totals--good", "totals--warning", "totals--error", "totals--badge",
    "totals--accent",
)  # fmt: skip

SEVERITY: Final = {HostState.NEEDS_AUTH: 0, HostState.DOWN: 1, HostState.STALE: 2}
WORST_CELLS: Final = 48
VCPU_OVER: Final = 4.0
"""vCPUs per CPU from which the figure is coloured."""


class TotalsBar(Lines):
    """Hosts up, VMs running, load, memory, overcommit, badges and the worst problem of a host."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {DIM, STRONG, GOOD, WARN, BAD, BADGE, ACCENT}
    DEFAULT_CSS = """
    TotalsBar {
        height: 1;
        background: $panel;
        color: $foreground;
        & > .totals--label { color: $text-muted; }
        & > .totals--value { text-style: bold; }
        & > .totals--good { color: $text-success; }
        & > .totals--warning { color: $text-warning; text-style: bold; }
        & > .totals--error { color: $text-error; text-style: bold; }
        & > .totals--accent { color: $text-accent; }
        & > .totals--badge { text-style: bold reverse; }
    }
    """

    def __init__(self, *, read_only: bool = False, demo: bool = False, id: str | None = "totals") -> None:
        super().__init__(id=id)
        self._read_only = read_only
        self._demo = demo
        self._frozen = False
        self._jobs = (0, 0, False)
        self._view = FleetView()

    def show_fleet(self, view: FleetView) -> None:
        """Sum up ``view``; repaints only when the text differs."""
        self._view = view
        self._redraw()

    def show_frozen(self, frozen: bool) -> None:
        """Show or hide the badge of a display that is held still."""
        self._frozen = frozen
        self._redraw()

    def show_jobs(self, active: int, waiting: int, *, leaving: bool = False) -> None:
        """How many jobs run, how many wait for a person's choice, and whether Limen ends with them."""
        if self._jobs != (active, waiting, leaving):
            self._jobs = (active, waiting, leaving)
            self._redraw()

    def on_resize(self) -> None:
        """Fit again."""
        self._redraw()

    def _redraw(self) -> None:
        width = self.size.width - 2
        if width <= 0:
            return
        badges = [name for name, on in (("READ-ONLY", self._read_only), ("FROZEN", self._frozen), ("DEMO", self._demo))
                  if on]  # fmt: skip
        line = fit([*bar_items(self._view, badges), *job_items(*self._jobs)], width)
        self.show_lines([((" ", ""), *line)])


def bar_items(view: FleetView, badges: Sequence[str]) -> list[Item]:
    """What the bar says, each with its importance."""
    totals = view.totals
    items = [
        Item(1, _hosts(totals)),
        Item(0, _vms(totals)),
        Item(2, _troubled(totals)),
        Item(3, _cpu(totals)),
        Item(4, _memory(totals)),
        Item(7, _overcommit(totals)),
        Item(6, _worst(view.hosts), right=True),
    ]
    items += [Item(2 if name != "DEMO" else 5, ((((f" {name} "), BADGE),),), right=True) for name in badges]
    return [item for item in items if item.variants]


def job_items(active: int, waiting: int, leaving: bool = False) -> list[Item]:
    """A quiet word while jobs run, a loud one while some wait for a choice."""
    items = []
    if waiting:
        text = f"! {waiting} {'job waits' if waiting == 1 else 'jobs wait'} for you (5)"
        items.append(Item(2, (((text, WARN),), ((f"! {waiting} (5)", WARN),)), right=True))
    if active:
        text, short = f"◐ {active} {'job' if active == 1 else 'jobs'}", f"◐ {active}"
        if leaving:
            text, short = f"leaving after {text[2:]}", f"leaving after {active}"
        items.append(Item(2 if leaving else 4, (((text, ACCENT),), ((short, ACCENT),)), right=True))
    return items


def _hosts(totals: Totals) -> tuple[Line, ...]:
    if not totals.hosts:
        return ((("no hosts", WARN),),)
    all_up = totals.hosts_up == totals.hosts
    style = GOOD if all_up else WARN if totals.hosts_up else BAD
    line: Line = (("● " if all_up else "✗ ", style), (f"{totals.hosts_up}/{totals.hosts}", STRONG), (" hosts", DIM))
    return (line,)


def _vms(totals: Totals) -> tuple[Line, ...]:
    count: Piece = (f"{totals.running:,}/{totals.vms:,}", STRONG)
    return ((count, (" VMs running", DIM)), (count, (" VMs", DIM)))


def _troubled(totals: Totals) -> tuple[Line, ...]:
    if not totals.troubled:
        return ()
    return (((f"✗ {totals.troubled:,} troubled", BAD),), ((f"✗ {totals.troubled:,}", BAD),))


def _cpu(totals: Totals) -> tuple[Line, ...]:
    if totals.cpu_pct is None:
        return ()
    figure: Line = (("CPU ", DIM), (fmt.percent(totals.cpu_pct), STRONG))
    return ((("CPU ", DIM), *_bar(totals.cpu_pct), (" " + fmt.percent(totals.cpu_pct), STRONG)), figure)


def _memory(totals: Totals) -> tuple[Line, ...]:
    if totals.mem_used_kib is None or not totals.mem_kib:
        return ()
    share = 100.0 * totals.mem_used_kib / totals.mem_kib
    pair = fmt.memory_pair(totals.mem_used_kib, totals.mem_kib)
    return (
        (("mem ", DIM), *_bar(share), (" " + pair, STRONG)),
        (("mem ", DIM), (pair, STRONG)),
        (("mem ", DIM), (fmt.percent(share), STRONG)),
    )


def _overcommit(totals: Totals) -> tuple[Line, ...]:
    if not totals.cpus or not totals.mem_kib:
        return ()
    cpu, mem = totals.vcpus_running / totals.cpus, totals.mem_running_kib / totals.mem_kib
    figures: Line = (
        (f"{cpu:.1f}×", WARN if cpu > VCPU_OVER else STRONG), (" vCPU ", DIM),
        (f"{mem:.1f}×", WARN if mem > 1 else STRONG), (" mem", DIM),
    )  # fmt: skip
    return ((("committed ", DIM), *figures), figures)


def _worst(hosts: Sequence[HostSnapshot]) -> tuple[Line, ...]:
    """The problem that most needs a person: sign-in first, then down, then stale; the longest-standing first."""
    found = [host for host in hosts if host.state in SEVERITY]
    if not found:
        return ()
    host = min(found, key=lambda host: (SEVERITY[host.state], host.since))
    why = host.problem.title if host.problem else host.state.value
    more = f" +{len(found) - 1}" if len(found) > 1 else ""
    style = BAD if host.state is HostState.DOWN else WARN
    name, why = fmt.clean(host.host.name), fmt.clean(why)
    longest = (*clip(((f"{name}: {why}", style),), WORST_CELLS), (more, style))
    return (longest, ((f"{name} {host.state.value}{more}", style),))


def _bar(share: float) -> Line:
    """A meter of eight cells."""
    style = BAD if share >= 95 else WARN if share >= 85 else ACCENT
    return fmt.meter(share, 8, style, DIM)
