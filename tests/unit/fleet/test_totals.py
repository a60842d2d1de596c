"""Sums over hosts: only hosts that changed are summed anew, and only those that answer count as capacity."""

from __future__ import annotations

from dataclasses import replace

from limen_tui.fleet.view import Totaller
from limen_tui.model.host import Host, HostInfo, HostLoad, HostSnapshot, HostState
from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM, VMFacts, VMKey


def snapshot(name: str, states: list[VMState], state: HostState = HostState.UP) -> HostSnapshot:
    host = Host(name, name, "test:///default")
    facts = VMFacts(vcpus=2, memory_kib=1024)
    vms = {str(n): VM(VMKey(name, str(n)), f"vm{n}", name, each, facts=facts) for n, each in enumerate(states)}
    return HostSnapshot(host, state=state, info=HostInfo(cpus=8, memory_kib=4096), load=HostLoad(50.0, 1000), vms=vms)


def test_hosts_that_do_not_answer_are_no_capacity() -> None:
    up = snapshot("a", [VMState.RUNNING, VMState.CRASHED, VMState.STOPPED])
    down = snapshot("b", [VMState.RUNNING] * 3, HostState.DOWN)
    totals = Totaller().total([up, down])
    assert (totals.hosts, totals.hosts_up, totals.vms, totals.running, totals.troubled) == (2, 1, 6, 4, 1)
    assert (totals.cpus, totals.vcpus_running, totals.mem_kib, totals.mem_running_kib) == (8, 2, 4096, 1024)


def test_only_hosts_that_changed_are_summed_anew() -> None:
    totaller = Totaller()
    one, two = snapshot("a", [VMState.RUNNING]), snapshot("b", [VMState.RUNNING])
    assert totaller.total([one, two]).running == 2

    class Untouchable(dict[str, VM]):
        """Fails when somebody walks over it."""

        def values(self):  # type: ignore[no-untyped-def]
            raise AssertionError("summed again")

    shut = Untouchable(one.vms)
    totaller._kept["a"] = shut, *totaller._kept["a"][1:]
    changed = replace(two, vms={key: replace(vm, state=VMState.STOPPED) for key, vm in two.vms.items()})
    assert totaller.total([replace(one, vms=shut), changed]).running == 1
