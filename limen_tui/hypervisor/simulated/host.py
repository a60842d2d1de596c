"""A simulated host behind HostPort. Its methods are safe on any thread; ``step`` runs on the simulation's thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from limen_tui.errors import ConnectError
from limen_tui.hypervisor.simulated.catalogue import Made
from limen_tui.hypervisor.simulated.clock import SimulatedClock
from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.hypervisor.simulated.verbs import SimulatedVerbs
from limen_tui.hypervisor.simulated.weather import Weather
from limen_tui.model.detailmeter import DetailMeter
from limen_tui.model.events import EventKind, HostEvent
from limen_tui.model.host import Host, HostInfo, HostLoad, HostSnapshot, HostState, Problem
from limen_tui.model.lifecycle import VMState
from limen_tui.model.ports import EventSink, HostVerbs, Priority, Watch
from limen_tui.model.samples import RawHost, RawSample, RawVM, StatsGroup
from limen_tui.model.stats import RateMeter, host_load
from limen_tui.model.turns import whose_turn
from limen_tui.model.vm import VM, VMKey

T = TypeVar("T")
CPUS, MEMORY_KIB = 64, 512 << 20
SPREAD = 0.618
"""Of the interval, from one host's tick to that of the next."""
SILENT = Problem("The host does not answer", "No answer to the last bulk call.", "Check the network to it.")


class SimulatedHost:
    """Implements HostPort over machines that live in the clock's time."""

    def __init__(
        self, host: Host, sink: EventSink, clock: SimulatedClock, made: Sequence[Made], number: int, weather: Weather,
        wake: Callable[[], None],
    ) -> None:  # fmt: skip
        self.host = host
        self._sink = sink
        self._clock = clock
        self._number = number
        self._weather = weather
        self._wake = wake
        self._lock = threading.Lock()
        self._calls: deque[tuple[Callable[[HostVerbs], Any], Future[Any]]] = deque()
        self._machines = {m.uuid: Machine(m, clock.wall()) for m in made}
        self._meter = RateMeter()
        self._detail_meter = DetailMeter()
        self._whole = True
        """The next sample is the first since the link came up."""
        self._still: dict[str, RawVM] = {}
        self._raw_host: RawHost | None = None
        self._cpu = [0, 0]
        self._vms: dict[str, VM] = {}
        self._watch = Watch()
        self._next = 0.0
        self._spread = False
        self._hurry = False
        self._began: float | None = None
        self._closed = False
        self._ended = threading.Event()
        self._load = HostLoad()
        self._slot = HostSnapshot(host, since=clock.wall())
        self._verbs = SimulatedVerbs(
            self._machines, number, clock.wall, self._on_change, read_only=host.read_only
        )

    # -- HostPort ---------------------------------------------------------------------------------

    @property
    def snapshot(self) -> HostSnapshot:
        """The newest snapshot."""
        return self._slot

    def start(self) -> None:
        """Begin connecting."""
        self._began = self._clock.mono()
        self._wake()

    def watch(self, watch: Watch) -> None:
        """Change what is sampled."""
        self._watch = watch
        self._next = min(self._next, self._clock.mono() + watch.interval)
        self._wake()

    def refresh(self) -> None:
        """Sample or connect at the next step."""
        self._hurry = True
        self._wake()

    def submit(self, call: Callable[[HostVerbs], T], *, priority: Priority = Priority.USER) -> Future[T]:  # noqa: ARG002
        """Run ``call`` at the next step."""
        future: Future[T] = Future()
        with self._lock:
            refused = self._closed or self._slot.state is not HostState.UP
            if not refused:
                self._calls.append((call, future))
        if refused:
            state = "closed" if self._closed else self._slot.state.value
            error = ConnectError.unsent(f"{self.host.name} is {state}", hint="Try again when it is up.")
            future.set_exception(error)
        else:
            self._wake()
        return future

    def rename(self, host: Host) -> None:
        """Take over a changed name, group or colour."""
        self.host = host
        self._hurry = True
        self._wake()

    def close(self) -> None:
        """End; the next step is the last."""
        self._closed = True
        if self._began is None:
            self._ended.set()
        self._wake()

    def join(self, timeout: float) -> bool:
        """Whether the last step was made; with a clock that is told it is made here, for there is no thread to."""
        if self._clock.told and self._closed:
            self.step()
        return self._weather.hangs or self._ended.wait(timeout)

    # -- the simulation ---------------------------------------------------------------------------

    def step(self) -> float:
        """Go on to the clock's time; the monotonic time at which there is something to do again."""
        now = self._clock.mono()
        if self._closed:
            self._hurry = False  # nobody will do it any more, and the thread would wait for that without sleeping
            self._drop_calls("The session was closed")
            self._ended.set()
            return now + 3600
        if self._began is None or self._weather.hangs:
            self._hurry = False
            return now + 3600
        state, until = self._weather.at(now - self._began)
        if self._hurry and state is HostState.DOWN:
            self._sink_host("still down")
        if state is not self._slot.state:
            self._change_state(state)
        if state is not HostState.UP:
            self._hurry = False
            if state is HostState.DOWN:
                self._drop_calls("The link broke")
            return self._began + until
        self._run_calls()
        if self._hurry or now >= self._next:
            self._hurry = False
            # each host has its own place within the interval, so that forty do not tick at one instant
            interval = self._watch.interval
            late = (now - self._number * SPREAD % 1.0 * interval) % interval
            self._next = now + (interval if self._spread else max(0.3 * interval, interval - late))
            self._spread = True
            self._sample()
        return min(self._next, self._began + until)

    def _change_state(self, state: HostState) -> None:
        wall = self._clock.wall()
        retry = wall + self._weather.outage if state is HostState.DOWN else None
        problem = SILENT if state in (HostState.DOWN, HostState.STALE) else None
        self._next = 0.0
        if state is HostState.UP:
            self._whole = True
            self._meter.reset()
            self._detail_meter.reset()
            self._publish(state=state, since=wall, problem=None, retry_at=None, info=self._info())
        else:
            old = MappingProxyType({uuid: replace(vm, stale=True) for uuid, vm in self._vms.items()})
            self._publish(state=state, since=wall, problem=problem, retry_at=retry, vms=old)
        self._sink_host(state.value)

    def _info(self) -> HostInfo:
        return HostInfo(
            hostname=f"{self.host.name}.example.net", hypervisor="QEMU", libvirt_version="10.9.0",
            hypervisor_version="9.2.0", arch="x86_64", cpu_model="AMD EPYC 9354", cpus=CPUS, memory_kib=MEMORY_KIB,
            read_only=self.host.read_only, kvm=True, transport="ssh",
        )  # fmt: skip

    def _sample(self) -> None:
        now, wall = self._clock.mono(), self._clock.wall()
        vcpus_too = StatsGroup.VCPU in self._watch.groups
        raws, still, due = [], self._still, self._due()
        for uuid, machine in self._machines.items():
            if event := machine.live(wall):
                self._tell(machine, event)
            if uuid not in due and (old := self._vms.get(uuid)) is not None and old.state is machine.state:
                continue
            if machine.state is VMState.STOPPED:
                # nothing of it moves: its record is made once
                raw = still.get(uuid) or still.setdefault(uuid, machine.raw(vcpus_too=False))
            else:
                raw = machine.raw(vcpus_too=vcpus_too)
            raws.append(raw)
        others = self._machines.keys() - [raw.uuid for raw in raws] if len(raws) < len(self._machines) else ()
        sample = RawSample(now, wall, tuple(raws), detail=self._watch.visible, others=frozenset(others))
        loads = self._meter.update(sample)
        details = self._detail_meter.update(sample, self._watch.close)
        vms, known, host_id, host_name = {}, self._vms, self.host.id, self.host.name
        for uuid, machine in self._machines.items():
            old, load, state = known.get(uuid), loads[uuid], machine.state
            if (
                old is not None and old.host_name == host_name and old.state is state and old.facts is machine.facts
                and old.started_at == machine.started_at and (
                    old.load is load or (old.load.cpu_pct == load.cpu_pct and old.load == load))
            ):  # fmt: skip
                vms[uuid] = old
                continue
            vms[uuid] = VM(
                old.key if old is not None else VMKey(host_id, uuid), machine.name, host_name, state, machine.reason,
                machine.facts, load, machine.ips if state.is_active else (), machine.started_at, True,
            )  # fmt: skip
        self._vms = vms
        raw_host = self._host_counters()
        figures = host_load(self._raw_host, raw_host)
        self._raw_host = raw_host
        self._load = replace(figures, tick_ms=1.5 + self._number, rpcs=self._load.rpcs + 3, ticks=self._load.ticks + 1)
        self._publish(vms=MappingProxyType(vms), details=details, sampled_at=wall, load=self._load)

    def _due(self) -> set[str]:
        """Whose turn it is to be asked."""
        whole, self._whole = self._whole, False
        return set(self._machines) if whole else whose_turn(tuple(self._machines), self._watch, self._load.ticks)

    def _host_counters(self) -> RawHost:
        active = [machine for machine in self._machines.values() if machine.state.is_active]
        busy = sum([machine.facts.vcpus * machine._busy for machine in active])
        seconds = 2.0
        self._cpu[0] += int(min(0.98, busy / CPUS) * seconds * CPUS * 1e9)
        self._cpu[1] += int(seconds * CPUS * 1e9)
        memory = sum([machine.facts.memory_kib for machine in active])
        return RawHost(
            self._cpu[0], self._cpu[1], min(MEMORY_KIB * 98 // 100, memory * 7 // 10 + (8 << 20)), busy / 2 + 0.3
        )

    def _run_calls(self) -> None:
        while True:
            with self._lock:
                if not self._calls:
                    return
                call, future = self._calls.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call(self._verbs)
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to who waits for the future
                future.set_exception(error)
            else:
                future.set_result(result)

    def _drop_calls(self, why: str) -> None:
        with self._lock:
            calls, self._calls = list(self._calls), deque()
        for _, future in calls:
            if future.set_running_or_notify_cancel():
                future.set_exception(ConnectError(why))

    def _on_change(self, machine: Machine, text: str) -> None:
        self._hurry = True
        self._still.pop(machine.uuid, None)
        self._tell(machine, text)

    def _tell(self, machine: Machine, text: str) -> None:
        level = "error" if "crashed" in text else "info"
        self._sink(
            HostEvent(
                self._clock.wall(), self.host.id, self.host.name, EventKind.LIFECYCLE, text,
                machine.uuid, machine.name, level,
            )
        )  # fmt: skip

    def _sink_host(self, text: str) -> None:
        level = "info" if text == "up" else "warning"
        self._sink(HostEvent(self._clock.wall(), self.host.id, self.host.name, EventKind.HOST, text, level=level))

    def _publish(self, **changes: Any) -> None:
        self._slot = replace(self._slot, host=self.host, rev=self._slot.rev + 1, **changes)
