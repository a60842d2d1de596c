"""The controllers of a simulated VM and the PCI places of its devices. Pure."""

from __future__ import annotations

from typing import Final

from lxml import etree

PORTS: Final = 14
"""Root ports, as libvirt and virt-install make them: some are free for what is plugged in later."""


def put_hardware(devices: etree._Element, machine: str) -> None:
    """Add what every machine has, and give each disk and interface its place on the PCI bus."""
    if "q35" not in machine:
        etree.SubElement(devices, "controller", type="pci", index="0", model="pci-root")
        return
    etree.SubElement(devices, "controller", type="pci", index="0", model="pcie-root")
    for index in range(1, PORTS + 1):
        port = etree.SubElement(devices, "controller", type="pci", index=str(index), model="pcie-root-port")
        etree.SubElement(port, "target", chassis=str(index), port=f"0x{15 + index:x}")
    etree.SubElement(devices, "controller", type="sata", index="0")
    bus = 1
    for device in (*devices.findall("interface"), *devices.findall("disk")):
        target = device.find("target")
        if device.tag == "interface" or (target is not None and target.get("bus") == "virtio"):
            _place(device, bus)
            bus += 1


def _place(device: etree._Element, bus: int) -> None:
    etree.SubElement(
        device, "address", type="pci", domain="0x0000", bus=f"0x{bus:02x}", slot="0x00", function="0x0"
    )  # fmt: skip
