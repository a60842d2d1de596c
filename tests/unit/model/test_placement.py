"""The host a tired person is offered first."""

from __future__ import annotations

from types import MappingProxyType

from limen_tui.model.host import Host, HostInfo, HostLoad, HostSnapshot, HostState
from limen_tui.model.placement import suggest_host, why_not

GIB = 1 << 20


def host(name: str, *, total: int = 64, used: int | None = 16, cpu: float | None = 10.0, kvm: bool | None = True,
         state: HostState = HostState.UP, **words: bool) -> HostSnapshot:  # fmt: skip
    return HostSnapshot(
        Host(name, name, f"test:///{name}", **words), state=state,  # type: ignore[arg-type]
        info=HostInfo(cpus=16, memory_kib=total * GIB, kvm=kvm),
        load=HostLoad(cpu_pct=cpu, mem_used_kib=None if used is None else used * GIB), vms=MappingProxyType({}),
    )  # fmt: skip


def names(*hosts: HostSnapshot, memory: int = 4, vcpus: int = 1) -> list[str]:
    return [found.name for found in suggest_host(hosts, memory_kib=memory * GIB, vcpus=vcpus)]


def test_the_emptier_host_comes_first():
    assert names(host("full", used=60), host("empty", used=4), host("half", used=32)) == ["empty", "half", "full"]
    assert names(host("busy", cpu=95), host("idle", cpu=1)) == ["idle", "busy"]


def test_what_fits_comes_before_what_is_faster():
    assert names(host("small", total=8, used=6, cpu=0), host("slow", kvm=False)) == ["slow", "small"]
    assert names(host("slow", kvm=False, used=1), host("kvm", used=50)) == ["kvm", "slow"]
    assert names(host("few"), host("few2"), vcpus=17) == ["few", "few2"], "none has the CPUs: both are still offered"


def test_hosts_that_cannot_are_left_out_and_it_is_said_why():
    cannot = {
        "down": host("a", state=HostState.DOWN), "read-only": host("b", read_only=True),
        "disabled": host("c", enabled=False), "needs-auth": host("d", state=HostState.NEEDS_AUTH),
        "connecting": host("e", state=HostState.CONNECTING), "stale": host("f", state=HostState.STALE),
    }  # fmt: skip
    assert names(*cannot.values()) == []
    assert {why_not(each): each for each in cannot.values()} == cannot
    assert why_not(host("g")) == ""


def test_the_reason_says_what_was_weighed():
    (found,) = suggest_host([host("kvm1", used=52, cpu=7.0, kvm=False)], memory_kib=4 * GIB)
    assert found.reason == "12 GiB of 64 GiB memory free, CPU 7 % busy, 0 VMs running, no KVM: slow"
    assert found.fits
    (tight,) = suggest_host([host("kvm1", used=62)], memory_kib=4 * GIB)
    assert not tight.fits


def test_a_host_that_says_nothing_of_itself_is_the_last_choice():
    silent = HostSnapshot(Host("s", "s", "test:///s"), state=HostState.UP)
    assert names(silent, host("known", used=20)) == ["known", "s"]
    assert suggest_host([silent])[0].reason == "0 VMs running"
    assert suggest_host([]) == ()


def test_equals_are_in_the_order_of_their_names():
    assert names(host("b"), host("a"), host("c")) == ["a", "b", "c"]
