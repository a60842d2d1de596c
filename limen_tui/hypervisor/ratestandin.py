"""Stand-in until model.stats lands."""

from __future__ import annotations

from limen_tui.model.host import HostLoad
from limen_tui.model.samples import RawHost, RawSample
from limen_tui.model.vm import VMLoad


class RateMeter:
    def __init__(self) -> None:
        self._last: dict[str, tuple[float, int]] = {}

    def update(self, sample: RawSample) -> dict[str, VMLoad]:
        loads = {}
        last, self._last = self._last, {}
        for vm in sample.vms:
            pct = None
            if vm.cpu_time_ns is not None:
                self._last[vm.uuid] = (sample.mono, vm.cpu_time_ns)
                if vm.uuid in last and sample.mono > last[vm.uuid][0]:
                    mono, ns = last[vm.uuid]
                    pct = max(0.0, min(100.0, (vm.cpu_time_ns - ns) / 1e7 / (sample.mono - mono) / (vm.vcpus or 1)))
            loads[vm.uuid] = VMLoad(cpu_pct=pct, mem_assigned_kib=vm.balloon_current_kib, rss_kib=vm.balloon_rss_kib)
        return loads


def host_load(_prev: RawHost | None, cur: RawHost) -> HostLoad:
    return HostLoad(mem_used_kib=cur.mem_used_kib, load1=cur.load1)
