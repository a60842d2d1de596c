"""What a host's capabilities XML says (virConnectGetCapabilities). Pure; safe on any thread."""

from __future__ import annotations

from dataclasses import dataclass

from limen_tui.errors import InputError
from limen_tui.model.xml.parse import parse, text


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The little of it that the host's row shows."""

    arch: str = ""
    cpu_model: str = ""
    kvm: bool | None = None
    """Whether ``kvm`` VMs can be made; ``None`` where no QEMU is offered at all."""


def read_capabilities(xml: str) -> Capabilities:
    """Read it; empty for empty or odd XML, since nothing depends on it."""
    if not xml:
        return Capabilities()
    try:
        root = parse(xml, "capabilities")
    except InputError:
        return Capabilities()
    kinds = {domain.get("type", "") for domain in root.iterfind("guest/arch/domain")}
    kvm = ("kvm" in kinds) if kinds & {"kvm", "qemu"} else None
    return Capabilities(text(root, "host/cpu/arch"), text(root, "host/cpu/model"), kvm)
