"""What a check says, and what it is told of the host. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from limen_tui.model.xml.domcaps import ASSUMED, DomainCaps


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say beside one field."""

    field: str
    """The key as in TOML: ``vcpus``, ``disks.0.capacity``, ``cloud_init.user_data``."""
    level: Literal["error", "warning"]
    text: str


_LISTS = {"disks": "disk", "nics": "network interface"}


def field_in_words(field: str) -> str:
    """A field as a person calls it: ``disks.0.name`` -> ``disk 1: name``, ``memory_kib`` -> ``memory``."""
    head, *rest = field.split(".")
    words = [head.removesuffix("_kib")]
    if rest and rest[0].isdigit():
        words = [f"{_LISTS.get(head, head)} {int(rest[0]) + 1}"]
        rest = rest[1:]
    return ": ".join((*words, *rest)).replace("_", " ").replace("cloud init", "cloud-init")


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """A pool as far as new volumes go. Bytes."""

    available: int = 0
    active: bool = True
    kind: str = "dir"
    volumes: frozenset[str] | None = None
    """Names of its volumes; ``None`` when not asked."""


@dataclass(frozen=True, slots=True)
class HostLimits:
    """A host as known now. ``None`` and 0 mean unknown: nothing is said of it then."""

    name: str = ""
    cpus: int = 0
    memory_kib: int = 0
    memory_free_kib: int | None = None
    vm_names: frozenset[str] = frozenset()
    uuids: frozenset[str] = frozenset()
    macs: frozenset[str] = frozenset()
    """In lower case, of the VMs there."""
    pools: Mapping[str, PoolLimits] | None = None
    networks: Mapping[str, bool] | None = None
    """Whether each network is active, by name."""
    caps: DomainCaps = ASSUMED
    read_only: bool = False
