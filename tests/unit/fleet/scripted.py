"""A host whose every word the test scripts: what the fleet does with it is what is tested, not the host."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from limen_tui.model.events import HostEvent
from limen_tui.model.host import Host, HostSnapshot, HostState
from limen_tui.model.lifecycle import Verb, VMState
from limen_tui.model.ports import EventSink, Priority, Watch
from limen_tui.model.vm import VM, VMKey


class FakeClock:
    """Time that stands still until told."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def wall(self) -> float:
        return self.now

    def mono(self) -> float:
        return self.now


class Recorder:
    """Stands for the host's verbs: notes what was asked, fails as told."""

    def __init__(self, port: ScriptedPort) -> None:
        self.port = port

    def lifecycle(self, verb: Verb, uuid: str) -> None:
        self.port.asked.append((verb, uuid))
        if error := self.port.failures.get(uuid):
            raise error

    def set_autostart(self, uuid: str, on: bool) -> None:
        self.port.asked.append((on, uuid))


class ScriptedPort:
    """Implements HostPort. Calls wait until ``run`` lets them through, one by one."""

    def __init__(self, host: Host, sink: EventSink, clock: FakeClock) -> None:
        self.host, self.sink, self.clock = host, sink, clock
        self.snapshot = HostSnapshot(host)
        self.asked: list[tuple[Any, str]] = []
        self.failures: dict[str, Exception] = {}
        self.waiting: list[tuple[Callable[[Any], Any], Future[Any]]] = []
        self.started = self.closed = False
        self.refreshed = 0
        self.watched: list[Watch] = []

    def show(self, *, state: HostState = HostState.UP, **vms: VMState | VM) -> None:
        """The next snapshot: VMs by name; their UUID is their name."""
        made = {
            name: vm if isinstance(vm, VM) else VM(VMKey(self.host.id, name), name, self.host.name, vm)
            for name, vm in vms.items()
        }
        self.clock.now += 0.001
        self.snapshot = replace(
            self.snapshot, rev=self.snapshot.rev + 1, state=state, vms=made, sampled_at=self.clock.now, host=self.host
        )

    def state(self, state: HostState) -> None:
        self.snapshot = replace(self.snapshot, rev=self.snapshot.rev + 1, state=state)

    def tell(self, event: HostEvent) -> None:
        self.sink(event)

    def run(self, count: int = 1000) -> None:
        """Let up to ``count`` waiting calls through."""
        for _ in range(count):
            if not self.waiting:
                return
            call, future = self.waiting.pop(0)
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call(Recorder(self))
            except Exception as error:  # noqa: BLE001 - it belongs to who waits for the future
                future.set_exception(error)
            else:
                future.set_result(result)

    def start(self) -> None:
        self.started = True

    def watch(self, watch: Watch) -> None:
        self.watched.append(watch)

    def refresh(self) -> None:
        self.refreshed += 1

    def submit(self, call: Callable[[Any], Any], *, priority: Priority = Priority.USER) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((call, future))
        return future

    def rename(self, host: Host) -> None:
        self.host = host
        self.snapshot = replace(self.snapshot, host=host, rev=self.snapshot.rev + 1)

    def close(self) -> None:
        self.closed = True

    def join(self, timeout: float) -> bool:
        return self.closed
