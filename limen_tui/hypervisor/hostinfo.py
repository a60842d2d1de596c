"""What a host says of itself on connecting. Imports libvirt; runs on a session thread."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import libvirt

from limen_tui.hypervisor import uri as uris
from limen_tui.hypervisor.atonce import at_once
from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.features import refuses
from limen_tui.model.host import HostInfo
from limen_tui.model.xml.capabilities import read_capabilities

T = TypeVar("T")


def version_text(number: int) -> str:
    """``9000000`` -> ``9.0.0``, libvirt's way of packing versions; 0 -> empty."""
    if number <= 0:
        return ""
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def read_info(connection: Connection, uri: str, *, read_only: bool) -> HostInfo:
    """Ask once what never changes while connected and is answered at once: four calls. Raises ``LimenError``."""
    raw = connection.raw
    asked: tuple[tuple[Any, Any], ...] = (
        (raw.getInfo, []), (raw.getHostname, ""), (raw.getType, ""), (raw.getLibVersion, 0),
    )
    node, hostname, hypervisor, version = at_once([partial(_ask, call, default) for call, default in asked])
    return HostInfo(
        hostname=hostname,
        hypervisor=hypervisor,
        libvirt_version=version_text(version),
        arch=str(node[0]) if node else "",
        cpus=int(node[2]) if node else 0,
        memory_kib=int(node[1]) * 1024 if node else 0,
        read_only=read_only,
        transport=uris.transport(uri),
    )


def read_slow_info(connection: Connection, info: HostInfo) -> HostInfo:
    """``info`` with what needs the hypervisor's capabilities (virConnectGetCapabilities). Raises ``LimenError``.

    The first to ask a libvirtd that has just been installed waits until it has tried out every QEMU binary there is:
    half a minute on a small machine. Not for a thread that others wait for.
    """
    raw = connection.raw
    capabilities = read_capabilities(_ask(raw.getCapabilities, ""))
    return replace(
        info,
        hypervisor_version=version_text(_ask(raw.getVersion, 0)),
        arch=capabilities.arch or info.arch,
        cpu_model=capabilities.cpu_model,
        kvm=capabilities.kvm,
    )


def _ask(call: Any, default: T) -> T:
    try:
        answer: T = call()
    except libvirt.libvirtError as error:
        if refuses(error) or error.get_error_code() in (libvirt.VIR_ERR_OPERATION_DENIED, libvirt.VIR_ERR_ACCESS_DENIED,
                                                        libvirt.VIR_ERR_INTERNAL_ERROR):
            return default
        raise map_error(error) from error
    return answer
