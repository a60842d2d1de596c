"""Definitions of simulated pools. Imports the model; runs on the simulation's thread."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

from limen_tui.errors import Conflict, InputError, NotFound, ReadOnlyError
from limen_tui.model.storage import Pool
from limen_tui.model.units import clean

if TYPE_CHECKING:
    from limen_tui.hypervisor.simulated.storage import Stored

ROOM: Final = 500 << 30
"""Bytes of a new pool."""


class SimulatedPools:
    """Implements :class:`limen_tui.model.verbs.pools.PoolVerbs` on the pools and volumes of a simulated storage."""

    def __init__(
        self, pools: MutableMapping[str, Pool], stored: MutableMapping[str, dict[str, Stored]], *, read_only: bool
    ) -> None:
        self._pools = pools
        self._stored = stored
        self._read_only = read_only

    def xml(self, pool: str) -> str:
        """See PoolVerbs."""
        box = self._box(pool)
        return (
            f'<pool type="{box.kind}">\n  <name>{escape(box.name)}</name>\n  <uuid>{box.uuid}</uuid>\n'
            f"  <target>\n    <path>{escape(box.path)}</path>\n  </target>\n</pool>\n"
        )

    def define(self, xml: str) -> Pool:
        """See PoolVerbs."""
        from limen_tui.model.xml.parse import parse, text  # noqa: PLC0415 - lxml, late

        self._writable()
        root = parse(xml, "pool")
        name, path, uuid = text(root, "name"), text(root, "target/path"), text(root, "uuid")
        if not name:
            raise InputError("No storage pool was named")
        known = self._pools.get(name)
        if known is not None and known.uuid != uuid:
            raise Conflict("A pool of that name exists already",
                           f"pool '{clean(name)}' is already defined with uuid {known.uuid}", "Choose another name.")
        if any(box.path == path and box.name != name for box in self._pools.values()):
            raise Conflict("Another pool has that place", clean(path), "Use that pool, or choose another path.")
        made = Pool(uuid or str(uuid5(NAMESPACE_URL, name)), name, root.get("type", ""), path, capacity=ROOM,
                    available=ROOM)  # fmt: skip
        self._pools[name] = made if known is None else replace(known, path=path)
        self._stored.setdefault(name, {})
        return self._pools[name]

    def undefine(self, pool: str) -> None:
        """See PoolVerbs; its volumes come back with a pool of the same name."""
        self._writable()
        if self._box(pool).active:
            raise Conflict(f"The pool {clean(pool)} is active", f"storage pool '{clean(pool)}' is still active",
                           "Stop it first.")  # fmt: skip
        del self._pools[pool]

    def build(self, pool: str) -> None:
        """See PoolVerbs."""
        self._writable()
        self._box(pool)

    def set_autostart(self, pool: str, on: bool) -> None:
        """See PoolVerbs."""
        self._writable()
        self._pools[pool] = replace(self._box(pool), autostart=on)

    def _box(self, pool: str) -> Pool:
        if not pool:
            raise InputError("No storage pool was named")
        if pool not in self._pools:
            raise NotFound("The storage pool is gone", f"no storage pool with matching name '{clean(pool)}'",
                           "It may have been removed or renamed; refresh the view.")  # fmt: skip
        return self._pools[pool]

    def _writable(self) -> None:
        if self._read_only:
            raise ReadOnlyError("The host is read-only", hint="Start Limen without --read-only, or edit the host.")
