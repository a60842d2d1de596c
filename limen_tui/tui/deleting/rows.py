"""The list of the delete dialog: what goes and what stays, with nothing cut off. May import limen_widgets, model. Pure.

A path, or the reason why a disk stays, that is longer than its column goes on in lines of its own below.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from limen_widgets.line_table import Column
from rich.cells import cell_len, chop_cells

from limen_tui.errors import LimenError
from limen_tui.model.deletion import DiskFate, Survey
from limen_tui.model.host import problem_of
from limen_tui.model.units import clean, paragraph, size
from limen_tui.tui.fleet.lines import Line

Parts = list[tuple[str, str]]
"""Texts with their kind of style."""

FRAME: Final = 8
"""Cells of the dialog that are not the list's: border, padding, the gutter of marks, the scrollbar."""
USED, FATE, LEAST = 9, 14, 16
TRASH, GOES, STAYS = "to the trash", "goes", "stays"
_FATES: Final = {GOES: ("✗ goes", "bad"), TRASH: ("● to the trash", "warn"), STAYS: ("○ stays", "good")}


@dataclass(frozen=True, slots=True)
class Row:
    """One line. ``number`` tells the lines of one VM apart; those that go on another have its disk, too."""

    place: int
    number: int
    text: Line = ()
    fate: DiskFate | None = None
    kind: str = ""
    used: str = ""


def room_for_what(width: int) -> int:
    """Cells of the column that says what, in a dialog of ``width`` cells."""
    return max(LEAST, width - FRAME - USED - FATE - 2)


def rows_of(place: int, name: str, found: Survey | LimenError | None, purges: bool, room: int) -> list[Row]:
    """The lines of one VM; ``name`` is empty where there is no other, ``room`` in cells."""
    made: list[Row] = []
    for parts, begun in _entries(name, found, purges):
        row = begun
        for line in _broken(parts, room - 2 if name and made else room):
            text = (("  ", ""), *line) if name and made else line
            made.append(replace(row, place=place, number=len(made), text=text))
            row = replace(row, kind="", used="")  # the lines that go on say neither again
    return made


def _entries(name: str, found: Survey | LimenError | None, purges: bool) -> Iterator[tuple[Parts, Row]]:
    """What is said of each thing, and the row that it begins."""
    row = Row(0, 0)
    head = f"{name}: " if name else ""
    if found is None:
        yield [(f"{head}looking at it ...", "dim")], row
    elif isinstance(found, LimenError):
        problem = problem_of(found)
        yield [(f"{head}left out: " + paragraph(problem.title, problem.detail), "bad")], row
    elif found.refusal:
        why = found.refusal.removeprefix(f"{found.name} ")
        yield [(f"{name} is left out: it {why}" if name else f"It {why}", "warn")], row
    else:
        fate = GOES if purges else TRASH
        yield [(name or "definition", "")], replace(row, kind=fate)
        if found.sweep:
            yield [("UEFI variables, TPM state", "")], replace(row, kind=fate)
        for disk in found.disks:
            used = "" if disk.volume is None else size(disk.volume.allocation)
            parts = [(disk.disk.target, ""), (disk.disk.source or "(empty)", "")]
            if not disk.goes:
                parts.append((f"stays: {disk.stays}" if disk.stays else "chosen to stay", ""))
            yield parts, replace(row, fate=disk, kind=fate if disk.goes else STAYS, used=used)


def _broken(parts: Parts, room: int) -> Iterator[Line]:
    """In as few lines as hold all of it, those after the first set in."""
    (text, kind), *others = [(clean(text), kind) for text, kind in parts]
    if not others:
        yield from (((line, kind),) for line in _wrapped(text, room))
        return
    if cell_len(text) + 2 + cell_len(others[0][0]) <= room:
        yield (text, kind), ("  " + others[0][0], others[0][1])
        others = others[1:]
    else:
        yield ((text, kind),)
    for text, kind in others:
        yield from (((f"  {line}", kind),) for line in _wrapped(text, max(1, room - 2)))


def _wrapped(text: str, room: int) -> list[str]:
    """Between words where it has some; a path anywhere."""
    lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [text]
    return [part for line in lines for part in chop_cells(line, room)]


def columns() -> Sequence[Column[Row]]:
    """Of the list."""
    return (
        Column("what", "What", lambda row: row.text, min_width=LEAST, max_width=LEAST, flex=1, priority=0,
               highlight=False),
        Column("used", "Used", lambda row: row.used, width=USED, align="right", priority=3, highlight=False),
        Column("fate", "Fate", _fate, width=FATE, priority=1, highlight=False),
    )  # fmt: skip


def _fate(row: Row) -> Line:
    return (_FATES[row.kind],) if row.kind else ()
