"""The program that the benchmarks of the screen measure: Limen over a simulated fleet. Imports no more than it must."""

from __future__ import annotations

import argparse
import gc
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any


def serve(
    hosts: int, vms: int, *, hung: int, flaky: int, still: bool, alone: bool, machines: bool, few: int, usual: bool,
    inventory: str,
) -> int:  # fmt: skip
    """Limen over a simulated fleet; ``still``: nothing moves; ``alone``: the simulation without a screen;
    ``machines``: nothing but the simulated machines, which real hosts have on the other end of the line; ``few``: so
    many rows on screen change once a second and nothing else; ``usual``: the refresh rates that Limen has by default.
    """
    from limen_tui.fleet.actor import Actor
    from limen_tui.fleet.fleet import MANY, TURNS, Fleet
    from limen_tui.hypervisor.simulated import simulated_fleet
    from limen_tui.inventory import open_inventory
    from limen_tui.model.clock import SystemClock
    from limen_tui.model.ports import Watch
    from limen_tui.model.samples import USUAL_GROUPS
    from limen_tui.settings import Settings
    from limen_tui.settings.shape import Refresh
    from limen_tui.tui.app import YOUNG
    from limen_tui.tui.run import run

    # hosts of which none answers need no machines: to make them would be counted as our start
    made = simulated_fleet(7, hosts, 0 if hung == hosts else vms, manual=still, flaky=flaky, hung=hung)
    store = open_inventory(Path(inventory) if inventory else None)
    clock = made.clock if still else SystemClock()
    fleet = Fleet(made.hosts, made.connector, store, clock=clock, actor=Actor("bench", "tui"))
    if machines:
        from limen_tui.hypervisor.simulated.host import SimulatedHost

        SimulatedHost._sample = only_live  # type: ignore[method-assign]
    if alone or machines:
        gc.set_threshold(YOUNG, 20, 50)
        fleet.start()
        for host in made.hosts:
            fleet.watch(host.id, Watch(1.0, USUAL_GROUPS, turns=TURNS if vms >= MANY else 1))
        time.sleep(3600)
    if still:
        fleet.start()
        made.advance(3.0)
        fleet.poll()
    if few:
        threading.Thread(target=change_some, args=(made, fleet, few), daemon=True).start()
    return run(fleet, Settings() if usual else Settings(refresh=Refresh(on_screen=1.0, background=1.0)))


def only_live(self: Any) -> None:
    """In place of a simulated host's sample: its machines live and tell their counters; nobody reads them."""
    from limen_tui.model.samples import StatsGroup

    wall, due = self._clock.wall(), self._due()
    self._load = replace(self._load, ticks=self._load.ticks + 1)
    for uuid, machine in self._machines.items():
        machine.live(wall)
        if uuid in due:
            machine.raw(vcpus_too=StatsGroup.VCPU in self._watch.groups)
    self._host_counters()


def change_some(made: Any, fleet: Any, few: int) -> None:
    """Once a second, new figures for the first ``few`` running VMs by name."""
    import dataclasses

    from limen_widgets.line_table.lines import natural

    ports = {port.host.id: port for port in made._ports}
    running = [vm for vm in fleet.view.vms if vm.state.value == "running"]
    first = sorted(running, key=lambda vm: natural(vm.name))[:few]
    for number in range(3600):
        time.sleep(1.0)
        for place, vm in enumerate(first):
            port, some = ports[vm.key.host_id], (number * 37 + place * 11) % 100
            load = vm.load._replace(
                cpu_pct=float(some), mem_used_kib=vm.facts.memory_kib * some // 101,
                disk_rd_bps=some * 1.3e4, net_rx_bps=some * 2.1e3,
            )  # fmt: skip
            old = port._slot
            vms = {**old.vms, vm.key.uuid: dataclasses.replace(old.vms[vm.key.uuid], load=load)}
            port._slot = dataclasses.replace(old, rev=old.rev + 1, vms=vms, sampled_at=float(number))


def main() -> int:
    """Serve as told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("hosts", type=int)
    parser.add_argument("vms", type=int)
    for name in ("hung", "flaky", "few"):
        parser.add_argument(f"--{name}", type=int, default=0)
    for name in ("still", "alone", "machines", "usual"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--inventory", default="")
    return serve(**vars(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
