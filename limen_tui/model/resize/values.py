"""What is wished, what is known, and what comes of it. Pure values. Memory is in KiB, disks in bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from limen_tui.model.guestgrow import Inside
from limen_tui.model.verbs.devices import BlockInfo, DiskLimits, NicLimits

FIXED: Final = "what runs keeps the maximum that it was started with"
"""The note of a maximum that is raised under a running VM."""


WAITS: Final = "it is to wait"
"""The note of what could change now and is not to."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """CPUs and memory of a definition."""

    vcpus: int
    vcpus_max: int
    memory_kib: int
    memory_max_kib: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for; ``None`` or a missing key leaves it as it is."""

    vcpus: int | None = None
    vcpus_max: int | None = None
    memory_kib: int | None = None
    memory_max_kib: int | None = None
    disks: Mapping[str, int] = field(default_factory=dict)
    """Bytes by target."""
    disk_limits: Mapping[str, DiskLimits] = field(default_factory=dict)
    """By target."""
    nic_limits: Mapping[str, NicLimits] = field(default_factory=dict)
    """By MAC."""
    next_boot: bool = False
    """vCPUs and memory wait for the next boot, also where they could change now."""
    grow_inside: bool = True
    """After a disk of a running VM, the file system on it inside the guest."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the storage of a disk lies."""

    pool: str
    volume: str
    free: int | None = None
    """Bytes left in the pool; ``None`` where nobody knows."""
    thin: bool = False
    """Whether it takes room only as it is written (qcow2)."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a VM and its host when the wish is made."""

    uuid: str
    name: str
    running: bool
    """Running or paused: there is a QEMU."""
    config_xml: str
    """The definition for the next boot, without secrets; of a transient VM, empty."""
    live_xml: str = ""
    """What runs; empty at rest."""
    host_cpus: int = 0
    """0 where it is not known, as below."""
    host_memory_kib: int = 0
    most_vcpus: int = 0
    """What the hypervisor allows a VM at most."""
    used_kib: int | None = None
    """Memory in use inside the guest, from its balloon driver."""
    disks: Mapping[str, BlockInfo] = field(default_factory=dict)
    """By target; those whose size is known."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """By target; those that lie in a pool."""
    saved: bool = False
    """Its memory is saved to disk: it goes on from there, not from its definition."""
    inside: Mapping[str, Inside] | None = None
    """By target, what can be grown inside the running guest; ``None`` while nobody has looked."""

    @property
    def persistent(self) -> bool:
        """Whether it has a definition beside what runs."""
        return bool(self.config_xml)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that will be done."""

    subject: str
    """``vcpus``, ``vcpus-max``, ``memory``, ``memory-max``, ``disk``, ``disk-limits``, ``nic-limits``."""
    before: str
    after: str
    live: bool
    """The running VM changes, at once."""
    config: bool
    """Its definition changes: it holds from the next boot on."""
    target: str = ""
    """Target of a disk or MAC of an interface."""
    note: str = ""

    @property
    def when(self) -> str:
        """For people."""
        return "now" if self.live or self.subject == "disk" else "at the next boot"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One wish that cannot be met, and what would help."""

    subject: str
    why: str
    hint: str = ""
    offer: Wish | None = None
    """The wish that would do it: a raised maximum."""
    offer_label: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen. With refusals, nothing is to be done: a person is to see them first."""

    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    before: Sizes | None = None
    """Of the definition."""
    after: Sizes | None = None
    live: Sizes | None = None
    """Of what runs, as it is."""
    xml_before: str = ""
    """Without secrets, to show; that of what runs for a transient VM."""
    xml_after: str = ""
    inside: Mapping[str, Inside] = field(default_factory=dict)
    """By target of a disk that grows while the VM runs: what then grows in the guest, or why it does not."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was wished that is not so already."""
        return not self.changes and not self.refusals

    @property
    def doable(self) -> bool:
        """Whether it can be carried out as it is."""
        return bool(self.changes) and not self.refusals
