"""A running VM's definition -> where its screen is. Pure; safe on any thread."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from limen_tui.model.verbs.screens import Graphics
from limen_tui.model.xml.parse import attribute, number, parse

_ADDRESS: Final = re.compile(r"[A-Za-z0-9._:%-]{1,253}")
_PATH: Final = re.compile(r"/[^\x00-\x1f\x7f-\x9f]{1,107}")
_ANY: Final = frozenset({"0.0.0.0", "::", "*"})  # noqa: S104 - recognised, not listened on


def graphics(xml: str) -> tuple[Graphics, ...]:
    """The graphics devices of ``xml``. What has not the shape of an address, port or path is left out.

    Raises ``InputError`` where it is no domain XML.
    """
    devices = parse(xml, "domain").findall("devices/graphics")
    return tuple(_one(device, index) for index, device in enumerate(devices))


def _one(device: etree._Element, index: int) -> Graphics:
    address = attribute(device, "listen[@type='address']", "address") or device.get("listen", "")
    socket = attribute(device, "listen[@type='socket']", "socket") or device.get("socket", "")
    if address in _ANY or not _ADDRESS.fullmatch(address):
        address = ""
    return Graphics(
        device.get("type", ""), index, address, _port(device.get("port")), _port(device.get("tlsPort")),
        socket if _PATH.fullmatch(socket) else "", device.get("keymap", ""),
    )  # fmt: skip


def _port(text: str | None) -> int:
    port = number(text)
    return port if 0 < port < 65536 else 0
