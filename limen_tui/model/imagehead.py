"""What the first bytes of a disk image say it is. Pure; safe on any thread. Never trusts a length it reads.

An image comes from outside: a backing file, data file or extent that it names would be opened by the hypervisor
and shown to the guest, so :func:`refusal` says no to every image that names one.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import error as struct_error
from struct import unpack_from
from typing import Final

from limen_tui.model.units import clean

HEAD: Final = 1 << 16
"""Bytes to read for :func:`read_head`."""
_SECTOR: Final = 512
_QCOW2: Final = b"QFI\xfb"
_MAX_NAME: Final = 1023
_EXT_BACKING_FORMAT, _EXT_DATA_FILE = 0xE2792ACA, 0x44415441
_CORRUPT, _DATA_FILE, _EXTENDED = 2, 4, 16
_MAGIC: Final = (
    (0, b"KDMV", "vmdk"), (0, b"COWD", "vmdk"), (0, b"vhdxfile", "vhdx"), (0, b"conectix", "vpc"),
    (64, b"\x7f\x10\xda\xbe", "vdi"), (0, b"QED\0", "qed"), (0, b"LUKS\xba\xbe", "luks"),
    (0, b"\x1f\x8b", "gzip"), (0, b"\xfd7zXZ\0", "xz"), (0, b"\x28\xb5\x2f\xfd", "zstd"), (0, b"BZh", "bzip2"),
    (0, b"PK\x03\x04", "zip"), (257, b"ustar", "tar"), (32769, b"CD001", "iso"), (32769, b"BEA01", "iso"),
    (0, b"XFSB", "raw"), (1080, b"\x53\xef", "raw"), (0, b"hsqs", "raw"), (512, b"EFI PART", "raw"),
    (4096, b"EFI PART", "raw"), (512, b"LABELONE", "raw"), (510, b"\x55\xaa", "raw"), (510, b"\xaa\x55", "raw"),
)  # fmt: skip
PACKED: Final = {"gzip": "gunzip", "xz": "unxz", "zstd": "unzstd", "bzip2": "bunzip2", "zip": "unzip", "tar": "tar -xf"}
"""By kind: what unpacks it."""
_NONE: Final = {
    "html": ("It is a web page, not a disk image.", "An error page was saved in its place: download it again."),
    "text": ("It is text, not a disk image.", "Check the file: was the wrong one named?"),
    "empty": ("It is empty.", "Check the file."),
    "unknown": ("It is no disk image that Limen knows.", "Check the file: was the wrong one named?"),
}
USABLE: Final = frozenset({"qcow2", "raw", "iso"})
"""What Limen gives a VM as it is."""


@dataclass(frozen=True, slots=True)
class ImageHead:
    """What an image says of itself. Sizes in bytes; names are from outside and may be hostile."""

    kind: str
    """``qcow2``, ``raw``, ``iso``, ``vmdk`` ...; ``gzip`` ... for packed ones; ``html``, ``text``, ``empty``,
    ``unknown`` for what is none."""
    version: int = 0
    virtual_size: int = 0
    """What a guest would see; 0 where the head does not say."""
    backing_file: str = ""
    backing_format: str = ""
    data_file: bool = False
    """Its data lies in another file (qcow2 ``data_file``, vmdk extents)."""
    encrypted: bool = False
    corrupt: bool = False
    truncated: bool = False
    """It ends before what its head tells of."""
    cluster: int = 0
    l1_offset: int = 0
    l1_entries: int = 0
    """0 as well where the tables are of the extended kind."""
    snapshots: int = 0
    """Internal snapshots of a qcow2."""


def read_head(data: bytes, size: int) -> ImageHead:
    """What ``data``, the first :data:`HEAD` bytes of an image of ``size`` bytes, says."""
    if not size or not data:
        return ImageHead("empty")
    if data.startswith(_QCOW2):
        return _qcow(data, size)
    if data.lstrip().startswith(b"# Disk DescriptorFile"):
        return ImageHead("vmdk", data_file=True)
    for offset, magic, kind in _MAGIC:
        if data.startswith(magic, offset):
            return _vmdk(data, size) if kind == "vmdk" else ImageHead(kind, virtual_size=_plain_size(kind, size))
    return ImageHead(_no_image(data))


def _plain_size(kind: str, size: int) -> int:
    return size if kind in ("raw", "iso") else 0


def _no_image(data: bytes) -> str:
    start = data[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "html"
    sample = data[:4096]
    return "text" if not sample.translate(None, bytes(range(32, 127)) + b"\t\r\n") else "unknown"


def _vmdk(data: bytes, size: int) -> ImageHead:
    if not data.startswith(b"KDMV") or len(data) < 44:
        return ImageHead("vmdk", data_file=True)  # an old or split kind: it names other files
    version, _flags, sectors, _grain, offset, length = unpack_from("<IIQQQQ", data, 4)
    descriptor = data[offset * _SECTOR : (offset + length) * _SECTOR] if 0 < offset < HEAD // _SECTOR else b""
    parent = b"parentFileNameHint" in descriptor
    extents = [line for line in descriptor.splitlines() if line.lstrip().startswith((b"RW ", b"RDONLY ", b"NOACCESS "))]
    return ImageHead(
        "vmdk", version, min(sectors, 1 << 53) * _SECTOR, backing_file="(named in its descriptor)" if parent else "",
        data_file=len(extents) > 1, truncated=size < (offset + length) * _SECTOR,
    )


def _qcow(data: bytes, size: int) -> ImageHead:
    try:
        (version, backing_offset, backing_length, cluster_bits, virtual, crypt, l1_entries, l1_offset, refs_offset,
         refs_clusters, snapshots, snapshots_offset) = unpack_from(">IQIIQIIQQIIQ", data, 4)  # fmt: skip
        incompatible, header = 0, 72
        if version >= 3:
            incompatible, _compatible, _auto, _order, header = unpack_from(">QQQII", data, 72)
    except struct_error:
        return ImageHead("qcow2", truncated=True)
    if version not in (2, 3) or not 9 <= cluster_bits <= 21:
        # version 1 is another format of the same magic; a cluster beyond 2 MiB is a lie
        return ImageHead("qcow" if version == 1 else "unknown", version)
    cluster = 1 << cluster_bits
    backing = b""
    if backing_offset:
        if not 0 < backing_length <= _MAX_NAME or backing_offset + backing_length > len(data):
            backing = b"(a name that cannot be read)"
        else:
            backing = data[backing_offset : backing_offset + backing_length]
    extensions = _extensions(data, header, backing_offset or len(data))
    ends = (header, l1_offset + 8 * l1_entries, refs_offset + cluster * min(refs_clusters, 1), snapshots_offset)
    return ImageHead(
        "qcow2", version, virtual, backing.decode(errors="replace"),
        extensions.get(_EXT_BACKING_FORMAT, b"").decode(errors="replace"),
        bool(incompatible & _DATA_FILE) or _EXT_DATA_FILE in extensions, bool(crypt), bool(incompatible & _CORRUPT),
        max(ends) > size, cluster, l1_offset, 0 if incompatible & _EXTENDED else l1_entries, snapshots,
    )  # fmt: skip


def _extensions(data: bytes, offset: int, end: int) -> dict[int, bytes]:
    """Header extensions by type; they end with type 0 or where the backing file's name begins."""
    found: dict[int, bytes] = {}
    end = min(end, len(data))
    while offset + 8 <= end:
        kind, length = unpack_from(">II", data, offset)
        if kind == 0 or offset + 8 + length > end:
            break
        found[kind] = data[offset + 8 : offset + 8 + length]
        offset += 8 + (length + 7) // 8 * 8
    return found


def refusal(head: ImageHead) -> tuple[str, str] | None:
    """Why an image from outside must not be used, and what to do; ``None`` when it may be."""
    kind = head.kind
    if kind in PACKED:
        return f"It is packed ({kind}).", f"Unpack it first: {PACKED[kind]} FILE"
    if kind in _NONE:
        return _NONE[kind]
    if head.truncated:
        return "It is truncated: it ends before its own tables.", "Copy or download it again, and compare checksums."
    if leak := _leak(head):
        return leak, "Flatten it first: qemu-img convert -O qcow2 IMAGE FLAT"
    if head.encrypted or kind == "luks":
        return "It is encrypted.", "Decrypt it first: Limen cannot give the hypervisor its key."
    if head.corrupt:
        return "It is marked as corrupt.", "Repair it first: qemu-img check -r all IMAGE"
    if kind not in USABLE:
        return f"It is a {kind} image.", f"Convert it first: qemu-img convert -f {kind} -O qcow2 IMAGE NEW"
    return None


def _leak(head: ImageHead) -> str:
    """What of the host the image would show to a guest, if anything."""
    if head.backing_file:
        return (
            f"It is only the changes on top of another file: {clean(head.backing_file)[:200]}. The hypervisor would "
            "open that file on the host, and the guest could read it."
        )
    if head.data_file:
        return "Its data lies in another file that it names; the hypervisor would open that on the host."
    return ""
