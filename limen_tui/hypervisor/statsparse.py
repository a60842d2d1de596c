"""libvirt's typed parameters of the bulk call -> :class:`RawVM`. Pure, but for the package it is in.

A tick of a large fleet reads a million parameters: their names are made once, and looked up without a line of Python
for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeVar

from limen_tui.model.samples import RawDisk, RawHost, RawNic, RawVM

_HEAD: Final = ("state.state", "state.reason", "cpu.time", "vcpu.current", "vcpu.maximum", "block.count", "net.count")
_BALLOON: Final = tuple(
    f"balloon.{what}" for what in ("current", "maximum", "unused", "available", "usable", "rss", "last-update")
)
_CACHES: Final = ("balloon.disk_caches", "balloon.swap_in", "balloon.swap_out")

Device = TypeVar("Device", RawDisk, RawNic)


def raw_vm(
    uuid: str, name: str, params: Mapping[str, Any], *, vcpus: int | None = None, each: bool = True
) -> RawVM:
    """One VM's record of virConnectGetAllDomainStats. Missing keys become ``None``.

    ``vcpus`` is what there were when they were counted last, for a record that does not say; without ``each``, the
    figures of each vCPU are left out.
    """
    get = params.get
    state, reason, cpu_time, current, maximum, disks, nics = map(get, _HEAD)
    times: tuple[int | None, ...] = ()
    delays: tuple[int | None, ...] = ()
    if each and current is not None and state:
        count = _vcpu_count(params, current if maximum is None else maximum)
        times, delays = tuple(map(get, _vcpu_keys(count, "time"))), tuple(map(get, _vcpu_keys(count, "delay")))
    return RawVM._make((
        uuid, name, state or 0, reason or 0, cpu_time, vcpus if current is None else current, maximum,
        times, delays, *map(get, _BALLOON),
        tuple([_named(RawDisk._make(map(get, _disk_keys(number)))) for number in range(disks)]) if disks else (),
        tuple([_named(RawNic._make(map(get, _nic_keys(number)))) for number in range(nics)]) if nics else (),
        *map(get, _CACHES),
    ))  # fmt: skip


def _vcpu_count(params: Mapping[str, Any], most: int) -> int:
    """vCPUs up to the last one of which there are figures: with vCPUs 0 and 2 plugged, these are vcpu.0 and vcpu.2."""
    times, states = _vcpu_keys(most, "time"), _vcpu_keys(most, "state")
    while most > 0 and times[most - 1] not in params and states[most - 1] not in params:
        most -= 1
    return most


@cache
def _vcpu_keys(count: int, what: str) -> tuple[str, ...]:
    return tuple(f"vcpu.{n}.{what}" for n in range(count))


@cache
def _disk_keys(number: int) -> tuple[str, ...]:
    fields = ("name", "rd.bytes", "wr.bytes", "rd.reqs", "wr.reqs", "rd.times", "wr.times", "capacity", "allocation",
              "physical")  # fmt: skip
    return tuple(f"block.{number}.{field}" for field in fields)


@cache
def _nic_keys(number: int) -> tuple[str, ...]:
    fields = ("name", "rx.bytes", "tx.bytes", "rx.pkts", "tx.pkts", "rx.drop", "tx.drop")
    return tuple(f"net.{number}.{field}" for field in fields)


def _named(device: Device) -> Device:
    return device if device.name is not None else device._replace(name="")


def raw_host(cpu: Mapping[str, int] | None, memory: Mapping[str, int] | None, load1: float | None) -> RawHost:
    """Host figures from virNodeGetCPUStats (ns) and virNodeGetMemoryStats (KiB)."""
    busy = total = used = most = None
    if cpu and "idle" in cpu:
        busy = cpu.get("user", 0) + cpu.get("kernel", 0) + cpu.get("intr", 0)
        total = busy + cpu["idle"] + cpu.get("iowait", 0)
    if memory and "total" in memory and "free" in memory:
        spare = memory["free"] + memory.get("buffers", 0) + memory.get("cached", 0)
        most = memory["total"]
        used = max(0, most - spare)
    return RawHost(busy, total, used, load1, most)
