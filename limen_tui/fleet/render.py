"""Specs -> libvirt XML and cloud-init texts, by the templates. Imports model, settings and (late) jinja2; any thread.

Templates come from ``templates/`` of the config dir where a file of that name is there, else from Limen itself. They
run in Jinja's sandbox, since people copy templates from one another; every value is escaped for where it is put.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from limen_tui.fleet.templates import rendered, xml_environment
from limen_tui.model.spec.devices import DiskBus, DiskSpec
from limen_tui.model.spec.source import DirectKernel, ImageRef, IsoInstall, Pxe
from limen_tui.model.spec.vm import VMSpec
from limen_tui.model.xml.copying import ORIGIN_NS
from limen_tui.model.xml.domcaps import DomainCaps
from limen_tui.model.xml.parse import LIMEN_NS, parse

_PREFIX: Final = {"virtio": "vd", "scsi": "sd", "sata": "sd", "usb": "sd", "ide": "hd"}


def render_domain(
    spec: VMSpec, paths: Mapping[ImageRef, str], caps: DomainCaps, *, seed_path: str = ""
) -> str:
    """The domain XML of a completed ``spec``.

    ``paths`` gives the absolute path of each volume where known; a volume without one is named by pool and volume.
    ``seed_path``: the NoCloud ISO on the host. Raises ``InputError`` for a value that XML cannot hold, a template
    that fails, or one that makes no domain XML.
    """
    x86 = caps.arch in ("x86_64", "i686")
    machine = spec.machine or ("q35" if x86 else "virt" if caps.arch in ("aarch64", "riscv64") else "")
    image = getattr(spec.source, "image", None)
    disks = _disks(spec, paths, seed_path, q35=not machine.startswith("pc-i440fx") and machine != "pc")
    pxe = isinstance(spec.source, Pxe)
    text = rendered(
        xml_environment(),
        "domain.xml.j2",
        vm=spec,
        caps=caps,
        x86=x86,
        machine=machine,
        uefi=spec.firmware != "bios",
        image=image,
        kernel=spec.source if isinstance(spec.source, DirectKernel) else None,
        disks=disks,
        scsi=any(disk["bus"] == "scsi" for disk in disks),
        nics=[
            {"type": "direct" if nic.kind == "macvtap" else nic.kind, "source": nic.source, "mac": nic.mac,
             "model": nic.model, "boot": 1 if pxe and at == 0 else 0}
            for at, nic in enumerate(spec.nics)
        ],
        video=_video(spec, caps),
        limen_ns=LIMEN_NS,
        origin_ns=ORIGIN_NS,
    )  # fmt: skip
    parse(text, "domain")
    return text


def _disks(spec: VMSpec, paths: Mapping[ImageRef, str], seed_path: str, *, q35: bool) -> list[dict[str, Any]]:
    cds: DiskBus = "sata" if q35 else "ide"
    seed = _seed(spec, seed_path, cds) if seed_path else None
    wanted = [*spec.disks, *([seed] if seed is not None else [])]
    order = _boot_order(spec)
    used: dict[str, int] = {}
    made = []
    for disk in wanted:
        bus = cds if disk.device == "cdrom" and disk.bus in ("sata", "ide") else disk.bus
        prefix = _PREFIX[bus]
        number = used.get(prefix, 0)
        used[prefix] = number + 1
        path = disk.path or paths.get(disk.ref, "")
        made.append({
            "type": "volume" if not path.startswith("/") else "block" if path.startswith("/dev/") else "file",
            "device": disk.device, "format": disk.format, "cache": disk.cache, "path": path, "pool": disk.pool,
            "volume": disk.name, "bus": bus, "target": f"{prefix}{chr(ord('a') + number)}",
            "readonly": disk.device == "cdrom" or disk is seed, "discard": disk.device == "disk" and disk is not seed,
            "boot": order.get(id(disk), 0),
        })  # fmt: skip
    return made


def _seed(spec: VMSpec, path: str, cds: DiskBus) -> DiskSpec:
    """The seed on the bus that the boot disk is on: Debian's and others' cloud kernels know no SATA at all."""
    bus = spec.boot_disk.bus if spec.boot_disk is not None else "virtio"
    if bus in ("virtio", "scsi"):
        return DiskSpec(format="raw", bus=bus, existing=True, path=path)
    return DiskSpec(format="raw", bus=cds, existing=True, path=path, device="cdrom")


def _boot_order(spec: VMSpec) -> dict[int, int]:
    """By disk: the installer's CD first, then the disk, so that an ejected CD boots what was installed."""
    order: list[DiskSpec] = []
    if isinstance(spec.source, DirectKernel):
        return {}
    if isinstance(spec.source, IsoInstall):
        order += [disk for disk in spec.disks if disk.device == "cdrom" and disk.ref == spec.source.image][:1]
    if spec.boot_disk is not None:
        order.append(spec.boot_disk)
    first = 2 if isinstance(spec.source, Pxe) else 1
    return {id(disk): at for at, disk in enumerate(order, first)}


def _video(spec: VMSpec, caps: DomainCaps) -> str:
    wish = ("qxl", "virtio", "vga") if spec.graphics == "spice" else ("virtio", "vga", "qxl", "cirrus")
    return next((model for model in wish if model in caps.video or not caps.video), "vga")
