"""Pools and volumes of a simulated host. Imports the model; runs on the simulation's thread."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from limen_tui.errors import Cancelled as Stopped
from limen_tui.errors import Conflict, InputError, NotFound, ReadOnlyError, StepFailed
from limen_tui.hypervisor.simulated.blocks import BLOCK, MOST, Blocks, head_of
from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.hypervisor.simulated.stock import stock
from limen_tui.model.imagecheck import ends_early
from limen_tui.model.imagehead import HEAD, ImageHead, read_head
from limen_tui.model.storage import Pool, Volume
from limen_tui.model.units import clean, size
from limen_tui.model.verbs.storage import Cancelled, Progress, Sink, Source, ignore, never

if TYPE_CHECKING:
    from limen_tui.hypervisor.simulated.pools import SimulatedPools

GIB: Final = 1 << 30
PIECE: Final = 4 * BLOCK


@dataclass(slots=True)
class Stored:
    """A volume and its bytes."""

    volume: Volume
    blocks: Blocks = field(default_factory=Blocks)


class SimulatedStorage:
    """Implements :class:`limen_tui.model.verbs.storage.StorageVerbs`."""

    def __init__(
        self, machines: Collection[Machine], number: int, now: Callable[[], float], *, read_only: bool
    ) -> None:
        self._now = now
        self._read_only = read_only
        self._pools: dict[str, Pool] = {}
        self._stored: dict[str, dict[str, Stored]] = {}
        fill = 0.35 + number % 5 * 0.14
        for place, (name, kind, room, path) in enumerate((
            ("default", "dir", 1800 * GIB, "/var/lib/libvirt/images"), ("vg0", "logical", 3600 * GIB, "/dev/vg0"),
            ("iso", "dir", 200 * GIB, "/srv/iso"),
        )):  # fmt: skip
            used = int(room * min(0.97, fill + 0.1 * place))
            self._pools[name] = Pool(
                f"{number:08x}-0000-4000-8000-{place:012x}", name, kind, path, name != "iso" or number % 3 != 0,
                True, True, room, used, room - used,
            )  # fmt: skip
            self._stored[name] = {}
        for volume in stock(machines, now()):
            self._keep(volume)

    def pools(self) -> tuple[Pool, ...]:
        """As :meth:`limen_tui.model.ports.HostVerbs.pools` says."""
        return tuple(
            replace(pool, volumes=len(self._stored[name]) if pool.active else None)
            for name, pool in self._pools.items()
        )

    def definitions(self) -> SimulatedPools:
        """What can be asked about the definitions of these pools."""
        from limen_tui.hypervisor.simulated.pools import SimulatedPools  # noqa: PLC0415 - when it is asked for

        return SimulatedPools(self._pools, self._stored, read_only=self._read_only)

    def volumes(self, pool: str) -> tuple[Volume, ...]:
        """See StorageVerbs."""
        kept = self._active(pool)
        return tuple(kept[name].volume for name in sorted(kept))

    def volume(self, pool: str, name: str) -> Volume:
        """See StorageVerbs."""
        return self._find(pool, name).volume

    def by_path(self, path: str) -> Volume | None:
        """See StorageVerbs."""
        for name, pool in self._pools.items():
            if pool.active:
                for stored in self._stored[name].values():
                    if stored.volume.path == path:
                        return stored.volume
        return None

    def chain(self, pool: str, name: str) -> tuple[Volume, ...]:
        """See StorageVerbs."""
        chain = [self.volume(pool, name)]
        while (below := chain[-1].backing_path) and len(chain) < 64:
            found = self.by_path(below)
            chain.append(found or Volume("", below.rpartition("/")[2], below, format=chain[-1].backing_format))
            if found is None:
                break
        return tuple(chain)

    def create(self, pool: str, xml: str) -> Volume:
        """See StorageVerbs."""
        from limen_tui.model.xml.volume import check_volume_name, read_volume  # noqa: PLC0415 - lxml, late

        self._writable()
        kept, box = self._active(pool), self._pools[pool]
        asked = read_volume(xml, pool)
        check_volume_name(asked.name)
        if asked.name in kept:
            raise Conflict(f"{clean(asked.name)} exists already in {clean(pool)}",
                           f"storage volume name '{clean(asked.name)}' already in use",
                           "Choose another name, or remove it first.")  # fmt: skip
        block = box.kind == "logical"
        taken = asked.capacity if block else min(asked.allocation, asked.capacity)
        made = replace(
            asked, path=f"{box.path}/{asked.name}", kind="block" if block else "file", format=asked.format or "raw",
            allocation=taken, physical=taken if asked.format == "qcow2" else asked.capacity, modified_at=self._now(),
        )  # fmt: skip
        if made.format == "qcow2":
            made = replace(made, physical=4 * BLOCK, allocation=max(taken, 4 * BLOCK))
        self._take(pool, made.allocation)
        self._keep(made)
        return made

    def flatten(self, pool: str, name: str, new: str) -> Volume:
        """See StorageVerbs."""
        from limen_tui.model.xml.volume import volume_xml  # noqa: PLC0415 - lxml, late

        self._writable()
        chain = self.chain(pool, name)
        taken = min(chain[0].capacity, sum(volume.allocation for volume in chain))
        made = self.create(pool, volume_xml(new, chain[0].capacity, "qcow2", allocation=taken))
        self._stored[pool][new].volume = replace(made, physical=max(made.physical, taken))
        return self._stored[pool][new].volume

    def delete(self, pool: str, name: str) -> None:
        """See StorageVerbs."""
        self._writable()
        self._take(pool, -self._find(pool, name).volume.allocation)
        del self._stored[pool][name]

    def resize(self, pool: str, name: str, capacity: int) -> None:
        """See StorageVerbs."""
        self._writable()
        stored = self._find(pool, name)
        old = stored.volume
        if capacity < old.capacity:
            raise Conflict(
                f"{clean(name)} would shrink", f"It has {size(old.capacity)} and was to have {size(capacity)}.",
                "A disk never shrinks: what lies beyond the end would be lost.",
            )
        block = old.kind == "block"
        if block:
            self._take(pool, capacity - old.capacity)
        stored.volume = replace(
            old, capacity=capacity, physical=old.physical if old.format == "qcow2" else capacity,
            allocation=capacity if block else old.allocation, modified_at=self._now(),
        )  # fmt: skip

    def start(self, pool: str) -> None:
        """See StorageVerbs."""
        self._writable()
        box = self._box(pool)
        if box.active:
            raise Conflict(f"The pool {clean(pool)} is active already",
                           f"storage pool '{clean(pool)}' is already active")  # fmt: skip
        self._pools[pool] = replace(box, active=True)

    def stop(self, pool: str) -> None:
        """See StorageVerbs."""
        self._writable()
        self._active(pool)
        self._pools[pool] = replace(self._pools[pool], active=False)

    def refresh(self, pool: str) -> None:
        """See StorageVerbs."""
        self._writable()
        self._active(pool)

    def upload(
        self, pool: str, name: str, source: Source, size: int, *, offset: int = 0, progress: Progress = ignore,
        cancelled: Cancelled = never,
    ) -> None:
        """See StorageVerbs."""
        self._writable()
        stored, done = self._find(pool, name), 0
        while done < size:
            _go_on(cancelled, name)
            data = source(min(PIECE, size - done))
            if not data:
                raise InputError("The file ended early", f"{done} of {size} bytes of {clean(name)} came.",
                                 "It changed while it was read; start again.")  # fmt: skip
            if sum(each.blocks.kept for kept in self._stored.values() for each in kept.values()) > MOST:
                raise StepFailed(f"The pool {clean(pool)} is full", "The simulation keeps no more in memory.")
            stored.blocks.write(offset + done, data)
            done += len(data)
            progress(done)
        _go_on(cancelled, name)
        self._wrote(pool, stored, offset + size)

    def _wrote(self, pool: str, stored: Stored, end: int) -> None:
        """As libvirt does after an upload: what is in the file now is what the volume is."""
        old = stored.volume
        length = max(end, old.physical) if old.format == "raw" else end
        head = read_head(stored.blocks.read(0, min(HEAD, length)), length)
        taken = old.allocation if old.kind == "block" else max(old.allocation, end)
        self._take(pool, taken - old.allocation)
        new = replace(old, physical=length, allocation=taken, modified_at=self._now())
        if head.kind == "qcow2" and old.kind == "file":
            new = replace(new, format="qcow2", capacity=head.virtual_size, backing_path=head.backing_file,
                          backing_format=head.backing_format)  # fmt: skip
        elif old.kind == "file":
            new = replace(new, format="iso" if head.kind == "iso" else "raw", capacity=length)
        stored.volume = new

    def download(
        self, pool: str, name: str, sink: Sink, *, offset: int = 0, length: int = 0, progress: Progress = ignore,
        cancelled: Cancelled = never,
    ) -> None:
        """See StorageVerbs."""
        stored = self._find(pool, name)
        left = max(0, stored.volume.physical - offset)
        end, at = offset + (min(length, left) if length else left), offset
        while at < end:
            _go_on(cancelled, name)
            data = stored.blocks.read(at, min(PIECE, end - at))
            sink(data)
            at += len(data)
            progress(at - offset)

    def probe(self, pool: str, name: str) -> ImageHead:
        """See StorageVerbs."""
        stored = self._find(pool, name)
        length = stored.volume.physical
        head = read_head(stored.blocks.read(0, min(HEAD, length)), length)
        return replace(head, truncated=ends_early(head, length, stored.blocks.read) or head.truncated)

    # -- inside -----------------------------------------------------------------------------------

    def _box(self, pool: str) -> Pool:
        if not pool:
            raise InputError("No storage pool was named")
        box = self._pools.get(pool)
        if box is None:
            raise NotFound("The storage pool is gone", f"no storage pool with matching name '{clean(pool)}'",
                           "It may have been removed or renamed; refresh the view.")  # fmt: skip
        return box

    def _active(self, pool: str) -> dict[str, Stored]:
        if not self._box(pool).active:
            raise Conflict(f"The pool {clean(pool)} is not active", f"storage pool '{clean(pool)}' is not active",
                           "Start the pool, then try again.")  # fmt: skip
        return self._stored[pool]

    def _find(self, pool: str, name: str) -> Stored:
        kept = self._active(pool)
        if not name:
            raise InputError("No volume was named")
        if name not in kept:
            raise NotFound("The volume is gone", f"no storage vol with matching name '{clean(name)}'",
                           "It may have been removed or renamed; refresh the view.")  # fmt: skip
        return kept[name]

    def _keep(self, volume: Volume) -> None:
        stored = self._stored[volume.pool][volume.name] = Stored(volume)
        stored.blocks.write(0, head_of(volume))

    def _take(self, pool: str, room: int) -> None:
        box = self._pools[pool]
        if room > box.available:
            raise StepFailed(
                f"The pool {clean(pool)} is full", f"{size(room)} are needed, {size(box.available)} are free.",
                "Free some room in it, or choose another pool or a smaller size.",
            )
        self._pools[pool] = replace(box, allocation=box.allocation + room, available=box.available - room)

    def _writable(self) -> None:
        if self._read_only:
            raise ReadOnlyError("The host is read-only", hint="Start Limen without --read-only, or edit the host.")


def _go_on(cancelled: Cancelled, name: str) -> None:
    if cancelled():
        raise Stopped("Cancelled", f"The transfer of {clean(name)} was stopped.")
