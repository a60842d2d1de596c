"""The catalogue of images of a host: what lies in its pools, what it is for, and who uses it. Pure values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from limen_tui.model.storage import Volume
from limen_tui.model.units import clean
from limen_tui.model.vm import VM

DEEPEST: Final = 64


class ImageKind(StrEnum):
    """What a volume is to a person who looks for an image."""

    BASE = "base"
    """Disks are on top of it."""
    IMAGE = "image"
    """A disk image that no VM uses: to make VMs from."""
    ISO = "iso"
    DISK = "disk"
    """A VM's own."""


@dataclass(frozen=True, slots=True)
class Image:
    """A volume and its place among the others. Names are from outside."""

    host_id: str
    host_name: str
    volume: Volume
    kind: ImageKind
    users: tuple[str, ...] = ()
    """VMs that name it in their definition."""
    above: tuple[str, ...] = ()
    """Volumes that are on top of it, as ``pool/name``."""
    through: tuple[str, ...] = ()
    """VMs that use it by way of what is on top of it."""
    chain: tuple[str, ...] = ()
    """Paths below it, nearest first."""

    @property
    def keep_reason(self) -> str:
        """Why it must be neither deleted nor written, as a clause; empty when it may be."""
        if self.above:
            through = f" (VMs: {_some(self.through)})" if self.through else ""
            return f"{_some(self.above)} {'is' if len(self.above) == 1 else 'are'} on top of it{through}"
        return f"{_some(self.users)} {'uses' if len(self.users) == 1 else 'use'} it" if self.users else ""


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(clean(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def catalogue(host_id: str, host_name: str, volumes: Iterable[Volume], vms: Iterable[VM]) -> tuple[Image, ...]:
    """Every volume of a host with who uses it, by pool and name. ``vms`` are those of that host."""
    volumes = tuple(volumes)
    by_path = {volume.path: volume for volume in volumes if volume.path}
    above: dict[str, list[Volume]] = {}
    for volume in volumes:
        if volume.backing_path:
            above.setdefault(volume.backing_path, []).append(volume)
    sources: dict[str, set[str]] = {}
    for vm in vms:
        for disk in vm.facts.disks:
            if disk.source:
                sources.setdefault(disk.source, set()).add(vm.name)

    def direct(volume: Volume) -> set[str]:
        return sources.get(volume.path, set()) | sources.get(f"{volume.pool}/{volume.name}", set())

    def image(volume: Volume) -> Image:
        users, on_top = direct(volume), above.get(volume.path, []) if volume.path else []
        return Image(
            host_id, host_name, volume, kind_of(volume, on_top, users), tuple(sorted(users)),
            tuple(sorted(f"{each.pool}/{each.name}" for each in on_top)),
            tuple(sorted(set().union(*(direct(each) for each in _all_above(volume, above))))),
            _chain(volume, by_path),
        )  # fmt: skip

    return tuple(image(volume) for volume in sorted(volumes, key=lambda each: (each.pool, each.name)))


def kind_of(volume: Volume, on_top: Collection[object] = (), users: Collection[object] = ()) -> ImageKind:
    """What a volume is, by what is on top of it and by who uses it. The one rule for all who tell images from disks:
    a file that nobody uses and that stands on nothing is an image, to make VMs from."""
    if volume.is_iso:
        return ImageKind.ISO
    if on_top:
        return ImageKind.BASE
    return ImageKind.DISK if users or volume.backing_path or volume.kind != "file" else ImageKind.IMAGE


def _all_above(volume: Volume, above: Mapping[str, Sequence[Volume]]) -> list[Volume]:
    found: dict[str, Volume] = {}
    left = [volume]
    while left:
        for each in above.get(left.pop().path, ()):
            if each.path not in found and each.path != volume.path:  # a chain that bites its tail ends here
                found[each.path] = each
                left.append(each)
    return list(found.values())


def _chain(volume: Volume, by_path: Mapping[str, Volume]) -> tuple[str, ...]:
    chain: list[str] = []
    below = volume.backing_path
    while below and below not in chain and below != volume.path and len(chain) < DEEPEST:
        chain.append(below)
        under = by_path.get(below)
        below = under.backing_path if under is not None else ""
    return tuple(chain)
