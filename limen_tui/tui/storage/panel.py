"""Storage pools over all hosts, with their fill. UI thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from limen_widgets.line_table import Column
from limen_widgets.line_table.messages import RowActivated
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from limen_tui.model.actions import BY_ID, Scope
from limen_tui.model.ports import HostVerbs
from limen_tui.model.storage import Pool
from limen_tui.model.units import UNKNOWN, clean, size
from limen_tui.tui.asking import AskingPanel, Row
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.cells import heat
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.keymap import show_key
from limen_tui.tui.tablepanel import fact

KEYS: Final = (
    ("pool.create", "n", "New"), ("pool.start", "s", "Start"), ("pool.stop", "S", "Stop"),
    ("pool.refresh", "R", "Rescan"), ("pool.autostart", "A", "Auto"), ("pool.delete", "ctrl+d", "Delete"),
    ("image.upload", "u", "Upload"), ("image.fetch", "I", "Cloud"),
)  # fmt: skip
"""Actions that have keys of their own here."""


class StoragePanel(AskingPanel[Pool]):
    """Pools: how full, where, of what kind. Enter shows the volumes of one."""

    view_id: ClassVar[str] = "storage"
    SORT: ClassVar[tuple[str, bool]] = ("name", False)
    DETAIL_LINES: ClassVar[int] = 3
    THINGS: ClassVar[str] = "storage pools"
    THEN: ClassVar[str] = ": n makes one"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"app.act('{action_id}')", BY_ID[action_id].label, show=False) for action_id, key, _ in KEYS
    ]
    OFFERS: ClassVar[frozenset[str]] = frozenset(id_ for id_, *_ in KEYS if BY_ID[id_].scope is Scope.VIEW)
    DEFAULT_CSS = """
    StoragePanel #storage-keys { height: 1; padding: 0 1; color: $text-muted; background: $panel; }
    """

    def compose(self) -> ComposeResult:
        """With the keys that work here at the bottom."""
        yield from super().compose()
        words = "  ".join(["⏎ Open", *(f"{show_key(key)} {word}" for _, key, word in KEYS)])
        yield Static(words, id="storage-keys", markup=False)

    @on(RowActivated)
    def _open(self, event: RowActivated) -> None:
        event.stop()
        row: Row[Pool] = event.row
        if row.thing is not None:
            from limen_tui.tui.storage.volumes import VolumesScreen  # noqa: PLC0415 - made when it is looked at

            self.app.push_screen(VolumesScreen(self.limen, row.host_id, row.host_name, row.thing.name))

    def question(self) -> Callable[[HostVerbs], Sequence[Pool]]:
        """virConnectListAllStoragePools, through the session."""
        return lambda verbs: verbs.pools()

    def key_of(self, thing: Pool) -> str:
        """The pool's UUID."""
        return thing.uuid

    def columns(self) -> Sequence[Column[Row[Pool]]]:
        """Of the table."""
        return pool_columns()

    def search(self, row: Row[Pool]) -> str:
        """Name, host, kind, path."""
        pool = row.thing
        return f"{row.host_name} {row.note}" + (f" {pool.name} {pool.kind} {pool.path}" if pool else "")

    def details(self, row: Row[Pool]) -> list[Line]:
        """Sizes and flags of a pool."""
        pool = row.thing
        if pool is None:
            return self.problem_line(row)
        flags = [word for word, on in (("autostart", pool.autostart), ("transient", not pool.persistent)) if on]
        return [
            ((f" {clean(pool.name)}", "details--value"), (f"  on {clean(row.host_name)}", "details--label"),
             (f"  {' '.join(flags)}", ""),
             ("" if pool.active else "  inactive: s starts it", "details--warn")),
            (*fact("capacity", size(pool.capacity)), *fact(" allocated", size(pool.allocation)),
             *fact(" free", size(pool.available))),
            (*fact("path", clean(pool.path) or UNKNOWN), *fact(" UUID", pool.uuid)),
        ]  # fmt: skip


def _used(row: Row[Pool]) -> float | None:
    pool = row.thing
    if pool is None or not pool.active or not pool.capacity:
        return None
    return 100.0 * (pool.capacity - pool.available) / pool.capacity


def _fill(row: Row[Pool]) -> Line:
    used = _used(row)
    if used is None:
        return ()
    kind = heat(used)
    return (*fmt.meter(used, 8, kind), (f" {used:>3.0f} %", kind))


def _state(row: Row[Pool]) -> Line:
    if row.thing is None:
        return ()
    return (("● active", "good"),) if row.thing.active else (("○ inactive", "dim"),)


def pool_columns() -> Sequence[Column[Row[Pool]]]:
    """Rows without a pool say why in the place of its name."""

    def name(row: Row[Pool]) -> Line:
        return ((row.thing.name, ""),) if row.thing is not None else ((row.note, "warn" if row.problem else "dim"),)

    def of(make: Callable[[Pool], str]) -> Callable[[Row[Pool]], str]:
        return lambda row: make(row.thing) if row.thing is not None else ""

    return (
        Column("name", "Pool", name, lambda r: r.thing.name.lower() if r.thing else None, min_width=10, max_width=48,
               flex=1, sticky=True, priority=0, highlight=False),
        Column("host", "Host", lambda r: r.host_name, lambda r: r.host_name.lower(), min_width=6, max_width=24,
               priority=1, highlight=False),
        Column("state", "State", _state, lambda r: r.thing.active if r.thing else None, width=10, priority=3),
        Column("fill", "Used", _fill, _used, width=14, descending_first=True, priority=2, highlight=False),
        Column("capacity", "Capacity", of(lambda p: size(p.capacity)), lambda r: r.thing.capacity if r.thing else None,
               width=9, align="right", descending_first=True, priority=4, highlight=False),
        Column("available", "Free", of(lambda p: size(p.available)), lambda r: r.thing.available if r.thing else None,
               width=9, align="right", priority=3, highlight=False),
        Column("volumes", "Volumes", of(lambda p: UNKNOWN if p.volumes is None else str(p.volumes)),
               lambda r: r.thing.volumes if r.thing else None, width=7, align="right", descending_first=True,
               priority=6),
        Column("kind", "Kind", of(lambda p: p.kind), lambda r: r.thing.kind if r.thing else None, min_width=4,
               max_width=12, priority=6, highlight=False),
        Column("path", "Path", of(lambda p: p.path), lambda r: r.thing.path if r.thing else None, min_width=8,
               max_width=60, flex=1, priority=7, highlight=False),
    )  # fmt: skip
