"""What can be asked of a connected host about the screens of its VMs. Pure: it names shapes, it does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Graphics:
    """Where a running VM shows its screen. ``kind`` and addresses are outside text, already checked for shape."""

    kind: str
    """``vnc``, ``spice``, ``rdp``, ``dbus`` ..."""
    index: int = 0
    """Its place among the VM's graphics devices, as virDomainOpenGraphicsFD counts."""
    address: str = ""
    """What it listens on; empty for the host's loopback."""
    port: int = 0
    """0 for none: it does not run, or listens on a socket."""
    tls_port: int = 0
    socket: str = ""
    """Path of a Unix socket on the host."""
    keymap: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a screen as the hypervisor gives it."""

    mime: str
    data: bytes


class ScreenVerbs(Protocol):
    """Screens by the VM's UUID. Every call may block; errors as in :class:`limen_tui.model.ports.HostVerbs`."""

    def screenshot(self, uuid: str, *, screen: int = 0) -> Picture:
        """A picture of the screen now (virDomainScreenshot). ``Conflict`` for a VM that is off."""

    def graphics(self, uuid: str) -> tuple[Graphics, ...]:
        """Where the running VM shows its screen (virDomainGetXMLDesc); empty for a VM without graphics."""

    def open_graphics(self, uuid: str, *, index: int = 0) -> int:
        """A file descriptor that speaks the protocol of the graphics device, past its password
        (virDomainOpenGraphicsFD). The caller closes it.

        Only over a local socket: the descriptor is passed along it, and no bridge carries one.
        """

    def send_keys(self, uuid: str, keys: tuple[int, ...], *, hold: int = 0) -> None:
        """Press keys together, by their Linux numbers, for ``hold`` ms; 0 leaves it to the hypervisor
        (virDomainSendKey). ``ReadOnlyError``; ``NotSupported`` where the driver cannot."""
