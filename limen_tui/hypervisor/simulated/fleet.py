"""Simulated hosts and the one thread that moves them; or, for tests, no thread and a clock that is told. Any thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from limen_tui.hypervisor.simulated.catalogue import BROKEN, CRASHY, STUBBORN, Made, make
from limen_tui.hypervisor.simulated.clock import SimulatedClock
from limen_tui.hypervisor.simulated.host import SimulatedHost
from limen_tui.hypervisor.simulated.weather import Weather
from limen_tui.model.host import Host
from limen_tui.model.ports import EventSink

NAMES = ("alder", "birch", "cedar", "elm", "fir", "hazel")
GROUPS = ("berlin", "berlin", "berlin", "oslo", "oslo", "edge")
SPECIAL = {0: STUBBORN, 1: BROKEN, 2: CRASHY}


@dataclass(slots=True)
class SimulatedFleet:
    """The hosts to configure a Fleet with, and the connector for them."""

    hosts: tuple[Host, ...]
    clock: SimulatedClock
    manual: bool
    _made: dict[str, tuple[int, tuple[Made, ...], Weather]]
    _ports: list[SimulatedHost] = field(default_factory=list)
    _woken: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def connector(self, host: Host, sink: EventSink) -> SimulatedHost:
        """``model.ports.Connector``. A host that is not of this fleet gets an empty simulation."""
        number, made, weather = self._made.get(host.id, (99, (), Weather()))
        port = SimulatedHost(host, sink, self.clock, made, number, weather, self._woken.set)
        self._ports.append(port)
        if not self.manual and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="simulation", daemon=True)
            self._thread.start()
        return port

    def advance(self, seconds: float, step: float = 0.5) -> None:
        """Manual mode: let time go by in steps, and do what falls due; futures complete in here."""
        left = seconds
        while True:
            for port in self._ports:
                port.step()
                if port._hurry:
                    port.step()
            if left <= 0:
                return
            part = min(step, left)
            self.clock.tell(part)
            left -= part

    def _run(self) -> None:
        while True:
            self._woken.clear()
            due = [port.step() for port in tuple(self._ports)]
            wait = min(due, default=float("inf")) - self.clock.mono()
            if wait > 0.005 and not any(port._hurry for port in self._ports):
                self._woken.wait(min(wait, 60.0))


def simulated_fleet(
    seed: int = 7, hosts: int = 6, vms: int = 120, *, manual: bool = False, flaky: int = 1, hung: int = 0,
    names: Sequence[str] = (),
) -> SimulatedFleet:  # fmt: skip
    """``hosts`` hosts with ``vms`` VMs in all. The last ``flaky`` ones come and go; the last ``hung`` never answer.

    ``names`` are given to VMs of the first host, after the one that ignores its shutdown.
    """
    given = {(number, 0): name for number, name in SPECIAL.items()}
    given.update({(0, place): name for place, name in enumerate(names, 1)})
    random = Random(seed)  # noqa: S311 - a simulation
    made: dict[str, tuple[int, tuple[Made, ...], Weather]] = {}
    configured = []
    for number in range(hosts):
        name = NAMES[number] if number < len(NAMES) else f"kvm{number + 1:02}"
        group = GROUPS[number] if number < len(GROUPS) else f"row{number // 10}"
        host = Host(f"sim{number:02}", name, f"qemu+ssh://root@{name}.example.net/system", group, position=number)
        count = vms // hosts + (number < vms % hosts)
        first = vms // hosts * number
        machines = tuple(
            make(random, number, first + place, given.get((number, place))) for place in range(count)
        )
        hangs = number >= hosts - hung
        foul = hosts - hung - flaky <= number < hosts - hung
        made[host.id] = (number, machines, Weather(fair=75.0 if foul else 0.0, hangs=hangs))
        configured.append(host)
    return SimulatedFleet(tuple(configured), SimulatedClock(manual=manual), manual, made)
