"""What happened: libvirt's own events and Limen's acts, as values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """Where an event comes from and how it is worded."""

    LIFECYCLE = "lifecycle"
    DEFINITION = "definition"
    DEVICE = "device"
    AGENT = "agent"
    HOST = "host"
    """The session itself: connected, stale, down, needs sign-in."""
    ACT = "act"
    """Something a user of Limen did."""


@dataclass(frozen=True, slots=True)
class HostEvent:
    """One event of one host. ``text`` is plain words (``started (booted)``), never markup."""

    at: float
    """Unix time."""
    host_id: str
    host_name: str
    kind: EventKind
    text: str
    uuid: str = ""
    vm_name: str = ""
    level: str = "info"
    """``info``, ``warning`` or ``error``."""

    @property
    def is_act(self) -> bool:
        """Whether Limen itself did it: then it is in the audit log."""
        return self.kind is EventKind.ACT


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act: who, from where, what, on which VM, when, with which result."""

    at: float
    who: str
    origin: str
    """``tui`` or ``cli``, with the SSH client's address where there is one: ``tui 10.0.0.7``."""
    action: str
    """The action's id, ``vm.start``."""
    host_id: str
    host_name: str
    uuid: str
    vm_name: str
    result: str
    """``ok``, ``failed``, ``refused`` or ``unknown``."""
    detail: str = ""
    id: int = 0
