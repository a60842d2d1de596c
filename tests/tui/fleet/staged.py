"""A fleet on a stage: hosts whose snapshots the test sets, a clock that stands still, and an app around our widgets."""

from __future__ import annotations

import random
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.containers import Horizontal

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.inventory import open_inventory
from limen_tui.model.host import Host, HostInfo, HostLoad, HostSnapshot, HostState, Problem
from limen_tui.model.lifecycle import VMState
from limen_tui.model.ports import EventSink, Watch
from limen_tui.model.vm import VM, Disk, Nic, VMFacts, VMKey, VMLoad
from limen_tui.tui.fleet.panel import FleetPanel
from limen_tui.tui.fleet.totals import TotalsBar
from limen_tui.tui.fleet.tree import HostTree

NOW = 1_800_000_000.0
GIB = 1024 * 1024
ROLES = ("web", "db", "cache", "build", "mail", "proxy", "worker", "git")


class StillClock:
    """Time that moves only when told."""

    def __init__(self) -> None:
        self.now = NOW

    def wall(self) -> float:
        return self.now

    def mono(self) -> float:
        return self.now


class StagedPort:
    """A host whose snapshot is what the test put there."""

    def __init__(self, host: Host, sink: EventSink) -> None:
        self.sink = sink
        self.snapshot = HostSnapshot(host)

    def start(self) -> None: ...
    def refresh(self) -> None: ...
    def close(self) -> None: ...
    def watch(self, watch: Watch) -> None: ...
    def rename(self, host: Host) -> None: ...

    def join(self, timeout: float) -> bool:
        return True

    def submit(self, call: Any, *, priority: Any = None) -> Any:
        return Future[Any]()  # never answered


def make_vm(host: Host, number: int, *, name: str = "", state: VMState = VMState.RUNNING, **changes: Any) -> VM:
    """A believable VM; the same number gives the same VM."""
    dice = random.Random(f"{host.id}/{number}")
    uuid = f"00000000-0000-4000-8000-{number:012d}"
    vcpus, memory = dice.choice((1, 2, 4, 8)), dice.choice((1, 2, 4, 8, 16)) * GIB
    facts = VMFacts(
        vcpus=vcpus, vcpus_max=vcpus, memory_kib=memory, memory_max_kib=memory, arch="x86_64",
        machine="pc-q35-9.0", kind="kvm", firmware=dice.choice(("bios", "uefi")),
        os=dice.choice(("debian 12", "ubuntu 24.04", "fedora 41", "")), autostart=dice.random() < 0.4,
        tags=tuple(dice.sample(("prod", "test", "edge", "team-a"), dice.choice((0, 1, 1, 2)))),
        nics=(Nic(f"52:54:00:00:{number // 256 % 256:02x}:{number % 256:02x}"),),
        disks=(Disk("vda", f"/var/lib/libvirt/images/{number}.qcow2", "virtio"),), graphics="vnc", has_agent=True,
    )  # fmt: skip
    on = state.is_active
    load = VMLoad(
        cpu_pct=round(dice.random() ** 3 * 100, 1), mem_assigned_kib=memory,
        mem_used_kib=int(memory * (0.2 + 0.7 * dice.random())), rss_kib=memory // 2,
        disk_rd_bps=dice.random() * 4e6, disk_wr_bps=dice.random() * 2e7, disk_rd_iops=120.0, disk_wr_iops=80.0,
        net_rx_bps=dice.random() * 3e6, net_tx_bps=dice.random() * 9e5, steal_pct=0.4,
    ) if state is VMState.RUNNING else VMLoad()  # fmt: skip
    vm = VM(
        VMKey(host.id, uuid), name or f"{ROLES[number % len(ROLES)]}{number}", host.name, state, "booted" if on else "",
        facts, load, (f"10.0.{number // 250 % 250}.{number % 250 + 1}",) if on else (),
        NOW - dice.random() * 40 * 86400 if on else None, dice.random() < 0.5,
    )  # fmt: skip
    return replace(vm, **changes)


class Stage:
    """Hosts ``kvm1`` ... with VMs on them, and the fleet over them."""

    def __init__(self, hosts: int = 4, vms: int = 10, *, groups: tuple[str, ...] = (), read_only: bool = False) -> None:
        self.clock = StillClock()
        self.hosts = [
            Host(f"h{n}", f"kvm{n}", "test:///default", group=groups[n % len(groups)] if groups else "", position=n)
            for n in range(1, hosts + 1)
        ]
        self.ports: dict[str, StagedPort] = {}
        self.inventory = open_inventory(None)
        self.fleet = Fleet(self.hosts, self._connect, self.inventory, clock=self.clock, actor=Actor("me", "tui"),
                           read_only=read_only)  # fmt: skip
        self.fleet.start()
        number = 0
        for host in self.hosts:
            made = []
            for _ in range(vms):
                number += 1
                state = {3: VMState.STOPPED, 7: VMState.PAUSED}.get(number % 10, VMState.RUNNING)
                made.append(make_vm(host, number, state=state))
            self.show(host.id, made)

    def _connect(self, host: Host, sink: EventSink) -> StagedPort:
        self.ports[host.id] = port = StagedPort(host, sink)
        return port

    def show(self, host_id: str, vms: Iterable[VM], **changes: Any) -> None:
        """The next sample of a host."""
        port = self.ports[host_id]
        fields: dict[str, Any] = {
            "state": HostState.UP, "since": NOW - 3600, "sampled_at": self.clock.now, "problem": None, "retry_at": None,
            "info": HostInfo(host_id, "QEMU", "10.0.0", "9.0.0", cpus=32, memory_kib=128 * GIB, kvm=True),
            "load": HostLoad(31.0 + 7 * len(host_id), 61 * GIB),
        }  # fmt: skip
        vms = {vm.key.uuid: vm for vm in vms}
        port.snapshot = replace(port.snapshot, rev=port.snapshot.rev + 1, vms=vms, **fields | changes)
        self.fleet.poll()

    def vms(self, host_id: str) -> list[VM]:
        """What the host shows now."""
        return list(self.ports[host_id].snapshot.vms.values())

    def change(self, key: VMKey, **changes: Any) -> None:
        """One VM differs in the next sample; ``load`` may be a dict of figures."""
        if isinstance(changes.get("load"), dict):
            changes["load"] = self.ports[key.host_id].snapshot.vms[key.uuid].load._replace(**changes["load"])
        self.show(key.host_id, [replace(vm, **changes) if vm.key == key else vm for vm in self.vms(key.host_id)])

    def down(self, host_id: str, title: str = "Connection refused", hint: str = "Is libvirtd running there?") -> None:
        """The host stops answering."""
        port = self.ports[host_id]
        port.snapshot = replace(port.snapshot, rev=port.snapshot.rev + 1, state=HostState.DOWN, since=self.clock.now,
                                problem=Problem(title, "", hint), retry_at=self.clock.now + 12)  # fmt: skip
        self.fleet.poll()

    def close(self) -> None:
        """The end."""
        self.fleet.close()


class StagedApp(App[None]):
    """Our widgets as the main screen has them, without timers of its own: the test says when to look."""

    CSS = "#middle { height: 1fr; }"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = [("slash", "filter", "")]

    def __init__(self, stage: Stage, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stage = stage

    def compose(self) -> ComposeResult:
        yield TotalsBar(read_only=self.stage.fleet.read_only, demo=True)
        with Horizontal(id="middle"):
            yield HostTree(self.stage.clock)
            yield FleetPanel(self.stage.fleet)

    def on_mount(self) -> None:
        self.query_one(HostTree).display = self.size.width >= HostTree.NARROW
        self.look()
        self.panel.focus_main()

    @property
    def panel(self) -> FleetPanel:
        return self.query_one(FleetPanel)

    def look(self) -> None:
        """What the main screen does when the fleet has something new."""
        self.stage.fleet.poll()
        view = self.stage.fleet.view
        self.query_one(TotalsBar).show_fleet(view)
        self.query_one(HostTree).show_fleet(view)
        self.panel.show_fleet(view)

    def action_filter(self) -> None:
        self.panel.open_filter()

    def action_back(self) -> None:
        self.panel.step_back()

    @on(HostTree.HostChosen)
    def _host(self, event: HostTree.HostChosen) -> None:
        self.panel.show_host(event.host_id)
        self.query_one(HostTree).show_host(event.host_id)

    @on(FleetPanel.ScopeLeft)
    def _all(self) -> None:
        self.panel.show_host(None)
        self.query_one(HostTree).show_host(None)
