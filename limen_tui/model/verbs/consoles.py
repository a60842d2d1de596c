"""What can be asked of a host about the serial consoles of its VMs. Pure: it names shapes, it does nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from limen_tui.errors import Conflict, LimenError

ESCAPE_KEY: Final = "ctrl+]"
"""The one key that does not reach the guest."""


class ConsoleInUse(Conflict):
    """Somebody else has the console open; it can be taken from them by force."""


class ConsoleLeaving(ConsoleInUse):
    """We had it open and closed it; the host has not heard of it yet."""


class EndReason(StrEnum):
    """Why a console's stream is over."""

    GUEST = "guest"
    """The guest's end was closed: the VM stopped, or somebody took the console by force."""
    LINK = "link"
    """The link to the host broke."""
    ERROR = "error"
    """The hypervisor reported an error."""
    CLOSED = "closed"
    """We closed it."""


@dataclass(frozen=True, slots=True)
class ConsoleEnd:
    """How a stream ended."""

    reason: EndReason
    problem: LimenError | None = None


@dataclass(frozen=True, slots=True)
class ConsoleDevice:
    """A serial line of a VM's definition."""

    alias: str
    """What :meth:`ConsoleVerbs.open` takes: ``serial0``, ``console1``; empty for the VM's default."""
    kind: str
    """``pty``, ``unix``, ``file``: only a pty can be opened."""
    log: str = ""
    """Path on the host of the file into which libvirt writes all that the guest says."""


class ConsoleStream(Protocol):
    """An open serial line. Methods are safe on any thread and return at once."""

    @property
    def ended(self) -> ConsoleEnd | None:
        """How it ended, once all that was received has been taken."""

    def take(self, limit: int = 1 << 16) -> bytes:
        """Up to ``limit`` bytes that the guest sent, in order; none when there are none now.

        What is not taken is held, and past a bound no more is fetched: the guest then waits, nothing is lost.
        """

    def write(self, data: bytes) -> int:
        """Send to the guest; how many bytes were accepted. Fewer than all when the line does not keep up."""

    def close(self) -> None:
        """End it. Never waits for the host."""


class ConsoleVerbs(Protocol):
    """Serial consoles by UUID of the VM. Every call may block; errors as in HostVerbs."""

    def devices(self, uuid: str) -> tuple[ConsoleDevice, ...]:
        """The serial lines and consoles of its definition, the default first (virDomainGetXMLDesc)."""

    def open(self, uuid: str, *, device: str, force: bool, wake: Callable[[], None]) -> ConsoleStream:
        """Open a serial line (virDomainOpenConsole; VIR_DOMAIN_CONSOLE_FORCE with ``force``).

        ``wake`` is called on any thread whenever there is something to take, or the stream ended; it must only post
        a message. Raises ``ConsoleInUse``, ``ConsoleLeaving``, ``Conflict`` when the VM does not run, ``NotSupported``
        when it has no serial line that can be opened, ``ReadOnlyError``.
        """
