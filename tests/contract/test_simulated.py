"""What the simulation does beyond the contract: its characters, its weather, its thread."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from limen_tui.errors import StepFailed
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.hypervisor.simulated.catalogue import BROKEN, CRASHY, STUBBORN
from limen_tui.model.events import HostEvent
from limen_tui.model.host import HostState
from limen_tui.model.lifecycle import Verb, VMState
from limen_tui.model.ports import Watch


class World:
    """A fleet in told time, with all its ports connected."""

    def __init__(self, **options) -> None:
        self.events: list[HostEvent] = []
        self.fleet = simulated_fleet(manual=True, **options)
        self.ports = [self.fleet.connector(host, self.events.append) for host in self.fleet.hosts]
        for port in self.ports:
            port.start()
            port.watch(Watch(interval=1.0))
        self.fleet.advance(3)

    def find(self, name: str):
        return next((p, vm) for p in self.ports for vm in p.snapshot.vms.values() if vm.name == name)

    def act(self, name: str, verb: Verb):
        port, vm = self.find(name)
        future = port.submit(lambda verbs: verbs.lifecycle(verb, vm.key.uuid))
        self.fleet.advance(0)
        return future


def test_six_hosts_and_120_vms_by_default() -> None:
    world = World()
    assert len(world.ports) == 6
    vms = [vm for port in world.ports for vm in port.snapshot.vms.values()]
    assert len(vms) == len({vm.key for vm in vms}) == 120
    assert 60 < sum(vm.state is VMState.RUNNING for vm in vms) < 120
    assert len({vm.facts.nics[0].mac for vm in vms}) == 120


def test_a_seed_makes_the_same_day_again() -> None:
    def day(seed: int) -> list[object]:
        world = World(seed=seed, hosts=2, vms=10)
        world.fleet.advance(30)
        return [(vm.name, vm.state, vm.load) for port in world.ports for vm in port.snapshot.vms.values()]

    assert day(3) == day(3)
    assert day(3) != day(4)


def test_load_moves_and_stays_within_its_bounds() -> None:
    world = World(hosts=1, vms=20, flaky=0)
    seen = set()
    for _ in range(20):
        world.fleet.advance(1)
        for vm in world.ports[0].snapshot.vms.values():
            if vm.state is VMState.RUNNING:
                assert 0.0 < vm.load.cpu_pct <= 100.0
                assert 0.0 < vm.load.mem_pct <= 100.0
                assert vm.load.net_rx_bps > 0
                seen.add(vm.load.cpu_pct)
        assert 0.0 < world.ports[0].snapshot.load.cpu_pct <= 100.0
    assert len(seen) > 100


def test_one_ignores_its_shutdown_one_cannot_start_one_crashes() -> None:
    world = World(seed=1)
    if world.find(STUBBORN)[1].state is not VMState.RUNNING:
        world.act(STUBBORN, Verb.START).result(0)
        world.fleet.advance(5)
    world.act(STUBBORN, Verb.SHUTDOWN).result(0)
    world.fleet.advance(30)
    assert world.find(STUBBORN)[1].state is VMState.RUNNING

    error = world.act(BROKEN, Verb.START).exception(0)
    assert isinstance(error, StepFailed)
    assert "No such file" in error.detail
    assert error.hint

    if world.find(CRASHY)[1].state is not VMState.RUNNING:
        world.act(CRASHY, Verb.START).result(0)
    world.fleet.advance(310, 1.0)
    crash = [event for event in world.events if event.vm_name == CRASHY and event.text.startswith("crashed")]
    assert crash
    assert crash[-1].level == "error"


def test_a_start_takes_its_time() -> None:
    world = World(hosts=1, vms=12, flaky=0)
    vm = next(vm for vm in world.ports[0].snapshot.vms.values() if vm.state is VMState.STOPPED)
    world.act(vm.name, Verb.START).result(0)
    world.fleet.advance(1)
    assert world.find(vm.name)[1].state is VMState.STOPPED
    world.fleet.advance(3)
    assert world.find(vm.name)[1].state is VMState.RUNNING


def test_the_flaky_host_goes_and_comes_back() -> None:
    world = World(hosts=2, vms=8)
    steady, flaky = world.ports
    seen = []
    for _ in range(130):
        world.fleet.advance(1)
        snapshot = flaky.snapshot
        if not seen or seen[-1] is not snapshot.state:
            seen.append(snapshot.state)
        fair = snapshot.state is HostState.UP
        assert (snapshot.problem is None) is fair
        assert (snapshot.retry_at is not None) is (snapshot.state is HostState.DOWN)
        assert steady.snapshot.state is HostState.UP
        if not fair:
            assert len(snapshot.vms) == 4, "what was known stays in sight"
            assert all(vm.stale for vm in snapshot.vms.values())
    assert seen == [HostState.UP, HostState.STALE, HostState.DOWN, HostState.UP]
    assert not any(vm.stale for vm in flaky.snapshot.vms.values())


def test_a_refresh_of_a_host_that_never_answers_leaves_nothing_to_do() -> None:
    # the thread does not sleep while something is asked for: a wish that nobody grants would keep a core busy
    world = World(hosts=2, vms=8, flaky=0, hung=1)
    hung = world.ports[1]
    for end in (lambda: None, hung.close):
        end()
        hung.refresh()
        world.fleet.advance(0)
        assert not hung._hurry
    assert hung.snapshot.state is HostState.CONNECTING


def test_with_its_own_thread_it_answers_and_ends() -> None:
    fleet = simulated_fleet(hosts=2, vms=8, flaky=0, hung=1)
    told = threading.Event()
    up, hung = (fleet.connector(host, lambda event: told.set()) for host in fleet.hosts)
    for port in (up, hung):
        port.start()
    assert told.wait(20)
    assert len(up.submit(lambda verbs: verbs.pools()).result(20)) == 3
    for port in (up, hung):
        port.close()
        assert port.join(20)


def test_it_works_where_libvirt_is_not_installed() -> None:
    code = """
import sys
sys.modules['libvirt'] = None
from limen_tui.hypervisor.simulated import simulated_fleet
fleet = simulated_fleet(manual=True)
ports = [fleet.connector(host, lambda event: None) for host in fleet.hosts]
for port in ports: port.start()
fleet.advance(3)
print(sum(len(port.snapshot.vms) for port in ports))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("120", "")


@pytest.mark.parametrize("size", [(40, 10_000)])
def test_a_large_fleet_is_whole(size: tuple[int, int]) -> None:
    world = World(hosts=size[0], vms=size[1], hung=1)
    shown = [len(port.snapshot.vms) for port in world.ports]
    assert sum(shown) == size[1] - 250
    assert shown[-1] == 0
