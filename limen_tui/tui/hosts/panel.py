"""The hosts: state, load, versions, what is wrong and what to do about it. UI thread."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar, Final

from limen_widgets.line_table import Column
from limen_widgets.line_table.messages import RowActivated
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from limen_tui.fleet.view import FleetView, Totals, total
from limen_tui.model.actions import BY_ID
from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.units import UNKNOWN, ago, clean, duration, percent
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.cells import heat
from limen_tui.tui.fleet.glyphs import host_look
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.hosts.keys import HOST_KEYS
from limen_tui.tui.keymap import first_key
from limen_tui.tui.tablepanel import TablePanel, fact

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

MEMORY: Final = 13
"""Cells of the column."""


@dataclass(frozen=True, slots=True, eq=False)
class HostRow:
    """A host with its sums and, while it is down, the seconds to the next attempt."""

    host: HostSnapshot
    sums: Totals
    when: str


class HostsPanel(TablePanel[HostRow]):
    """Enter shows the VMs of a host; ``!`` answers what it asks."""

    view_id: ClassVar[str] = "hosts"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(each.keys), f"app.act('{each.action_id}')", BY_ID[each.action_id].label, show=False,
                tooltip=BY_ID[each.action_id].help, id=each.id)
        for each in HOST_KEYS
    ]  # fmt: skip
    SORT: ClassVar[tuple[str, bool]] = ("name", False)
    DETAIL_LINES: ClassVar[int] = 9

    DEFAULT_CSS = """
    HostsPanel #host-keys { height: 1; padding: 0 1; color: $text-muted; background: $panel; }
    """

    def __init__(self, app: LimenApp) -> None:
        super().__init__(app)
        self._kept: dict[str, HostRow] = {}

    def columns(self) -> Sequence[Column[HostRow]]:
        """Of the table."""
        return host_columns()

    def identity(self, row: HostRow) -> Hashable:
        """The host's id."""
        return row.host.host.id

    def rows(self, view: FleetView) -> Sequence[HostRow]:
        """Rows of hosts that did not change are the same objects as before."""
        now = self.fleet.clock.wall()
        old, fresh = self._kept, {}
        for host in view.hosts:
            when = _when(host, now)
            row = old.get(host.host.id)
            if row is None or row.host is not host or row.when != when:
                row = HostRow(host, total((host,)), when)
            fresh[host.host.id] = row
        self._kept = fresh
        return tuple(fresh.values())

    def search(self, row: HostRow) -> str:
        """Name, state, group, address, versions."""
        host, info = row.host.host, row.host.info
        return f"{host.name} {row.host.state} {host.group} {host.uri} {info.hypervisor} {info.hostname}"

    def host_of(self, row: HostRow) -> HostSnapshot | None:
        """The host itself."""
        return self.fleet.view.host(row.host.host.id)

    def empty_text(self) -> str:
        """How to add one."""
        return "No hosts yet.\n\nn adds one, I imports from ~/.ssh/config, virsh and virt-manager."

    def compose(self) -> ComposeResult:
        """With the keys that work here at the bottom."""
        yield from super().compose()
        yield Static("  ".join(self._key_words()), id="host-keys", markup=False)

    def _key_words(self) -> list[str]:
        """Each key with what it does; keys that were taken away are left out."""
        own = self.limen.keys
        up, down = (first_key(own, name) for name in ("hosts.up", "hosts.down"))
        order = "⇧↑↓" if (up, down) == ("shift+↑", "shift+↓") else f"{up} {down}".strip()
        shown = [(order if each.id == "hosts.up" else first_key(own, each.id), each.word) for each in HOST_KEYS]
        return [f"{key} {word}" for key, word in shown if key and word]

    def on_mount(self) -> None:
        """Count down also while nothing else happens."""
        super().on_mount()
        self.set_interval(1.0, self._count_down)

    def _count_down(self) -> None:
        # only a countdown moves by itself; an idle screen writes nothing
        if self.display and self.is_on_screen and any(host.retry_at is not None for host in self.fleet.view.hosts):
            self.show_fleet(self.fleet.view)

    @on(RowActivated)
    def _activated(self, event: RowActivated) -> None:
        event.stop()
        self.limen.main.show_host(event.row.host.host.id)

    def details(self, row: HostRow) -> list[Line]:
        """Facts, then the problem with its hint."""
        host, info, load = row.host, row.host.info, row.host.load
        now = self.fleet.clock.wall()
        look = host_look(host)
        kind = {"accent": "", "dim": "label"}.get(look.kind, look.kind)
        first: Line = (
            (f" {look.glyph} ", f"details--{kind}" if kind else ""), (clean(host.host.name), "details--value"),
            (f"  {host.state.value}", f"details--{kind}" if kind else ""),
            *((("  INSECURE: its key is not checked", "details--bad"),) if host.host.insecure else ()),
            *((("  read-only", "details--warn"),) if info.read_only or host.host.read_only else ()),
            (f"  {clean(host.host.uri)}", "details--label"),
        )  # fmt: skip
        kvm = {True: "KVM", False: "no KVM: slow", None: ""}[info.kvm]
        cpu = " ".join(filter(None, (f"{info.cpus} CPUs" if info.cpus else "", clean(info.cpu_model), info.arch, kvm)))
        versions = " ".join(filter(None, (f"libvirt {info.libvirt_version}" if info.libvirt_version else "",
                                          clean(info.hypervisor), info.hypervisor_version)))  # fmt: skip
        facts = (*fact("CPU", cpu or UNKNOWN), *fact(" versions", versions or UNKNOWN))
        tick = UNKNOWN if load.tick_ms is None else f"{load.tick_ms:.0f} ms"
        seen = (*fact("sampled", ago(host.sampled_at, now)), *fact(" tick", tick), *fact(" calls", f"{load.rpcs:,}"),
                *self._way(host, now))  # fmt: skip
        lines: list[Line] = []
        if host.problem is not None:
            # whole and first, in as many lines as it takes: both fingerprints of a changed key are compared here
            said = [host.problem.title, *host.problem.detail.splitlines()]
            lines += [((f" {line}", "details--bad"),) for text in said for line in self._wrapped(text)]
            lines += [((f" {line}", "details--warn"),) for line in self._wrapped(host.problem.hint)]
        return [first, *lines, facts, seen]

    def _wrapped(self, text: str) -> list[str]:
        return wrap(clean(text), max(40, self.size.width - 2), break_on_hyphens=False)

    def _way(self, host: HostSnapshot, now: float) -> Line:
        """How it is reached, since when, and how far away it is."""
        tester = self.fleet.tester
        link = tester.link_facts(host.host.id) if tester is not None else None
        via = " ".join(filter(None, (host.info.transport, link.way if link is not None else "")))
        parts = [*fact(" via", via)] if via else []
        if link is not None and link.latency is not None:
            parts += fact(" round trip", f"{link.latency * 1000:.1f} ms")
        if host.state is HostState.UP and host.since:
            parts += fact(" up for", duration(max(0.0, now - host.since)))
        return tuple(parts)


def _when(host: HostSnapshot, now: float) -> str:
    if host.retry_at is not None:
        return f"retry in {duration(max(0.0, host.retry_at - now))}"
    return ""


def _figure(value: float | None, text: str) -> Line:
    return ((text, "" if value is None else heat(value)),)


def _memory(host: HostSnapshot) -> str:
    """``1.5/23.5 GiB``; two units that have no room side by side are shortened: ``784M/23.5G``."""
    used, of = host.load.mem_used_kib, host.info.memory_kib or None
    text = fmt.memory_pair(used, of)
    return text if len(text) <= MEMORY else f"{fmt.short(used, unit='KiB')}/{fmt.short(of, unit='KiB')}"


def host_columns() -> Sequence[Column[HostRow]]:
    """Everything about a host on one line."""
    def mem(row: HostRow) -> float | None:
        used, of = row.host.load.mem_used_kib, row.host.info.memory_kib
        return None if used is None or not of else 100.0 * used / of

    def over(part: float, of: float) -> str:
        return f"{part / of:.2f}" if of else UNKNOWN

    def name(row: HostRow) -> Line:
        host = row.host.host
        return ((host.name, host.colour), (" insecure" if host.insecure else "", "bad"))

    def state(row: HostRow) -> Line:
        look = host_look(row.host)
        return ((f"{look.glyph} {row.host.state.value}", look.kind),)

    def problem(row: HostRow) -> Line:
        text = row.host.problem.title if row.host.problem is not None else ""
        return ((row.when + ("  " if row.when and text else ""), "warn"), (text, "dim"))

    return (
        Column("name", "Host", name, lambda r: r.host.host.name.lower(), min_width=14,
               max_width=32, sticky=True, priority=0, highlight=False),
        Column("state", "State", state, lambda r: r.host.state.value, width=12, priority=1),
        Column("cpu", "CPU", lambda r: _figure(r.host.load.cpu_pct, percent(r.host.load.cpu_pct)),
               lambda r: r.host.load.cpu_pct, width=6, align="right", highlight=False, descending_first=True,
               priority=2),
        Column("memory", "Memory", lambda r: _figure(mem(r), _memory(r.host)), mem, width=MEMORY, align="right",
               highlight=False, descending_first=True, priority=3),
        Column("load", "Load", lambda r: UNKNOWN if r.host.load.load1 is None else f"{r.host.load.load1:.2f}",
               lambda r: r.host.load.load1, width=6, align="right", highlight=False, descending_first=True, priority=8),
        Column("vms", "VMs", lambda r: f"{r.host.running}/{len(r.host.vms)}", lambda r: r.host.running, width=9,
               align="right", descending_first=True, priority=2),
        Column("vcpus", "vCPU/CPU", lambda r: over(r.sums.vcpus_running, r.host.info.cpus),
               lambda r: r.sums.vcpus_running / r.host.info.cpus if r.host.info.cpus else None, width=8, align="right",
               highlight=False, descending_first=True, priority=5,
               header_help="vCPUs of running VMs per CPU of the host"),
        Column("mem-over", "Mem/Mem", lambda r: over(r.sums.mem_running_kib, r.host.info.memory_kib),
               lambda r: r.sums.mem_running_kib / r.host.info.memory_kib if r.host.info.memory_kib else None, width=8,
               align="right", highlight=False, descending_first=True, priority=6,
               header_help="Memory promised to running VMs, of the host's"),
        Column("libvirt", "libvirt", lambda r: r.host.info.libvirt_version or UNKNOWN,
               lambda r: r.host.info.libvirt_version, width=8, highlight=False, priority=9),
        Column("hypervisor", "Hypervisor",
               lambda r: f"{r.host.info.hypervisor} {r.host.info.hypervisor_version}".strip() or UNKNOWN,
               lambda r: r.host.info.hypervisor, min_width=6, max_width=16, highlight=False, priority=8),
        Column("transport", "Via", lambda r: r.host.info.transport or UNKNOWN, lambda r: r.host.info.transport, width=6,
               highlight=False, priority=10),
        Column("tick", "Tick", lambda r: UNKNOWN if r.host.load.tick_ms is None else f"{r.host.load.tick_ms:.0f} ms",
               lambda r: r.host.load.tick_ms, width=8, align="right", highlight=False, descending_first=True,
               priority=7,               header_help="How long the last sample took"),
        Column("problem", "Problem", problem, lambda r: r.host.problem.title if r.host.problem else None, min_width=13,
               max_width=80, flex=1, priority=4, highlight=False),
        Column("group", "Group", lambda r: r.host.host.group, lambda r: r.host.host.group or None, max_width=20,
               default=False, highlight=False),
        Column("uri", "URI", lambda r: r.host.host.uri, lambda r: r.host.host.uri, max_width=60, default=False,
               highlight=False),
    )  # fmt: skip
