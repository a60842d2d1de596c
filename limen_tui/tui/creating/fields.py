"""The rows of the form of a new VM: what each is called, how it is typed, for which sources it is there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from limen_tui.tui.creating.draft import SOURCES

ALL: Final = frozenset(kind for kind, _ in SOURCES)
NEW_DISK: Final = ALL - {"import", "copy"}
NOT_COPY: Final = ALL - {"copy"}


@dataclass(frozen=True, slots=True)
class Field:
    """One row. ``id`` is the draft's field; ``choices`` makes it a list to choose from, filled later where empty."""

    id: str
    label: str
    hint: str = ""
    choices: tuple[tuple[str, str], ...] | None = None
    """(label, value)."""
    flag: bool = False
    lines: int = 1
    password: bool = False
    sources: frozenset[str] = ALL


@dataclass(frozen=True, slots=True)
class Section:
    """Rows below a heading."""

    title: str
    fields: tuple[Field, ...]
    sources: frozenset[str] = ALL


SECTIONS: Final = (
    Section("VM", (
        Field("name", "Name", "web1, or several: web{1..5}"),
        Field("host", "Host", choices=()),
        Field("source", "Made from", choices=tuple((label, kind) for kind, label in SOURCES)),
        Field("image", "Image", choices=(), sources=frozenset({"cloud-image", "iso", "import"})),
        Field("like", "Like", choices=(), sources=frozenset({"copy"})),
        Field("kernel", "Kernel", "/path/on/the/host/vmlinuz", sources=frozenset({"kernel"})),
        Field("initrd", "Initrd", "/path/on/the/host/initrd.img", sources=frozenset({"kernel"})),
        Field("cmdline", "Command line", "console=ttyS0 root=/dev/vda1", sources=frozenset({"kernel"})),
        Field("workspace", "Workspace", "none; shop, staging ... kept as the tag ws/NAME"),
        Field("tags", "Tags", "web prod"),
    )),
    Section("Size", (
        Field("preset", "Preset", choices=(), sources=NOT_COPY),
        Field("vcpus", "vCPUs", "1", sources=NOT_COPY),
        Field("memory", "Memory", "2 GiB", sources=NOT_COPY),
        Field("size", "Disk", "20 GiB", sources=NEW_DISK),
        Field("pool", "Pool", choices=(), sources=ALL - {"import"}),
        Field("more_disks", "More disks", "10G, 40G raw", sources=NOT_COPY),
    )),
    Section("Network", (
        Field("networks", "Networks", "default, bridge:br0, macvtap:eth0", sources=NOT_COPY),
    ), NOT_COPY),
    Section("Cloud-init", (
        Field("user", "User", "empty: the image's own, such as debian"),
        Field("keys", "SSH keys", "ssh-ed25519 AAAA..., one a line", lines=2),
        Field("password", "Password", "none; only its hash is used", password=True),
        Field("hostname", "Host name", "as the VM is called"),
        Field("packages", "Packages", "qemu-guest-agent htop"),
        Field("address", "Address", "empty: DHCP; or 192.168.1.5/24"),
        Field("gateway", "Gateway", "192.168.1.1"),
        Field("dns", "DNS", "192.168.1.1 9.9.9.9"),
        Field("user_data", "User-data", "#cloud-config ... laid over the fields above", lines=3),
    ), frozenset({"cloud-image"})),
    Section("More", (
        Field("start", "Start now", flag=True),
        Field("autostart", "Autostart", flag=True),
        Field("firmware", "Firmware", choices=(("BIOS", "bios"), ("UEFI", "uefi"),
                                              ("UEFI, secure boot", "uefi-secure")), sources=NOT_COPY),
        Field("tpm", "TPM 2.0", flag=True, sources=NOT_COPY),
        Field("graphics", "Display", choices=(("VNC, on the host's loopback", "vnc"), ("SPICE", "spice"),
                                              ("none", "none")), sources=NOT_COPY),
        Field("kind", "Type", choices=(("KVM where the host has it", ""), ("kvm", "kvm"),
                                      ("qemu (emulated, slow)", "qemu")), sources=NOT_COPY),
        Field("cpu_mode", "CPU", choices=(("best for the type", ""), ("host-passthrough", "host-passthrough"),
                                          ("host-model", "host-model"), ("maximum", "maximum")), sources=NOT_COPY),
        Field("topology", "Topology", "sockets x cores x threads: 1x4x2", sources=NOT_COPY),
        Field("vcpus_max", "Most vCPUs", "as above; more can be added later", sources=NOT_COPY),
        Field("memory_max", "Most memory", "as above; more can be added later", sources=NOT_COPY),
        Field("machine", "Machine", "the host's default", sources=NOT_COPY),
        Field("format", "Disk format", choices=(("qcow2", "qcow2"), ("raw", "raw")), sources=NEW_DISK),
        Field("bus", "Disk bus", choices=(("virtio", "virtio"), ("scsi", "scsi"), ("sata", "sata"), ("usb", "usb")),
              sources=NEW_DISK),
        Field("cache", "Disk cache", choices=(("the hypervisor's", ""), ("none", "none"), ("writeback", "writeback"),
                                              ("writethrough", "writethrough"), ("unsafe", "unsafe")),
              sources=NEW_DISK),
        Field("nic_model", "NIC model", choices=(("virtio", "virtio"), ("e1000e", "e1000e"), ("rtl8139", "rtl8139")),
              sources=NOT_COPY),
        Field("serial", "Serial port", flag=True, sources=NOT_COPY),
        Field("agent", "Guest agent", flag=True, sources=NOT_COPY),
        Field("rng", "Random (RNG)", flag=True, sources=NOT_COPY),
        Field("balloon", "Balloon", flag=True, sources=NOT_COPY),
        Field("title", "Title", "for people", sources=NOT_COPY),
    )),
)  # fmt: skip
FIELDS: Final = {field.id: field for section in SECTIONS for field in section.fields}
FIELD_OF: Final = {
    "memory_kib": "memory", "memory_max_kib": "memory_max", "disks.0.capacity": "size",
    "disks.1.capacity": "more_disks",
    "disks.0.pool": "pool", "disks.0.name": "name", "nics": "networks", "source.volume": "image", "source": "image",
    "host_id": "host", "source.kernel": "kernel", "cloud_init.user_data": "user_data", "cloud_init.ssh_keys": "keys",
    "cloud_init.user": "user", "cloud_init.hostname": "hostname", "cloud_init.packages": "packages",
    "source.uuid": "like", "cloud_init": "keys",
}  # fmt: skip
"""Where a finding about a spec's field is shown."""


def field_of(finding: str) -> str:
    """The form's field that a finding is about; empty for none."""
    if finding in FIELD_OF or finding in FIELDS:
        return FIELD_OF.get(finding, finding)
    head = finding.split(".", 1)[0]
    if finding.startswith("cloud_init.addressing"):
        return "address"
    return {"disks": "size", "nics": "networks", "cloud_init": "user", "source": "image"}.get(head, "")
