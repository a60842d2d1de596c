"""Sizes and limits as people type them, into a wish, and back. Pure; any thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Final

from limen_tui.errors import InputError
from limen_tui.model.sizes import disk_bytes, to_text
from limen_tui.model.units import clean, parse_size
from limen_tui.model.verbs.devices import DiskLimits, NicLimits

NONE: Final = frozenset({"", "none", "no", "0", "-"})
_DISK: Final = {
    "total": "total_bytes", "read": "read_bytes", "write": "write_bytes",
    "iops": "total_iops", "read-iops": "read_iops", "write-iops": "write_iops",
}  # fmt: skip
_NIC: Final = {"in": "inbound_kib", "out": "outbound_kib"}
MOST_IOPS: Final = 10**9


def count_of(text: str) -> int:
    """A whole number. Raises ``InputError``."""
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise InputError(f"{clean(text)!r} is not a number of vCPUs", hint="Examples: 1, 4, 16")
    return int(text)


def disk_limits_of(text: str) -> DiskLimits:
    """``read:50M,write:20M,iops:500``; empty or ``none`` is no limit. Raises ``InputError``."""
    found: dict[str, int] = {}
    for name, value in _pairs(text, _DISK):
        field = _DISK[name]
        found[field] = _iops(value) if field.endswith("iops") else _bytes(value)
    return DiskLimits(**found)


def nic_limits_of(text: str) -> NicLimits:
    """``in:10M,out:5M``; empty or ``none`` is no limit. Raises ``InputError``."""
    return NicLimits(**{_NIC[name]: max(1, _bytes(value) // 1024) for name, value in _pairs(text, _NIC)})


def _pairs(text: str, names: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    if text.strip().lower() in NONE:
        return
    seen = set()
    for part in text.replace(";", ",").replace(" ", ",").split(","):
        if not part:
            continue
        name, colon, value = part.partition(":")
        name = name.strip().lower()
        if not colon or name not in names or name in seen:
            raise InputError(f"{clean(part)!r} is not a limit",
                             hint=f"Examples: {', '.join(f'{each}:10M' for each in names if 'iops' not in each)}"
                                  f"{', iops:500' if 'iops' in names else ''}, none")  # fmt: skip
        seen.add(name)
        yield name, value


def _bytes(text: str) -> int:
    count = parse_size(text.removesuffix("/s"))
    if count < 1024:
        raise InputError(f"{clean(text)!r} a second is too little", hint="Examples: 512K, 10M")
    return count


def _iops(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:12]) <= MOST_IOPS):
        raise InputError(f"{clean(text)!r} is not a number of requests a second", hint="Example: 500")
    return int(text)


def disk_limits_typed(limits: DiskLimits) -> str:
    """As :func:`disk_limits_of` reads it; empty for none."""
    names = {field: name for name, field in _DISK.items()}
    return ",".join(
        f"{names[each.name]}:{value if each.name.endswith('iops') else to_text(value)}"
        for each in fields(limits) if (value := getattr(limits, each.name))
    )  # fmt: skip


def nic_limits_typed(limits: NicLimits) -> str:
    """As :func:`nic_limits_of` reads it; empty for none."""
    both = (("in", limits.inbound_kib), ("out", limits.outbound_kib))
    return ",".join(f"{name}:{to_text(kib, unit='KiB')}" for name, kib in both if kib)


def named_sizes(words: Iterable[str]) -> dict[str, int]:
    """``vda=40G`` and the like. Raises ``InputError``."""
    found = {}
    for target, size in named(words, "vda=40G"):
        found[target] = disk_bytes(size)
    return found


def named(words: Iterable[str], example: str) -> Iterable[tuple[str, str]]:
    """``name=value`` pairs. Raises ``InputError``."""
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise InputError(f"{clean(word)!r} is not understood", hint=f"Example: {example}")
        yield name, value
