"""What is said about a pool and a volume, line by line. Pure but for the kinds of text; UI thread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from limen_tui.errors import LimenError
from limen_tui.fleet.images import Stock
from limen_tui.fleet.pooling import PoolSurvey, some
from limen_tui.model.imagehead import ImageHead, refusal
from limen_tui.model.images import Image
from limen_tui.model.storage import Pool
from limen_tui.model.units import clean, size
from limen_tui.tui.fleet.cells import heat
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.storage.columns import day
from limen_tui.tui.tablepanel import fact


def empty_text(
    stock: Stock | None, pool: Pool | None, problem: LimenError | None, *, everything: bool, filtered: bool
) -> str:
    """Why there are no volumes, and what to do."""
    if problem is not None:
        return "\n".join(clean(part) for part in (problem.title, problem.detail, problem.hint) if part)
    if stock is None:
        return "Asking the host."
    if pool is None and not everything:
        return "This pool is gone.\n\nEsc leads back."
    if pool is not None and not pool.active:
        return "This pool is not active: its volumes are not known.\n\ns starts it."
    if filtered:
        return "Nothing matches the filter. Esc clears it."
    return "No volumes here.\n\nu uploads an image from this machine, I fetches a cloud image."


def delete_text(host_name: str, found: PoolSurvey, notes: Iterable[str]) -> str:
    """What is asked before a pool is forgotten: what lies in it, that it stays, who uses it."""
    pool, stopped = found.pool, found.use.stopped
    count = ". Its volumes are not counted while it is stopped."
    if pool.volumes is not None:
        count = f", with {pool.volumes or 'no'} volume{'' if pool.volumes == 1 else 's'}."
    first = f"{clean(pool.name)} on {clean(host_name)}{count}"
    what = "It is stopped, and its definition forgotten." if pool.active else "Its definition is forgotten."
    users = "No VM has a disk in it."
    if stopped:
        users = f"{some(stopped)} {'has' if len(stopped) == 1 else 'have'} disks in it and may not start without it."
    return "\n".join((first, " ".join((what, *map(clean, notes))), "", users))


def pool_line(
    name: str | None, host_name: str, pool: Pool | None, stock: Stock | None, problem: LimenError | None, *,
    images_only: bool,
) -> Line:  # fmt: skip
    """The pool on show, ``None`` for all of the host, and how full it is."""
    what = "all pools" if name is None else clean(name)
    line: list[Any] = [(f" {what}", "details--value"), (f" on {clean(host_name)}", "details--label")]
    if pool is not None and name is not None:
        line.append((f"  {pool.kind} {clean(pool.path)}", "details--label"))
        if pool.capacity:
            used = 100.0 * (pool.capacity - pool.available) / pool.capacity
            kind = {"good": "good", "warn": "warn", "bad": "bad"}.get(heat(used), "good")
            line += [(f"  {used:.0f} % used", f"details--{kind}"), (f" of {size(pool.capacity)}", "details--label"),
                     (f"  {size(pool.available)} free", "details--value")]  # fmt: skip
    if images_only:
        line.append(("  images only", "details--warn"))
    if problem is not None:
        line.append((f"  {clean(problem.title)}", "details--bad"))
    elif name is None and stock is not None and stock.unread:
        line.append((f"  not listed: {clean(', '.join(stock.unread))}", "details--warn"))
    return tuple(line)


def details(image: Image, head: ImageHead | LimenError | None) -> list[Line]:
    """At most four lines about a volume; ``head`` is what was found inside, if somebody looked."""
    volume = image.volume
    first: Line = (
        (f" {clean(volume.name)}", "details--value"), (f"  {image.kind.value}", "details--label"),
        (f"  {volume.format}", ""), *fact("  size", size(volume.capacity or None)),
        *fact(" on disk", size(volume.allocation)), *fact(" changed", day(volume.modified_at)),
    )  # fmt: skip
    lines: list[Line] = [first, tuple(fact("path", clean(volume.path)))]
    if head is not None:
        lines.append(head_line(head))
    if image.chain:
        lines.append(tuple(fact("on top of", " ← ".join(clean(path) for path in image.chain))))
    if reason := image.keep_reason:
        lines.append(((f" kept: {reason}", "details--warn"),))
    return lines[:4]


def head_line(head: ImageHead | LimenError) -> Line:
    """What the first bytes of a volume say."""
    if isinstance(head, LimenError):
        return ((f" inside: {clean(head.title)}. {clean(head.detail)}", "details--bad"),)
    why = refusal(head)
    said = f"{head.kind}{f' version {head.version}' if head.version else ''}"
    line: list[Any] = [*fact("inside", said)]
    if head.virtual_size:
        line += fact(" size", size(head.virtual_size))
    if head.snapshots:
        line += fact(" internal snapshots", str(head.snapshots))
    line.append((f"  {why[0]}", "details--warn") if why else ("  sound", "details--good"))
    return tuple(line)
