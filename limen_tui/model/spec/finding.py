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
