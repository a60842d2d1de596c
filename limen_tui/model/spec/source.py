"""What a new VM is made from. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A volume by the names people know it by."""

    pool: str
    volume: str

    def __str__(self) -> str:
        return f"{self.pool}/{self.volume}"


@dataclass(frozen=True, slots=True)
class Blank:
    """From nothing: an empty disk, and whatever boots it."""

    kind: ClassVar[str] = "blank"


@dataclass(frozen=True, slots=True)
class CloudImage:
    """A copy-on-write clone of a base image, set up by cloud-init."""

    kind: ClassVar[str] = "cloud-image"
    pool: str = ""
    volume: str = ""

    @property
    def image(self) -> ImageRef:
        """The base image."""
        return ImageRef(self.pool, self.volume)


@dataclass(frozen=True, slots=True)
class IsoInstall:
    """An installer's ISO in a CD drive, booted before the disk until it is ejected."""

    kind: ClassVar[str] = "iso"
    pool: str = ""
    volume: str = ""

    @property
    def image(self) -> ImageRef:
        """The ISO."""
        return ImageRef(self.pool, self.volume)


@dataclass(frozen=True, slots=True)
class ImportDisk:
    """An existing disk becomes the VM's own boot disk; nothing is copied."""

    kind: ClassVar[str] = "import"
    pool: str = ""
    volume: str = ""

    @property
    def image(self) -> ImageRef:
        """The disk."""
        return ImageRef(self.pool, self.volume)


@dataclass(frozen=True, slots=True)
class Pxe:
    """Booted from the network through the first NIC; the disk comes next."""

    kind: ClassVar[str] = "pxe"


@dataclass(frozen=True, slots=True)
class DirectKernel:
    """QEMU loads the kernel itself. Absolute paths on the host."""

    kind: ClassVar[str] = "kernel"
    kernel: str = ""
    initrd: str = ""
    cmdline: str = ""


@dataclass(frozen=True, slots=True)
class CopyOf:
    """The settings of another VM. With ``xml`` that definition (without secrets) is what is copied."""

    kind: ClassVar[str] = "copy"
    uuid: str = ""
    xml: str = ""


Source = Blank | CloudImage | IsoInstall | ImportDisk | Pxe | DirectKernel | CopyOf
"""Any of them; ``kind`` tells which, also in JSON and TOML."""
SOURCES: tuple[type[Source], ...] = (CloudImage, IsoInstall, ImportDisk, Pxe, DirectKernel, CopyOf, Blank)
