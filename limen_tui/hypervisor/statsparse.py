"""libvirt's typed parameters of the bulk call -> :class:`RawVM`. Pure, but for the package it is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen_tui.model.samples import RawDisk, RawHost, RawNic, RawVM


def raw_vm(uuid: str, name: str, params: Mapping[str, Any]) -> RawVM:
    """One VM's record of virConnectGetAllDomainStats. Missing keys become ``None``."""
    get = params.get
    vcpus = _vcpu_count(params)
    return RawVM(
        uuid=uuid,
        name=name,
        state=get("state.state", 0),
        reason=get("state.reason", 0),
        cpu_time_ns=get("cpu.time"),
        vcpus=get("vcpu.current"),
        vcpus_max=get("vcpu.maximum"),
        vcpu_time_ns=tuple(get(f"vcpu.{n}.time") for n in range(vcpus)),
        vcpu_delay_ns=tuple(get(f"vcpu.{n}.delay") for n in range(vcpus)),
        balloon_current_kib=get("balloon.current"),
        balloon_max_kib=get("balloon.maximum"),
        balloon_unused_kib=get("balloon.unused"),
        balloon_available_kib=get("balloon.available"),
        balloon_usable_kib=get("balloon.usable"),
        balloon_rss_kib=get("balloon.rss"),
        balloon_last_update=get("balloon.last-update"),
        disks=tuple(_disk(params, f"block.{n}.") for n in range(get("block.count", 0))),
        nics=tuple(_nic(params, f"net.{n}.") for n in range(get("net.count", 0))),
        balloon_caches_kib=get("balloon.disk_caches"),
        balloon_swap_in_kib=get("balloon.swap_in"),
        balloon_swap_out_kib=get("balloon.swap_out"),
    )


def _vcpu_count(params: Mapping[str, Any]) -> int:
    # holes are normal: with vCPUs 0 and 2 plugged, "current" is 2 and the figures are vcpu.0 and vcpu.2
    if "vcpu.current" not in params or not params.get("state.state"):
        return 0
    top = int(params.get("vcpu.maximum", params["vcpu.current"]))
    while top > 0 and f"vcpu.{top - 1}.time" not in params and f"vcpu.{top - 1}.state" not in params:
        top -= 1
    return top


def _disk(params: Mapping[str, Any], at: str) -> RawDisk:
    get = params.get
    return RawDisk(
        name=str(get(at + "name", "")),
        rd_bytes=get(at + "rd.bytes"),
        wr_bytes=get(at + "wr.bytes"),
        rd_reqs=get(at + "rd.reqs"),
        wr_reqs=get(at + "wr.reqs"),
        rd_time_ns=get(at + "rd.times"),
        wr_time_ns=get(at + "wr.times"),
        capacity=get(at + "capacity"),
        allocation=get(at + "allocation"),
        physical=get(at + "physical"),
    )


def _nic(params: Mapping[str, Any], at: str) -> RawNic:
    get = params.get
    return RawNic(
        name=str(get(at + "name", "")),
        rx_bytes=get(at + "rx.bytes"),
        tx_bytes=get(at + "tx.bytes"),
        rx_pkts=get(at + "rx.pkts"),
        tx_pkts=get(at + "tx.pkts"),
        rx_drop=get(at + "rx.drop"),
        tx_drop=get(at + "tx.drop"),
    )


def raw_host(cpu: Mapping[str, int] | None, memory: Mapping[str, int] | None, load1: float | None) -> RawHost:
    """Host figures from virNodeGetCPUStats (ns) and virNodeGetMemoryStats (KiB)."""
    busy = total = used = None
    if cpu and "idle" in cpu:
        busy = cpu.get("user", 0) + cpu.get("kernel", 0) + cpu.get("intr", 0)
        total = busy + cpu["idle"] + cpu.get("iowait", 0)
    if memory and "total" in memory and "free" in memory:
        spare = memory["free"] + memory.get("buffers", 0) + memory.get("cached", 0)
        used = max(0, memory["total"] - spare)
    return RawHost(busy, total, used, load1)
