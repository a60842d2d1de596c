"""Screens of VMs: pictures, and the way to their graphics. Imports libvirt; runs on a thread that serves acts."""

from __future__ import annotations

from typing import Final

import libvirt

from limen_tui.errors import StepFailed
from limen_tui.hypervisor.gate import Gate, mapped
from limen_tui.model.verbs.screens import Graphics, Picture
from limen_tui.model.xml.graphics import graphics

MOST: Final = 64 << 20
"""Bytes of a picture: 4096x4096 pixels as PPM, and some."""
STEP: Final = 256 << 10


class LibvirtScreens:
    """Implements :class:`limen_tui.model.verbs.screens.ScreenVerbs`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @mapped
    def screenshot(self, uuid: str, *, screen: int = 0) -> Picture:
        """See ScreenVerbs; virDomainScreenshot and virStreamRecv. A read-only connection may not."""
        stream = self._gate.raw.newStream(0)
        mime = self._gate.dom(uuid).screenshot(stream, screen, 0)
        try:
            parts, size = [], 0
            while data := stream.recv(STEP):
                parts.append(data)
                size += len(data)
                if size > MOST:
                    raise StepFailed("The picture of the screen is too large", f"more than {MOST >> 20} MiB")
            stream.finish()
        except BaseException:
            stream.abort()
            raise
        return Picture(str(mime), b"".join(parts))

    @mapped
    def graphics(self, uuid: str) -> tuple[Graphics, ...]:
        """See ScreenVerbs; virDomainGetXMLDesc."""
        return graphics(str(self._gate.dom(uuid).XMLDesc(0)))

    @mapped
    def open_graphics(self, uuid: str, *, index: int = 0) -> int:
        """See ScreenVerbs; virDomainOpenGraphicsFD, past the password: who may ask this may do anything to the VM."""
        self._gate.writable("Its screen is not opened past the password.")
        return int(self._gate.dom(uuid).openGraphicsFD(index, libvirt.VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH))

    @mapped
    def send_keys(self, uuid: str, keys: tuple[int, ...], *, hold: int = 0) -> None:
        """See ScreenVerbs; virDomainSendKey with the Linux codes."""
        self._gate.writable("No key is pressed.")
        self._gate.dom(uuid).sendKey(libvirt.VIR_KEYCODE_SET_LINUX, hold, list(keys), len(keys), 0)
