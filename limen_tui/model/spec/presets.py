"""Sizes by name: the built-in ones; the user's own come from config.toml. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from limen_tui.model.spec.kinds import BYTES, KIB
from limen_tui.model.spec.vm import GIB_KIB, VMSpec

_GIB: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Preset:
    """vCPUs, memory and the boot disk's size."""

    vcpus: int = 1
    memory_kib: int = KIB(GIB_KIB)
    disk: int = BYTES(20 * _GIB)


PRESETS: Final[Mapping[str, Preset]] = MappingProxyType({
    "tiny": Preset(1, GIB_KIB // 2, 5 * _GIB),
    "small": Preset(1, 2 * GIB_KIB, 20 * _GIB),
    "medium": Preset(2, 4 * GIB_KIB, 40 * _GIB),
    "large": Preset(4, 8 * GIB_KIB, 80 * _GIB),
})  # fmt: skip


def apply_preset(spec: VMSpec, preset: Preset) -> VMSpec:
    """``spec`` with the preset's size: maximums and topology are dropped, a new boot disk is made as large."""
    disk = spec.boot_disk
    disks = spec.disks
    if disk is not None and not disk.existing:
        disks = tuple(replace(each, capacity=preset.disk) if each is disk else each for each in disks)
    return replace(spec, vcpus=preset.vcpus, vcpus_max=0, topology=None, memory_kib=preset.memory_kib,
                   memory_max_kib=0, disks=disks)  # fmt: skip
