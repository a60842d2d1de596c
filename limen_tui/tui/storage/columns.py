"""Columns of volumes. Pure but for the types of the table; UI thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import localtime, strftime
from typing import Final

from limen_widgets.line_table import Column

from limen_tui.model.images import Image, ImageKind
from limen_tui.model.units import UNKNOWN, clean, size
from limen_tui.tui.fleet.lines import Line

LOOKS: Final = {
    ImageKind.BASE: ("◆ base", "accent"), ImageKind.IMAGE: ("◇ image", "good"), ImageKind.ISO: ("◎ iso", "good"),
    ImageKind.DISK: ("▪ disk", "dim"),
}  # fmt: skip


def used_by(image: Image) -> str:
    """VMs and volumes that use it, in few words."""
    parts = list(image.users[:4])
    if len(image.users) > 4:
        parts.append(f"and {len(image.users) - 4} more")
    if image.above:
        parts.append(f"{len(image.above)} on top")
    return " ".join(clean(part) for part in parts)


def day(at: float | None) -> str:
    """Date and time of a change."""
    return UNKNOWN if at is None else strftime("%Y-%m-%d %H:%M", localtime(at))


def volume_columns() -> Sequence[Column[Image]]:
    """Name, kind, format, sizes, who uses it, what is below."""

    def kind(image: Image) -> Line:
        return (LOOKS[image.kind],)

    def of(make: Callable[[Image], str]) -> Callable[[Image], str]:
        return lambda image: make(image) or ""

    return (
        Column("name", "Volume", lambda i: clean(i.volume.name), lambda i: i.volume.name.lower(), min_width=26,
               max_width=64, flex=4, sticky=True, priority=0, highlight=False),
        Column("kind", "Kind", kind, lambda i: i.kind.value, width=8, priority=1, highlight=False),
        Column("format", "Format", of(lambda i: i.volume.format), lambda i: i.volume.format or None, width=6,
               priority=4, highlight=False),
        Column("size", "Size", lambda i: size(i.volume.capacity or None), lambda i: i.volume.capacity, width=8,
               align="right", descending_first=True, priority=2, highlight=False, header_help="What a guest sees"),
        Column("used", "On disk", lambda i: size(i.volume.allocation), lambda i: i.volume.allocation, width=8,
               align="right", descending_first=True, priority=3, highlight=False,
               header_help="What it takes of the pool"),
        Column("users", "Used by", used_by, lambda i: used_by(i) or None, min_width=8, max_width=40, flex=1,
               priority=2, highlight=False, header_help="VMs that name it, and how many volumes are on top of it"),
        Column("below", "On top of", of(lambda i: clean(i.chain[0].rpartition("/")[2]) if i.chain else ""),
               lambda i: i.chain[0] if i.chain else None, min_width=8, max_width=40, flex=1, priority=6,
               highlight=False, header_help="The volume that it holds the changes to"),
        Column("pool", "Pool", of(lambda i: clean(i.volume.pool)), lambda i: i.volume.pool or None, max_width=20,
               priority=7, default=False, highlight=False),
        Column("modified", "Changed", lambda i: day(i.volume.modified_at), lambda i: i.volume.modified_at, width=16,
               descending_first=True, priority=8, highlight=False),
        Column("path", "Path", of(lambda i: clean(i.volume.path)), lambda i: i.volume.path, min_width=8, max_width=80,
               flex=1, priority=9, default=False, highlight=False),
    )  # fmt: skip
