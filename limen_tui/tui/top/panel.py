"""The busiest VMs of the fleet, by CPU, memory, disk, network and waiting, with how it went lately. UI thread.

May import textual, limen_widgets, fleet and model. Of thousands of VMs only those that lead in something are rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import nlargest
from math import isnan
from typing import ClassVar, Final

from limen_widgets.line_table import Column
from limen_widgets.line_table.lines import natural
from limen_widgets.line_table.messages import RowActivated
from textual import on

from limen_tui.fleet.fleet import MANY
from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import Target
from limen_tui.model.history import Series
from limen_tui.model.host import HostSnapshot
from limen_tui.model.lifecycle import ACTIVE
from limen_tui.model.samples import ALL_GROUPS
from limen_tui.model.units import clean
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.fleet import cells, fmt, order
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.tablepanel import TablePanel, fact
from limen_tui.tui.viewpanel import Needs

LEADERS: Final = 40
"""VMs that are shown for each figure."""
BREATH: Final = 0.9
"""Seconds at least between two looks for the leaders of a large fleet."""
SPARK: Final = 12
Figure = Callable[[VM], float | None]
FIGURES: Final[tuple[Figure, ...]] = (
    lambda vm: vm.load.cpu_pct, lambda vm: vm.load.mem_used_kib,
    lambda vm: order.pair(vm.load.disk_rd_bps, vm.load.disk_wr_bps),
    lambda vm: order.pair(vm.load.net_rx_bps, vm.load.net_tx_bps), lambda vm: vm.load.steal_pct,
)  # fmt: skip


class TopPanel(TablePanel[VM]):
    """Rows lead in CPU, memory, disk, network or waiting; the order is by whatever column is chosen."""

    view_id: ClassVar[str] = "top"
    SORT: ClassVar[tuple[str, bool]] = ("cpu", True)
    DETAIL_LINES: ClassVar[int] = 2
    MARKABLE: ClassVar[bool] = True

    _found: tuple[float, object, tuple[VM, ...]] = (float("-inf"), None, ())

    def identity(self, row: VM) -> VMKey:
        """Host and UUID."""
        return row.key

    def columns(self) -> Sequence[Column[VM]]:
        """Each figure beside how it went."""
        return top_columns(lambda vm, series: self.fleet.history.series(vm.key, series))

    def rows(self, view: FleetView) -> Sequence[VM]:
        """The leaders among the VMs that run, and what is marked or under the cursor, whatever becomes of it."""
        now = self.fleet.clock.mono()
        at, scope, found = self._found
        if len(view.vms) >= MANY and scope == self._host_id and now - at < BREATH:
            return [vm for vm in (view.vm(old.key) for old in found) if vm is not None]
        snapshot = view.host(self._host_id) if self._host_id else None
        led = leaders(snapshot.vms.values() if snapshot is not None else view.vms)
        found = tuple({vm.key: vm for vm in (*led, *self._held(view))}.values())
        self._found = now, self._host_id, found
        return found

    def _held(self, view: FleetView) -> list[VM]:
        """What keys are meant for: who leads changes all the time, and must not take it away from under them."""
        if not self.children:
            return []
        keys = [key for key in (*self.table.marked, self.table.cursor_key) if isinstance(key, VMKey)]
        return [vm for vm in map(view.vm, keys) if vm is not None and self.in_scope(vm.key.host_id)]

    def search(self, row: VM) -> str:
        """Name, host, addresses, tags."""
        return " ".join((row.name, row.host_name, *row.ips, *row.facts.tags))

    def empty_text(self) -> str:
        """Nobody is busy."""
        return "No VM runs, or no figures have come in yet."

    def host_of(self, row: VM) -> HostSnapshot | None:
        """Its host."""
        return self.fleet.view.host(row.key.host_id)

    def target(self) -> Target:
        """The marked VMs, else the one under the cursor, as the fleet has them now."""
        if not self.children:
            return Target(read_only=self.fleet.read_only)
        view, table = self.fleet.view, self.table
        row = table.cursor_row
        keys = [key for key in table.marked if isinstance(key, VMKey)] or ([row.key] if row is not None else [])
        vms = tuple(vm for vm in (view.vm(key) for key in keys) if vm is not None)
        hosts = (view.host(host_id) for host_id in dict.fromkeys(vm.key.host_id for vm in vms))
        return Target(vms, tuple(host for host in hosts if host is not None), self.fleet.read_only)

    def watched(self) -> Needs:
        """All of every host: who leads is not known before."""
        visible = [key for key in self.table.visible_keys() if isinstance(key, VMKey)] if self.children else []
        return Needs(frozenset(host.id for host in self.fleet.hosts), frozenset(visible), ALL_GROUPS)

    def details(self, row: VM) -> list[Line]:
        """What else there is to know of a leader."""
        load = row.load
        waits = f"{load.steal_pct:.1f} % of the time" if load.steal_pct is not None else "not known"
        table = self.table
        hidden = f", {table.marks_hidden:,} of them hidden" if table.marks_hidden else ""
        marked = f"  ● {len(table.marked):,} marked{hidden}" if table.marked else ""
        return [
            ((f" {clean(row.name)}", "details--value"), (f"  on {clean(row.host_name)}", "details--label"),
             (marked, "details--warn"), (f"  {' '.join(map(clean, row.ips))}", "")),
            (*fact("vCPUs", str(row.vcpus)), *fact(" waiting", waits),
             *fact(" requests", f"{fmt.count(load.disk_rd_iops)} rd/s  {fmt.count(load.disk_wr_iops)} wr/s")),
        ]  # fmt: skip

    def show_vm(self, key: VMKey) -> bool:
        """Put the cursor on a VM, if it is a leader."""
        return self.table.move_to(key)

    @on(RowActivated)
    def _opened(self, event: RowActivated) -> None:
        event.stop()
        if isinstance(event.key, VMKey):
            self.limen.commands.open_vm(event.key)


def leaders(vms: Iterable[VM], most: int = LEADERS) -> tuple[VM, ...]:
    """The ``most`` that lead in each figure, each once."""
    running = [vm for vm in vms if vm.state in ACTIVE and not vm.stale]
    found: dict[VMKey, VM] = {}
    for figure in FIGURES:
        known = [(value, place) for place, vm in enumerate(running) if (value := figure(vm)) is not None]
        for _, place in nlargest(most, known):
            found.setdefault(running[place].key, running[place])
    return tuple(found.values())


def _history(series: Sequence[float], top: float | None) -> Line:
    return ((fmt.spark([value for value in series[-SPARK:] if not isnan(value)], SPARK, top), "accent"),)


def top_columns(history: Callable[[VM, Series], Sequence[float]]) -> list[Column[VM]]:
    """Each figure with its sparkline behind it."""

    def spark(name: str, series: Series, key: Figure, top: float | None, priority: int) -> Column[VM]:
        return Column(f"{name}-lately", "lately", lambda vm: _history(history(vm, series), top), key, width=SPARK,
                      highlight=False, descending_first=True, priority=priority,
                      header_help="The last points, the newest at the right")  # fmt: skip

    def figure(name: str, title: str, cell: Callable[[VM], Line], key: Figure, width: int, priority: int, text: str
               ) -> Column[VM]:  # fmt: skip
        return Column(name, title, cell, key, width=width, align="right", highlight=False, descending_first=True,
                      priority=priority, header_help=text)  # fmt: skip

    cpu, memory, disk, net, steal = FIGURES
    return [
        Column("name", "Name", cells.name, lambda vm: natural(vm.name), min_width=12, max_width=32, flex=2, sticky=True,
               priority=0, header_help="The VM's name on its host"),
        Column("host", "Host", cells.host, lambda vm: natural(vm.host_name), min_width=6, max_width=16, priority=5,
               header_help="The host it is on"),
        figure("cpu", "CPU", cells.cpu, cpu, 12, 1, "Of all its vCPUs"),
        spark("cpu", Series.CPU, cpu, 100.0, 3),
        figure("memory", "Memory", cells.memory, memory, 16, 2, "Used in the guest"),
        figure("disk", "Read  Write", cells.disk, disk, 13, 3, "Bytes per second from and to its disks"),
        spark("disk", Series.DISK, disk, None, 7),
        figure("net", "Recv   Sent", cells.net, net, 13, 4, "Bytes per second from and to its networks"),
        spark("net", Series.NET, net, None, 8),
        figure("steal", "Waits", cells.steal, steal, 8, 6, "Time its vCPUs waited for a CPU of the host"),
    ]  # fmt: skip
