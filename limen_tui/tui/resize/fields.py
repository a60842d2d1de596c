"""The fields of the resize form, and the wish that what is typed in them means. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from limen_tui.errors import InputError
from limen_tui.model.resize import Situation, Wish, sizes_of
from limen_tui.model.resize.typed import (
    count_of,
    disk_limits_of,
    disk_limits_typed,
    nic_limits_of,
    nic_limits_typed,
)
from limen_tui.model.sizes import disk_bytes, memory_kib, to_text
from limen_tui.model.units import clean
from limen_tui.model.vm import VM
from limen_tui.model.xml.devices import read_disks, read_nics

NO_LIMIT: Final = "read:50M,iops:500"
NO_RATE: Final = "in:10M,out:5M"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the form."""

    id: str
    """DOM id, made of our own words and numbers."""
    kind: str
    """``vcpus``, ``vcpus-max``, ``memory``, ``memory-max``, ``disk``, ``disk-limits``, ``nic-limits``."""
    label: str
    text: str
    """As it is now; what is still so is not wished."""
    target: str = ""
    hint: str = ""


def compute_fields(vm: VM) -> tuple[Field, ...]:
    """Those that are known before the host has answered."""
    facts = vm.facts
    return _compute(facts.vcpus, facts.vcpus_max, facts.memory_kib, facts.memory_max_kib)


def all_fields(situation: Situation) -> tuple[Field, ...]:
    """Those of a VM that was looked at. Raises ``InputError`` for XML that cannot be read."""
    shown = situation.config_xml or situation.live_xml
    sizes = sizes_of(shown)
    fields = list(_compute(sizes.vcpus, sizes.vcpus_max, sizes.memory_kib, sizes.memory_max_kib))
    devices = situation.live_xml or shown
    for number, disk in enumerate(disk for disk in read_disks(devices) if disk.device == "disk"):
        known = situation.disks.get(disk.target)
        if known is not None:
            fields.append(Field(f"disk-{number}", "disk", f"Disk {clean(disk.target)}", to_text(known.capacity),
                                disk.target, "only grows"))  # fmt: skip
        fields.append(Field(f"disk-limits-{number}", "disk-limits", f"{clean(disk.target)} limits",
                            disk_limits_typed(disk.limits), disk.target, NO_LIMIT))  # fmt: skip
    for number, nic in enumerate(read_nics(devices)):
        if nic.mac:
            fields.append(Field(f"nic-limits-{number}", "nic-limits", f"{clean(nic.mac[-8:])} limits",
                                nic_limits_typed(nic.limits), nic.mac, NO_RATE))  # fmt: skip
    return tuple(fields)


def _compute(vcpus: int, vcpus_max: int, memory: int, memory_max: int) -> tuple[Field, ...]:
    return (
        Field("vcpus", "vcpus", "vCPUs", str(vcpus)),
        Field("vcpus-max", "vcpus-max", "  at most", str(vcpus_max), hint="what it can be given while it runs"),
        Field("memory", "memory", "Memory", to_text(memory, unit="KiB")),
        Field("memory-max", "memory-max", "  at most", to_text(memory_max, unit="KiB"),
              hint="what it can be given while it runs"),
    )  # fmt: skip


_READ: Final = {
    "vcpus": count_of, "vcpus-max": count_of, "memory": memory_kib, "memory-max": memory_kib, "disk": disk_bytes,
    "disk-limits": disk_limits_of, "nic-limits": nic_limits_of,
}  # fmt: skip
_PLAIN: Final = {"vcpus": "vcpus", "vcpus-max": "vcpus_max", "memory": "memory_kib", "memory-max": "memory_max_kib"}
_MAPS: Final = {"disk": "disks", "disk-limits": "disk_limits", "nic-limits": "nic_limits"}


def wish_of(fields: tuple[Field, ...], texts: Mapping[str, str]) -> tuple[Wish, dict[str, InputError]]:
    """The wish, and by field what is wrong with what was typed there."""
    plain: dict[str, Any] = {}
    maps: dict[str, Any] = {name: {} for name in _MAPS.values()}
    wrong: dict[str, InputError] = {}
    for field in fields:
        text = texts.get(field.id, field.text).strip()
        if text == field.text or (not text and field.kind in _PLAIN):
            continue
        try:
            value = _READ[field.kind](text)
        except InputError as error:
            wrong[field.id] = error
            continue
        if field.kind in _PLAIN:
            plain[_PLAIN[field.kind]] = value
        else:
            maps[_MAPS[field.kind]][field.target] = value
    return Wish(**plain, **maps), wrong
