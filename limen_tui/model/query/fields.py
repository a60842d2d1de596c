"""What a filter can ask of a VM, by key. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from limen_tui.errors import InputError
from limen_tui.model.lifecycle import VMState
from limen_tui.model.units import parse_size
from limen_tui.model.vm import VM
from limen_tui.model.workspace import workspace_of

Texts = Callable[[VM], Iterable[str]]
Figure = Callable[[VM, float], float | None]
"""A VM and the Unix time now -> a number, or ``None`` when it is not known."""

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw]?)", re.IGNORECASE)
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

TEXTS: Final[Mapping[str, Texts]] = {
    "name": lambda vm: (vm.name, vm.facts.title),
    "host": lambda vm: (vm.host_name,),
    "tag": lambda vm: vm.facts.tags,
    "workspace": lambda vm: (workspace_of(vm.facts.tags),),
    "ip": lambda vm: vm.ips,
    "mac": lambda vm: (nic.mac for nic in vm.facts.nics),
    "uuid": lambda vm: (vm.key.uuid,),
    "os": lambda vm: (vm.facts.os,),
    "net": lambda vm: (nic.source for nic in vm.facts.nics),
    "path": lambda vm: (disk.source for disk in vm.facts.disks),
    "kind": lambda vm: (vm.facts.kind,),
    "machine": lambda vm: (vm.facts.machine,),
    "firmware": lambda vm: (vm.facts.firmware,),
    "reason": lambda vm: (vm.reason,),
    "description": lambda vm: (vm.facts.description,),
}
"""Keys whose value is looked for as a part of the text, without regard to case."""

FLAGS: Final[Mapping[str, Callable[[VM], bool]]] = {
    "autostart": lambda vm: vm.facts.autostart,
    "agent": lambda vm: vm.facts.has_agent,
    "persistent": lambda vm: vm.facts.persistent,
    "stale": lambda vm: vm.stale,
    "active": lambda vm: vm.state.is_active,
}
"""Keys whose value is ``yes`` or ``no``."""

FIGURES: Final[Mapping[str, Figure]] = {
    "cpu": lambda vm, _: vm.load.cpu_pct,
    "mem": lambda vm, _: vm.load.mem_pct,
    "ram": lambda vm, _: vm.facts.memory_kib * 1024.0,
    "used": lambda vm, _: None if vm.load.mem_used_kib is None else vm.load.mem_used_kib * 1024.0,
    "vcpu": lambda vm, _: float(vm.facts.vcpus),
    "disk": lambda vm, _: _both(vm.load.disk_rd_bps, vm.load.disk_wr_bps),
    "iops": lambda vm, _: _both(vm.load.disk_rd_iops, vm.load.disk_wr_iops),
    "net": lambda vm, _: _both(vm.load.net_rx_bps, vm.load.net_tx_bps),
    "steal": lambda vm, _: vm.load.steal_pct,
    "uptime": lambda vm, now: None if vm.started_at is None else now - vm.started_at,
    "disks": lambda vm, _: float(len(vm.facts.disks)),
    "nics": lambda vm, _: float(len(vm.facts.nics)),
}
"""Keys that are compared. ``net`` is both: ``net:prod`` is a network, ``net>1M`` a rate."""

SIZES: Final = frozenset({"ram", "used", "disk", "net"})
TIMES: Final = frozenset({"uptime"})
STATES: Final[Mapping[str, frozenset[VMState]]] = {
    **{state.value: frozenset({state}) for state in VMState},
    "on": frozenset({VMState.RUNNING}),
    "off": frozenset({VMState.STOPPED}),
    "saved": frozenset({VMState.SUSPENDED}),
    "busy": frozenset(state for state in VMState if state.is_transitional),
    "trouble": frozenset({VMState.CRASHED, VMState.ERROR, VMState.UNKNOWN}),
}
KEYS: Final = tuple(sorted({"state", *TEXTS, *FLAGS, *FIGURES}))


def number(key: str, text: str) -> float:
    """What a figure is compared with: ``80``, ``80%``, ``10M`` (bytes per second or bytes), ``3d``.

    Raises ``InputError`` for what is none.
    """
    if key in TIMES:
        match = _DURATION.fullmatch(text)
        if match is None:
            raise InputError(f"{text!r} is not a time", hint="Examples: 90s, 15m, 2h, 3d")
        return float(match[1]) * _SECONDS[match[2].lower()]
    if key in SIZES:
        return 0.0 if text.strip("0.") == "" else float(parse_size(text.removesuffix("/s")))
    try:
        value = float(text.rstrip("%"))
    except ValueError as error:
        raise InputError(f"{text!r} is not a number", hint=f"Example: {key}>80") from error
    if math.isnan(value):
        raise InputError(f"{text!r} is not a number", hint=f"Example: {key}>80")
    return value


def _both(one: float | None, other: float | None) -> float | None:
    return None if one is None and other is None else (one or 0.0) + (other or 0.0)
