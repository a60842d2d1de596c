"""What was typed into the form of a new VM, and the spec it makes. Pure; any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from limen_tui.errors import InputError
from limen_tui.model.naming import expand
from limen_tui.model.sizes import disk_bytes, memory_kib, to_text
from limen_tui.model.spec import (
    PRESETS,
    Blank,
    CloudImage,
    CloudInit,
    CopyOf,
    DirectKernel,
    DiskSpec,
    Finding,
    ImportDisk,
    IsoInstall,
    NicSpec,
    Preset,
    Pxe,
    Source,
    Topology,
    VMSpec,
)
from limen_tui.model.spec.cloud import Addressing
from limen_tui.model.workspace import in_workspace

T = TypeVar("T")
SOURCES: Final = (
    ("cloud-image", "Cloud image"), ("iso", "ISO installer"), ("import", "Existing disk"), ("pxe", "Network (PXE)"),
    ("kernel", "Direct kernel"), ("copy", "Like another VM"), ("blank", "Empty disk"),
)  # fmt: skip
OWN_SIZE: Final = "own"


@dataclass(frozen=True, slots=True)
class Draft:
    """Every field as text, as it stands on the screen; so it survives leaving the form."""

    name: str = ""
    host: str = ""
    """The host's id."""
    source: str = "cloud-image"
    image: str = ""
    """``pool/volume`` of the image, ISO or disk."""
    like: str = ""
    """UUID of the VM to copy."""
    kernel: str = ""
    initrd: str = ""
    cmdline: str = ""
    preset: str = "small"
    vcpus: str = "1"
    vcpus_max: str = ""
    topology: str = ""
    memory: str = "2 GiB"
    memory_max: str = ""
    pool: str = ""
    size: str = "20 GiB"
    format: str = "qcow2"
    bus: str = "virtio"
    cache: str = ""
    more_disks: str = ""
    networks: str = "default"
    nic_model: str = "virtio"
    user: str = ""
    keys: str = ""
    password_hash: str = ""
    hostname: str = ""
    packages: str = ""
    address: str = ""
    gateway: str = ""
    dns: str = ""
    user_data: str = ""
    firmware: str = "bios"
    tpm: bool = False
    secure: bool = False
    cpu_mode: str = ""
    machine: str = ""
    kind: str = ""
    graphics: str = "vnc"
    serial: bool = True
    agent: bool = True
    rng: bool = True
    balloon: bool = True
    autostart: bool = False
    start: bool = True
    workspace: str = ""
    tags: str = ""
    title: str = ""

    def __repr__(self) -> str:
        return f"Draft({self.name!r})"  # user-data and hashes do not belong into tracebacks


def changed(draft: Draft, field: str, value: str | bool) -> Draft:
    """The draft with another value in a field."""
    values: dict[str, Any] = {field: value}
    return replace(draft, **values)


def with_preset(draft: Draft, name: str, presets: Mapping[str, Preset] = PRESETS) -> Draft:
    """The draft with the sizes of a preset."""
    preset = presets.get(name)
    if preset is None:
        return replace(draft, preset=OWN_SIZE)
    return replace(
        draft, preset=name, vcpus=str(preset.vcpus), vcpus_max="", topology="",
        memory=to_text(preset.memory_kib, unit="KiB"), memory_max="", size=to_text(preset.disk),
    )  # fmt: skip


def names_of(draft: Draft) -> tuple[str, ...]:
    """The names that the pattern makes. Raises ``InputError``."""
    return expand(draft.name.strip()) if draft.name.strip() else ()


def spec_of(draft: Draft, name: str = "") -> tuple[VMSpec, tuple[Finding, ...]]:
    """The spec of one VM, and what could not be read, by field. ``name`` stands for a pattern's."""
    wrong: list[Finding] = []

    def read(field: str, text: str, call: Callable[[str], T], otherwise: T) -> T:
        if not text.strip():
            return otherwise
        try:
            return call(text.strip())
        except InputError as error:
            wrong.append(Finding(field, "error", f"{error}" + (f" ({error.hint})" if error.hint else "")))
            return otherwise

    source = _source(draft)
    memory = read("memory_kib", draft.memory, memory_kib, 0)
    # a mistake in a size must not be told a second time as a size of nothing
    memory = memory or (1 << 20 if any(finding.field == "memory_kib" for finding in wrong) else 0)
    disks = _disks(draft, source, read)
    none: tuple[NicSpec, ...] = ()
    nics = read("nics", draft.networks, lambda text: _nics(text, draft.nic_model), none)
    spec = VMSpec(
        name=name or draft.name.strip(), host_id=draft.host, source=source, disks=disks, nics=nics,
        vcpus=read("vcpus", draft.vcpus, _whole, 1), vcpus_max=read("vcpus_max", draft.vcpus_max, _whole, 0),
        topology=read("topology", draft.topology, _topology, None),
        memory_kib=memory, memory_max_kib=read("memory_max_kib", draft.memory_max, memory_kib, 0),
        firmware=draft.firmware, tpm=draft.tpm, cpu_mode=draft.cpu_mode, machine=draft.machine.strip(),  # type: ignore[arg-type]
        kind=draft.kind, graphics=draft.graphics, serial=draft.serial, agent=draft.agent, rng=draft.rng,  # type: ignore[arg-type]
        balloon=draft.balloon, autostart=draft.autostart, start=draft.start,
        tags=_tags(draft), title=draft.title.strip(),
        cloud_init=_cloud(draft) if draft.source == "cloud-image" else None,
    )  # fmt: skip
    return spec, tuple(wrong)


def _source(draft: Draft) -> Source:
    pool, _, volume = draft.image.partition("/")
    match draft.source:
        case "cloud-image":
            return CloudImage(pool, volume)
        case "iso":
            return IsoInstall(pool, volume)
        case "import":
            return ImportDisk(pool, volume)
        case "pxe":
            return Pxe()
        case "kernel":
            return DirectKernel(draft.kernel.strip(), draft.initrd.strip(), draft.cmdline.strip())
        case "copy":
            return CopyOf(draft.like)
    return Blank()


def _disks(draft: Draft, source: Source, read: Callable[..., object]) -> tuple[DiskSpec, ...]:
    made: list[DiskSpec] = []
    if not isinstance(source, ImportDisk | CopyOf):
        size = read("disks.0.capacity", draft.size, disk_bytes, 0)
        made.append(DiskSpec(draft.pool, capacity=size, format=draft.format, bus=draft.bus, cache=draft.cache))  # type: ignore[arg-type]
    more = read("disks.1.capacity", draft.more_disks, lambda text: _more(text, draft), ())
    return (*made, *more)  # type: ignore[misc]


def _more(text: str, draft: Draft) -> tuple[DiskSpec, ...]:
    """``10G, 40G raw``: a size, and a format where it is another."""
    made = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        words = part.split()
        form = words[-1] if words[-1] in ("qcow2", "raw") else draft.format
        size = disk_bytes(part.removesuffix(form).strip() if words[-1] == form else part)
        made.append(DiskSpec(draft.pool, capacity=size, format=form, bus=draft.bus, cache=draft.cache))  # type: ignore[arg-type]
    return tuple(made)


def _nics(text: str, model: str) -> tuple[NicSpec, ...]:
    """``default, bridge:br0, macvtap:eth0 52:54:00:aa:bb:cc``."""
    made = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        where, _, mac = part.partition(" ")
        kind, colon, source = where.partition(":")
        if not colon:
            kind, source = "network", where
        if kind not in ("network", "bridge", "macvtap") or not source:
            raise InputError(f"{part!r} is no network", hint="default, bridge:br0, macvtap:eth0")
        made.append(NicSpec(kind, source, mac.strip(), model))  # type: ignore[arg-type]
    return tuple(made)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise InputError(f"{text[:20]!r} is not a whole number")
    return int(text)


def _topology(text: str) -> Topology:
    """``2x4x1``: sockets, cores, threads."""
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 3:
        raise InputError("Sockets x cores x threads", hint="such as 1x4x2")
    sockets, cores, threads = (_whole(part.strip()) for part in parts)
    return Topology(sockets, cores, threads)


def _tags(draft: Draft) -> tuple[str, ...]:
    return in_workspace(dict.fromkeys(draft.tags.replace(",", " ").split()), draft.workspace.strip())


def _cloud(draft: Draft) -> CloudInit:
    addressing: tuple[Addressing, ...] = ()
    if draft.address.strip():
        addressing = (Addressing(
            dhcp=False, addresses=_list(draft.address), gateways=_list(draft.gateway), dns=_list(draft.dns)
        ),)  # fmt: skip
    return CloudInit(
        hostname=draft.hostname.strip(), user=draft.user.strip(),
        ssh_keys=tuple(key.strip() for key in draft.keys.splitlines() if key.strip()),
        password_hash=draft.password_hash, packages=_list(draft.packages), addressing=addressing,
        user_data=draft.user_data,
    )  # fmt: skip


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())
