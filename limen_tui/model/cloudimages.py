"""Cloud images that distributions publish, by name, with their official addresses and checksum files. Pure.

Only addresses that a distribution keeps up to date, or that name a release for good; what has moved is told by the
server, and nothing is used without its checksum. A name can be followed by an architecture: ``debian-13:aarch64``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from limen_tui.errors import InputError
from limen_tui.model.units import clean

X86, ARM = "x86_64", "aarch64"


@dataclass(frozen=True, slots=True)
class CloudImage:
    """A published image for one architecture."""

    name: str
    """As it is asked for: ``debian-12``."""
    title: str
    arch: str
    url: str
    checksum_url: str
    user: str
    """Whom cloud-init makes where nothing else is said."""

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.url.rpartition("/")[2]


def _beside(url: str, sums: str) -> str:
    return f"{url.rpartition('/')[0]}/{sums}"


def _debian(number: int, code: str) -> Iterator[CloudImage]:
    for arch, word in ((X86, "amd64"), (ARM, "arm64")):
        url = f"https://cloud.debian.org/images/cloud/{code}/latest/debian-{number}-generic-{word}.qcow2"
        title = f"Debian {number} ({code})"
        yield CloudImage(f"debian-{number}", title, arch, url, _beside(url, "SHA512SUMS"), "debian")


def _ubuntu(number: str, code: str) -> Iterator[CloudImage]:
    for arch, word in ((X86, "amd64"), (ARM, "arm64")):
        url = f"https://cloud-images.ubuntu.com/{code}/current/{code}-server-cloudimg-{word}.img"
        title = f"Ubuntu {number} LTS ({code})"
        yield CloudImage(f"ubuntu-{number}", title, arch, url, _beside(url, "SHA256SUMS"), "ubuntu")


def _fedora(number: int, build: str) -> Iterator[CloudImage]:
    for arch in (X86, ARM):
        folder = f"https://download.fedoraproject.org/pub/fedora/linux/releases/{number}/Cloud/{arch}/images"
        url = f"{folder}/Fedora-Cloud-Base-Generic-{number}-{build}.{arch}.qcow2"
        sums = f"{folder}/Fedora-Cloud-{number}-{build}-{arch}-CHECKSUM"
        yield CloudImage(f"fedora-{number}", f"Fedora Cloud {number}", arch, url, sums, "fedora")


def _alma(number: int) -> Iterator[CloudImage]:
    for arch in (X86, ARM):
        url = (f"https://repo.almalinux.org/almalinux/{number}/cloud/{arch}/images/"
               f"AlmaLinux-{number}-GenericCloud-latest.{arch}.qcow2")  # fmt: skip
        yield CloudImage(f"alma-{number}", f"AlmaLinux {number}", arch, url, _beside(url, "CHECKSUM"), "almalinux")


def _rocky(number: int) -> Iterator[CloudImage]:
    for arch in (X86, ARM):
        url = (f"https://dl.rockylinux.org/pub/rocky/{number}/images/{arch}/"
               f"Rocky-{number}-GenericCloud-Base.latest.{arch}.qcow2")  # fmt: skip
        yield CloudImage(f"rocky-{number}", f"Rocky Linux {number}", arch, url, f"{url}.CHECKSUM", "rocky")


def _suse(number: str) -> Iterator[CloudImage]:
    for arch in (X86, ARM):
        url = (f"https://download.opensuse.org/distribution/leap/{number}/appliances/"
               f"openSUSE-Leap-{number}-Minimal-VM.{arch}-Cloud.qcow2")  # fmt: skip
        yield CloudImage(f"opensuse-{number}", f"openSUSE Leap {number}", arch, url, f"{url}.sha256", "sles")


def _alpine(release: str, patch: str) -> Iterator[CloudImage]:
    for arch, firmware in ((X86, "bios"), (ARM, "uefi")):
        url = (f"https://dl-cdn.alpinelinux.org/alpine/v{release}/releases/cloud/"
               f"nocloud_alpine-{patch}-{arch}-{firmware}-cloudinit-r0.qcow2")  # fmt: skip
        yield CloudImage(f"alpine-{release}", f"Alpine {release}", arch, url, f"{url}.sha512", "alpine")


def _arch() -> Iterator[CloudImage]:
    url = "https://geo.mirror.pkgbuild.com/images/latest/Arch-Linux-x86_64-cloudimg.qcow2"
    yield CloudImage("arch", "Arch Linux (latest)", X86, url, f"{url}.SHA256", "arch")


KNOWN: Final[tuple[CloudImage, ...]] = (
    *_debian(13, "trixie"), *_debian(12, "bookworm"), *_ubuntu("24.04", "noble"), *_ubuntu("22.04", "jammy"),
    *_fedora(43, "1.6"), *_alma(10), *_alma(9), *_rocky(10), *_rocky(9), *_suse("15.6"),
    *_alpine("3.22", "3.22.2"), *_arch(),
)  # fmt: skip


def known(arch: str = X86) -> tuple[CloudImage, ...]:
    """Those of one architecture, as libvirt names it."""
    return tuple(image for image in KNOWN if image.arch == arch)


def find(name: str, arch: str = X86) -> CloudImage:
    """By name, with ``:arch`` or for ``arch``. Raises ``InputError`` with names that are near."""
    wanted, _, said = name.strip().lower().partition(":")
    of_arch = {image.name: image for image in known(said or arch)}
    if wanted in of_arch:
        return of_arch[wanted]
    # `debian` is the newest debian
    newest = next((image for each, image in of_arch.items() if each.partition("-")[0] == wanted), None)
    if newest is not None:
        return newest
    near = get_close_matches(wanted, of_arch, 3, 0.4)
    raise InputError(
        f"No known cloud image is called {clean(name)!r}" + (f" for {clean(said or arch)}" if not of_arch else ""),
        hint="Did you mean " + ", ".join(near) + "?" if near else "`limen images --known` lists them.",
    )
