"""Sort keys of the VM table: natural order for names, unknown last or first as figures need. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final

from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM

_DIGITS: Final = re.compile(r"(\d{1,18})")
_STATE_ORDER: Final = {
    state: place
    for place, state in enumerate((
        VMState.CRASHED, VMState.ERROR, VMState.STARTING, VMState.STOPPING, VMState.SAVING, VMState.MIGRATING,
        VMState.PENDING, VMState.PAUSED, VMState.SUSPENDED, VMState.RUNNING, VMState.STOPPED, VMState.TERMINATED,
        VMState.UNKNOWN,
    ))
}  # fmt: skip

NaturalKey = tuple[tuple[int, int, str], ...]


def natural(text: str) -> NaturalKey:
    """``web2`` before ``web10``, whatever the case; digits before letters."""
    return tuple(
        (0, int(part), "") if part[0].isdecimal() else (1, 0, part) for part in _DIGITS.split(text.casefold()) if part
    )


def figure(value: float | None) -> float:
    """Unknown below every figure."""
    return -1.0 if value is None else float(value)


def pair(first: float | None, second: float | None) -> float:
    """The sum of two rates, unknown below every figure."""
    return -1.0 if first is None and second is None else (first or 0.0) + (second or 0.0)


def state(vm: VM) -> tuple[int, bool]:
    """What needs a person first."""
    return _STATE_ORDER[vm.state], vm.stale


def address(vm: VM) -> tuple[int, int]:
    """By the number of the first address, IPv4 first, none last."""
    for text in vm.ips:
        try:
            value = ip_address(text)
        except ValueError:
            continue
        return value.version, int(value)
    return 9, 0
