"""A VM's definition -> what its overview tells: every part in words of its own. Pure; safe on any thread.

What is not there is left empty; what cannot be read is left out: a definition of another tool must never keep the
screen from showing the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from limen_tui.model.xml.origin import origin_of
from limen_tui.model.xml.parse import attribute, number, parse, text

ROWS = 128
"""Devices of one kind that are taken in at most."""


@dataclass(frozen=True, slots=True)
class DiskPart:
    """A disk or drive."""

    target: str
    device: str = "disk"
    bus: str = ""
    format: str = ""
    source: str = ""
    chain: tuple[str, ...] = ()
    """Backing files, nearest first; known of a running VM."""
    cache: str = ""
    traits: tuple[str, ...] = ()
    """``read-only``, ``shared``, ``discard unmap``, ``io native`` ..."""
    boot: int = 0
    """Place in the boot order; 0 is none."""


@dataclass(frozen=True, slots=True)
class NicPart:
    """An interface."""

    mac: str
    kind: str = ""
    source: str = ""
    model: str = ""
    target: str = ""
    down: bool = False
    """The link is unplugged."""
    limited: bool = False
    boot: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the overview says from the definition."""

    emulator: str = ""
    firmware: str = ""
    loader: str = ""
    nvram: str = ""
    cpu: str = ""
    topology: str = ""
    pinning: tuple[str, ...] = ()
    numa: tuple[str, ...] = ()
    memory_traits: tuple[str, ...] = ()
    boot: tuple[str, ...] = ()
    """What it boots from, first first."""
    disks: tuple[DiskPart, ...] = ()
    nics: tuple[NicPart, ...] = ()
    graphics: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    clock: str = ""
    on_events: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    agent_channel: str = ""
    """``connected``, ``disconnected``, ``there`` where that is not said, empty without one."""
    origin: str = ""
    """What Limen made it from; empty for a VM of another tool."""

    @property
    def boots_from_cdrom(self) -> str:
        """The medium it boots from first, when that is one in a CD-ROM drive."""
        first = min((disk for disk in self.disks if disk.boot), key=lambda disk: disk.boot, default=None)
        if first is not None:
            earlier = any(nic.boot and nic.boot < first.boot for nic in self.nics)
            return first.source if first.device == "cdrom" and not earlier else ""
        if self.boot[:1] == ("cdrom",):
            return next((disk.source for disk in self.disks if disk.device == "cdrom" and disk.source), "")
        return ""


def overview(xml: str) -> Overview:
    """Read ``xml`` (virDomainGetXMLDesc). Raises ``InputError`` where it is no domain XML."""
    root = parse(xml, "domain")
    disks = tuple(_disk(disk) for disk in _some(root, "devices/disk"))
    nics = tuple(_nic(nic) for nic in _some(root, "devices/interface"))
    return Overview(
        emulator=text(root, "devices/emulator"),
        firmware=_firmware(root),
        loader=text(root, "os/loader"),
        nvram=text(root, "os/nvram"),
        cpu=_cpu(root),
        topology=_topology(root),
        pinning=tuple(_pinning(root)),
        numa=tuple(_numa(root)),
        memory_traits=tuple(_memory(root)),
        boot=_boot(root, disks, nics),
        disks=disks,
        nics=nics,
        graphics=tuple(_graphics(each) for each in _some(root, "devices/graphics")),
        devices=tuple(_devices(root)),
        clock=attribute(root, "clock", "offset"),
        on_events=tuple(
            f"{name.removeprefix('on_')}: {value}" for name in ("on_poweroff", "on_reboot", "on_crash")
            if (value := text(root, name))
        ),
        features=tuple(dict.fromkeys(str(each.tag) for each in root.iterfind("features/*")))[:ROWS],
        agent_channel=_agent(root),
        origin=origin_of(root),
    )  # fmt: skip


def _some(root: etree._Element, path: str) -> list[etree._Element]:
    return list(root.iterfind(path))[:ROWS]


def _firmware(root: etree._Element) -> str:
    loader = root.find("os/loader")
    efi = attribute(root, "os", "firmware") == "efi" or (loader is not None and loader.get("type") == "pflash")
    if root.find("os/kernel") is not None:
        return "a kernel from the host" + (", UEFI" if efi else "")
    if not efi:
        return "BIOS"
    secure = (loader is not None and loader.get("secure") == "yes") or any(
        each.get("name") == "secure-boot" and each.get("enabled") == "yes"
        for each in root.iterfind("os/firmware/feature")
    )
    return "UEFI with Secure Boot" if secure else "UEFI"


def _cpu(root: etree._Element) -> str:
    cpu = root.find("cpu")
    if cpu is None:
        return ""
    mode = cpu.get("mode") or ("custom" if cpu.find("model") is not None else "")
    parts = [mode, text(cpu, "model")]
    extra = len(cpu.findall("feature"))
    if extra and mode == "custom":
        parts.append(f"with {extra} changed features")
    return " ".join(part for part in parts if part)


def _topology(root: etree._Element) -> str:
    found = root.find("cpu/topology")
    if found is None:
        return ""
    names = ("sockets", "dies", "clusters", "cores", "threads")
    counts = [(name, number(found.get(name))) for name in names]
    shown = [
        f"{count} {name.removesuffix('s') if count == 1 else name}" for name, count in counts
        if count > 1 or (count and name in ("sockets", "cores", "threads"))
    ]  # fmt: skip
    return ", ".join(shown)


def _pinning(root: etree._Element) -> Iterator[str]:
    cpuset = attribute(root, "vcpu", "cpuset")
    if cpuset:
        yield f"all on {cpuset}"
    for pin in _some(root, "cputune/vcpupin"):
        yield f"vCPU {pin.get('vcpu', '?')} on {pin.get('cpuset', '?')}"
    for name, what in (("emulatorpin", "emulator"), ("iothreadpin", "I/O threads")):
        if places := attribute(root, f"cputune/{name}", "cpuset"):
            yield f"{what} on {places}"
    if shares := text(root, "cputune/shares"):
        yield f"{shares} shares"
    quota = text(root, "cputune/quota")
    period = number(text(root, "cputune/period"), 100_000)
    if quota.isdigit() and period:
        yield f"at most {100 * number(quota) // period} % of a CPU for each vCPU"


def _numa(root: etree._Element) -> Iterator[str]:
    memory = root.find("numatune/memory")
    if memory is not None:
        yield " ".join(part for part in (memory.get("mode", ""), memory.get("placement", ""),
                                         f"on node {memory.get('nodeset')}" if memory.get("nodeset") else "")
                       if part)  # fmt: skip
    for cell in _some(root, "cpu/numa/cell"):
        yield (f"guest node {cell.get('id', '?')}: vCPUs {cell.get('cpus', '?')}, "
               f"{cell.get('memory', '?')} {cell.get('unit', 'KiB')}")  # fmt: skip


def _memory(root: etree._Element) -> Iterator[str]:
    backing = root.find("memoryBacking")
    if backing is not None:
        for name, what in (("hugepages", "huge pages"), ("locked", "locked"), ("nosharepages", "not merged")):
            if backing.find(name) is not None:
                yield what
        if attribute(backing, "source", "type") == "memfd":
            yield "memfd"
        if attribute(backing, "access", "mode") == "shared":
            yield "shared"
    slots = root.find("maxMemory")
    if slots is not None:
        yield f"{slots.get('slots', '0')} slots up to {(slots.text or '').strip()} {slots.get('unit', 'KiB')}"


def _disk(disk: etree._Element) -> DiskPart:
    driver = disk.find("driver")
    traits = [word for tag, word in (("readonly", "read-only"), ("shareable", "shared"), ("transient", "transient"))
              if disk.find(tag) is not None]  # fmt: skip
    if driver is not None:
        traits += [f"{name} {value}" for name in ("io", "discard", "detect_zeroes") if (value := driver.get(name))]
    if disk.find("iotune") is not None:
        traits.append("throttled")
    if disk.find("source/encryption") is not None or disk.find("encryption") is not None:
        traits.append("encrypted")
    chain: list[str] = []
    backing = disk.find("backingStore")
    while backing is not None and len(chain) < 64:
        if source := source_of(backing.find("source")):
            chain.append(source)
        backing = backing.find("backingStore")
    return DiskPart(
        target=attribute(disk, "target", "dev"), device=disk.get("device", "disk"),
        bus=attribute(disk, "target", "bus"), format="" if driver is None else driver.get("type", ""),
        source=source_of(disk.find("source")), chain=tuple(chain),
        cache="" if driver is None else driver.get("cache", ""), traits=tuple(traits),
        boot=number(attribute(disk, "boot", "order")),
    )  # fmt: skip


def _nic(nic: etree._Element) -> NicPart:
    return NicPart(
        mac=attribute(nic, "mac", "address").lower(), kind=nic.get("type", ""), source=source_of(nic.find("source")),
        model=attribute(nic, "model", "type"), target=attribute(nic, "target", "dev"),
        down=attribute(nic, "link", "state") == "down", limited=nic.find("bandwidth") is not None,
        boot=number(attribute(nic, "boot", "order")),
    )  # fmt: skip


def source_of(source: etree._Element | None) -> str:
    """A path, ``pool/volume``, URL, network or bridge; empty for none."""
    if source is None:
        return ""
    if source.get("pool") and source.get("volume"):
        return f"{source.get('pool')}/{source.get('volume')}"
    if source.get("protocol"):
        return f"{source.get('protocol')}://{attribute(source, 'host', 'name')}/{source.get('name', '').lstrip('/')}"
    names = ("file", "dev", "dir", "volume", "name", "network", "bridge", "portgroup", "path")
    return next((value for name in names if (value := source.get(name))), "")


def _boot(root: etree._Element, disks: tuple[DiskPart, ...], nics: tuple[NicPart, ...]) -> tuple[str, ...]:
    placed = [(disk.boot, disk.target or disk.device) for disk in disks if disk.boot]
    placed += [(nic.boot, f"network {nic.mac}") for nic in nics if nic.boot]
    if placed:
        return tuple(name for _, name in sorted(placed))
    return tuple(each.get("dev", "") for each in _some(root, "os/boot") if each.get("dev"))


def _graphics(graphics: etree._Element) -> str:
    kind = graphics.get("type", "")
    listen = graphics.get("listen") or attribute(graphics, "listen", "address") or attribute(graphics, "listen",
                                                                                             "socket")  # fmt: skip
    port = graphics.get("port", "")
    where = f"{listen}:{port}" if listen and port and port != "-1" else listen
    return f"{kind} on {where}" if where else kind


def _devices(root: etree._Element) -> Iterator[str]:
    devices = root.find("devices")
    if devices is None:
        return
    for video in _some(devices, "video/model"):
        yield f"video {video.get('type', '')}".strip()
    for tpm in _some(devices, "tpm"):
        yield f"TPM {attribute(tpm, 'backend', 'version') or ''} {tpm.get('model', '')}".replace("  ", " ").strip()
    for tag, what in (("watchdog", "watchdog"), ("rng", "random numbers"), ("sound", "sound"), ("panic", "panic"),
                      ("iommu", "IOMMU"), ("vsock", "vsock"), ("input", "input")):  # fmt: skip
        for each in _some(devices, tag):
            kind = each.get("type", "") if tag == "input" else each.get("model", "")
            if tag != "input" or kind == "tablet":
                yield f"{what} {kind}".strip()
    for host in _some(devices, "hostdev"):
        yield _hostdev(host)
    for share in _some(devices, "filesystem"):
        source, target = attribute(share, "source", "dir"), attribute(share, "target", "dir")
        yield f"shares {source} as {target}".strip()
    for serial in _some(devices, "serial"):
        yield f"serial {serial.get('type', '')}".strip()


def _hostdev(host: etree._Element) -> str:
    kind = host.get("type", "")
    address = host.find("source/address")
    if kind == "pci" and address is not None:
        parts = [address.get(name, "0").removeprefix("0x") for name in ("domain", "bus", "slot", "function")]
        return f"PCI {parts[0]}:{parts[1]}:{parts[2]}.{parts[3]} of the host"
    if kind == "usb":
        ids = (attribute(host, "source/vendor", "id"), attribute(host, "source/product", "id"))
        return f"USB {':'.join(each.removeprefix('0x') for each in ids if each)} of the host".replace("  ", " ")
    return f"{kind or 'a'} device of the host"


def _agent(root: etree._Element) -> str:
    for target in _some(root, "devices/channel/target"):
        if target.get("name") == "org.qemu.guest_agent.0":
            return target.get("state", "") or "there"
    return ""
