"""One host behind HostPort with two VMs to play with: what every contract test is given, whatever is underneath."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from limen_tui.hypervisor.simulated import SimulatedFleet
from limen_tui.model.events import EventKind, HostEvent
from limen_tui.model.host import Host, HostSnapshot, HostState
from limen_tui.model.lifecycle import Verb
from limen_tui.model.ports import Connector, HostPort, HostVerbs, Watch
from limen_tui.model.vm import VM

T = TypeVar("T")
HOSTILE = "[bold red]<b>&\"'$(id);%s \N{RIGHT-TO-LEFT OVERRIDE}" + "x" * 120
"""What libvirt lets a VM be called: markup, quotes, a shell's letters, text turned round."""
CONTROLS = "\t\x7f\x9b31m\x85"
LONGEST = CONTROLS + "ü" * ((247 - len(CONTROLS.encode())) // 2)
"""Control characters that XML lets through, and as many bytes as libvirt can make a file of (255 less ".xml.new")."""


@dataclass(frozen=True)
class Capabilities:
    """What is underneath and what it can do. What it cannot is asserted as such, never skipped."""

    hypervisor: str
    obeys_shutdown: bool = True
    has_figures: bool = True
    """CPU, disk and network rates for all rows; else for the visible ones, and CPU only."""
    has_used_memory: bool = True
    pools: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    describes_domains: bool = True
    """Tells what a VM may be given (virConnectGetDomainCapabilities)."""
    vague: frozenset[Verb] = frozenset()
    """Verbs that it refuses to a stopped VM with an internal error, which nobody can tell from a failure."""


class Rig:
    """A port, what it told, and ways to wait for it in its own time."""

    def __init__(self, connector: Connector, host: Host, capabilities: Capabilities) -> None:
        self.sink_events: list[HostEvent] = []
        self.host = host
        self.capabilities = capabilities
        self.port: HostPort = connector(host, self.sink_events.append)
        self.port.watch(Watch(interval=0.2))
        self.started = False
        self.a_running_vm = self.a_stopped_vm = ""
        """UUIDs."""

    def start(self, running: str = "", stopped: str = "") -> None:
        """Connect and find the two VMs, by name where a name is given."""
        self.port.start()
        self.started = True
        snapshot = self.wait(lambda now: now.state is HostState.UP and len(now.vms) >= 3)
        plain = [vm for vm in snapshot.vms.values() if vm.name not in (HOSTILE, LONGEST, "legacy-erp")]
        self.a_running_vm = next(vm.key.uuid for vm in plain if vm.state == "running" and running in vm.name)
        self.a_stopped_vm = next(vm.key.uuid for vm in plain if vm.state == "stopped" and stopped in vm.name)

    def now(self) -> float:
        """Seconds, as they pass for the port."""
        return time.monotonic()

    def pump(self) -> None:
        """Let a moment pass."""
        time.sleep(0.01)

    def wait(self, condition: Callable[[HostSnapshot], Any], timeout: float = 60.0) -> HostSnapshot:
        """Wait until ``condition`` holds for a snapshot, which is returned."""
        until = self.now() + timeout
        while not condition(snapshot := self.port.snapshot):
            if self.now() > until:
                told = [event.text for event in self.sink_events[-8:]]
                raise AssertionError(f"waited {timeout} s in vain; {snapshot.state}, {snapshot.problem}, told {told}")
            self.pump()
        return snapshot

    def ticks(self, count: int = 2) -> HostSnapshot:
        """The snapshot after so many more samples."""
        before = self.port.snapshot.load.ticks
        return self.wait(lambda now: now.load.ticks >= before + count)

    def vm(self, uuid: str) -> VM:
        """As the newest snapshot has it."""
        return self.port.snapshot.vms[uuid]

    def wait_vm(self, uuid: str, condition: Callable[[VM], Any], timeout: float = 60.0) -> VM:
        """Wait until ``condition`` holds for a VM, which is returned."""
        return self.wait(lambda now: uuid in now.vms and condition(now.vms[uuid]), timeout).vms[uuid]

    def wait_event(self, text: str, uuid: str = "", kind: EventKind = EventKind.LIFECYCLE) -> HostEvent:
        """Wait for an event that begins with ``text``."""

        def found() -> list[HostEvent]:
            events = list(self.sink_events)
            return [each for each in events if (each.uuid, each.kind) == (uuid, kind) and each.text.startswith(text)]

        self.wait(lambda _: found())
        return found()[-1]

    def result(self, future: Future[T], timeout: float = 60.0) -> T:
        """What a future comes to."""
        self.wait(lambda _: future.done(), timeout)
        return future.result(0)

    def do(self, call: Callable[[HostVerbs], T]) -> T:
        """Submit and wait."""
        return self.result(self.port.submit(call))

    def join(self) -> bool:
        """Whether it has ended."""
        return self.port.join(60.0)


class SimulatedRig(Rig):
    """In told time: half a minute of it takes no time at all, and every run is the same."""

    def __init__(self, fleet: SimulatedFleet, host: Host, capabilities: Capabilities) -> None:
        self._fleet = fleet
        super().__init__(fleet.connector, host, capabilities)

    def now(self) -> float:
        """Told seconds."""
        return self._fleet.clock.mono()

    def pump(self) -> None:
        """Tell the clock to go on."""
        self._fleet.advance(0.1)

    def join(self) -> bool:
        """Ends with the next step."""
        self._fleet.advance(0)
        return super().join()
