"""What the hosts have, as the form of a new VM needs it: asked once each, kept, made into choices. UI thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future

from textual.message import Message

from limen_tui.errors import LimenError
from limen_tui.fleet.creating import Ground, look
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.host import HostState, problem_of
from limen_tui.model.placement import suggest_host, why_not
from limen_tui.model.spec import PRESETS, Preset
from limen_tui.model.units import clean, paragraph, size
from limen_tui.tui.creating.draft import OWN_SIZE, Draft
from limen_tui.tui.creating.fields import Field


class Grounded(Message):
    """A host has said what it has, or why not."""

    def __init__(self, host_id: str, found: Ground | LimenError) -> None:
        super().__init__()
        self.host_id, self.found = host_id, found


class Grounds:
    """``post`` is called on threads of sessions: it only posts a message."""

    def __init__(self, fleet: Fleet, post: Callable[[Message], object], presets: Mapping[str, Preset]) -> None:
        self._fleet = fleet
        self.presets = {**PRESETS, **presets}
        """Ours and the person's own, by name."""
        self._post = post
        self.known: dict[str, Ground | LimenError] = {}
        """By host id: what it said."""
        self.asked: set[str] = set()

    def hosts(self) -> list[tuple[str, str]]:
        """(label, id) of the hosts that can take a VM, the best first."""
        ranked = suggest_host(self._fleet.view.hosts)
        return [(f"{clean(each.name)}  {each.reason}", each.host_id) for each in ranked]

    def of(self, host_id: str) -> Ground | None:
        """What a host has, once it has said so."""
        found = self.known.get(host_id)
        return found if isinstance(found, Ground) else None

    def ask(self, draft: Draft) -> None:
        """Ask the draft's host, unless that was done."""
        host_id, snapshot = draft.host, self._fleet.view.host(draft.host)
        if snapshot is None or host_id in self.asked or snapshot.state is not HostState.UP:
            return
        self.asked.add(host_id)
        copy_of = draft.like if draft.source == "copy" else ""
        future = self._fleet.call(host_id, lambda verbs: look(verbs, snapshot, copy_of=copy_of))
        future.add_done_callback(lambda done: self._answered(host_id, done))

    def _answered(self, host_id: str, future: Future[Ground]) -> None:
        """On a thread of the session: only post."""
        error = None if future.cancelled() else future.exception()
        if future.cancelled() or error is not None:
            known = error if isinstance(error, LimenError) else LimenError("The host could not be asked", str(error))
            self._post(Grounded(host_id, known))
        else:
            self._post(Grounded(host_id, future.result()))

    def problem(self, host_id: str) -> str:
        """Why nothing can be planned there, or that it is being asked; empty when it has answered."""
        found = self.known.get(host_id)
        if isinstance(found, LimenError):
            problem = problem_of(found)
            return paragraph(problem.title, problem.detail, problem.hint)
        if not host_id:
            down = [f"{clean(host.host.name)} is {why}" for host in self._fleet.view.hosts if (why := why_not(host))]
            return "No host can take a VM now. " + "; ".join(down[:5])
        return "" if found is not None else "Asking the host what it has ..."

    def choices(self, field: Field, draft: Draft) -> list[tuple[str, str]]:
        """(label, value) of a list; one that says why where there is nothing to choose."""
        if field.choices:
            return list(field.choices)
        if field.id == "host":
            return self.hosts() or [("no host can take a VM now", "")]
        if field.id == "preset":
            return [*((clean(name), name) for name in self.presets), ("own sizes", OWN_SIZE)]
        if field.id == "like":
            vms = [vm for vm in self._fleet.view.vms if vm.key.host_id == draft.host]
            return [(clean(vm.name), vm.key.uuid) for vm in vms] or [("no VM on this host", "")]
        ground = self.of(draft.host)
        if ground is None:
            return [("asking the host ...", "")]
        if field.id == "pool":
            pools = [pool for pool in ground.pools.values() if pool.active]
            return [(f"{clean(pool.name)}  {size(pool.available)} free", pool.name) for pool in pools] or [
                ("no active pool", "")]  # fmt: skip
        iso = draft.source == "iso"
        none = "no ISO in the pools: upload one under 3 (Storage)" if iso else (
            "no image in the pools: 3 (Storage) brings one")  # fmt: skip
        return [(f"{clean(volume.name)}  {size(volume.capacity)}  {clean(volume.pool)}", f"{volume.pool}/{volume.name}")
                for volume in (ground.isos if iso else ground.images)] or [(none, "")]  # fmt: skip
