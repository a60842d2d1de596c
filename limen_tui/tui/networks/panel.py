"""Virtual networks over all hosts, and the leases of the one under the cursor. UI thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from limen_widgets.line_table import Column

from limen_tui.model.network import Network
from limen_tui.model.ports import HostVerbs
from limen_tui.model.units import UNKNOWN, clean, duration
from limen_tui.tui.asking import AskingPanel, Row
from limen_tui.tui.fleet.lines import Line


class NetworksPanel(AskingPanel[Network]):
    """Networks, with leases below."""

    view_id: ClassVar[str] = "networks"
    SORT: ClassVar[tuple[str, bool]] = ("name", False)
    DETAIL_LINES: ClassVar[int] = 8
    THINGS: ClassVar[str] = "virtual networks"

    def question(self) -> Callable[[HostVerbs], Sequence[Network]]:
        """virConnectListAllNetworks and virNetworkGetDHCPLeases, through the session."""
        return lambda verbs: verbs.networks()

    def key_of(self, thing: Network) -> str:
        """The network's UUID."""
        return thing.uuid

    def columns(self) -> Sequence[Column[Row[Network]]]:
        """Of the table."""
        return network_columns()

    def search(self, row: Row[Network]) -> str:
        """Name, host, bridge, addresses, leases."""
        net = row.thing
        if net is None:
            return f"{row.host_name} {row.note}"
        leases = " ".join(f"{lease.ip} {lease.mac} {lease.hostname}" for lease in net.leases)
        return f"{row.host_name} {net.name} {net.bridge} {net.cidr} {net.forward} {leases}"

    def details(self, row: Row[Network]) -> list[Line]:
        """The leases."""
        net = row.thing
        if net is None:
            return self.problem_line(row)
        flags = [word for word, on in (("autostart", net.autostart), ("transient", not net.persistent)) if on]
        number = "1 lease" if len(net.leases) == 1 else f"{len(net.leases)} leases"
        head: Line = (
            (f" {clean(net.name)}", "details--value"), (f"  on {clean(row.host_name)}", "details--label"),
            (f"  {' '.join(flags)}  ", ""), (number, "details--label"),
        )  # fmt: skip
        if not net.leases:
            return [head, ((" No DHCP leases.", "details--label"),)]
        now = self.fleet.clock.wall()
        lines: list[Line] = [head]
        room = self.DETAIL_LINES - 2
        for lease in net.leases[:room]:
            left = duration(lease.expires - now) if lease.expires else UNKNOWN
            text = f" {clean(lease.ip):<16} {clean(lease.mac):<18} {clean(lease.hostname)[:40]:<24} "
            lines.append(((text, ""), (f"for {left}", "details--label")))
        if len(net.leases) > room:
            lines.append(((f" and {len(net.leases) - room} more", "details--label"),))
        return lines


def network_columns() -> Sequence[Column[Row[Network]]]:
    """Rows without a network say why in the place of its name."""

    def name(row: Row[Network]) -> Line:
        return ((row.thing.name, ""),) if row.thing is not None else ((row.note, "warn" if row.problem else "dim"),)

    def state(row: Row[Network]) -> Line:
        if row.thing is None:
            return ()
        return (("● active", "good"),) if row.thing.active else (("○ inactive", "dim"),)

    def of(make: Callable[[Network], str]) -> Callable[[Row[Network]], str]:
        return lambda row: make(row.thing) if row.thing is not None else ""

    return (
        Column("name", "Network", name, lambda r: r.thing.name.lower() if r.thing else None, min_width=10,
               max_width=48, flex=1, sticky=True, priority=0, highlight=False),
        Column("host", "Host", lambda r: r.host_name, lambda r: r.host_name.lower(), min_width=6, max_width=24,
               priority=1, highlight=False),
        Column("state", "State", state, lambda r: r.thing.active if r.thing else None, width=10, priority=2),
        Column("forward", "Mode", of(lambda n: n.forward or "isolated"), lambda r: r.thing.forward if r.thing else None,
               min_width=6, max_width=10, priority=3, highlight=False),
        Column("bridge", "Bridge", of(lambda n: n.bridge or UNKNOWN), lambda r: r.thing.bridge if r.thing else None,
               min_width=6, max_width=16, priority=4, highlight=False),
        Column("cidr", "Address", of(lambda n: n.cidr or UNKNOWN), lambda r: r.thing.cidr if r.thing else None,
               min_width=8, max_width=24, priority=3, highlight=False),
        Column("leases", "Leases", of(lambda n: str(len(n.leases))), lambda r: len(r.thing.leases) if r.thing else None,
               width=6, align="right", descending_first=True, priority=4),
    )  # fmt: skip
