"""Lays what was remembered and what is under way over a host's own snapshot. Pure; the polling thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from limen_tui.model.host import HostSnapshot, HostState, Problem
from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import NO_FACTS, NO_LOAD, VM, VMKey

Pending = Mapping[VMKey, tuple[VMState, VMState]]
"""By VM: the transitional state to show, and the state it is shown in place of."""


class HostMerger:
    """Merges one host; keeps the last result, so that a host that did not change costs nothing."""

    def __init__(self, remembered_at: float | None, remembered: Mapping[str, VM]) -> None:
        self._remembered_at = remembered_at
        self._remembered = remembered
        self._source: HostSnapshot | None = None
        self._merged: HostSnapshot | None = None
        self._overlay: dict[VMKey, tuple[VMState, VMState]] = {}
        self._asks = ""

    def merge(self, snapshot: HostSnapshot, pending: Pending, asks: str = "") -> HostSnapshot:
        """``snapshot`` with remembered rows until its first sample, stale marks, and transitional states.

        ``asks`` is the title of a question that the host has for the person: until it is answered, whatever the
        session itself says, the host waits for them.
        """
        host_id = snapshot.host.id
        overlay = {key: states for key, states in pending.items() if key.host_id == host_id} if pending else {}
        if self._merged is not None and snapshot is self._source and (overlay, asks) == (self._overlay, self._asks):
            return self._merged
        self._source, self._overlay, self._asks = snapshot, overlay, asks
        self._merged = self._merge(snapshot, overlay)
        if asks and snapshot.state in (HostState.CONNECTING, HostState.DOWN):
            problem = Problem("Waiting for your answer", asks, "Press ! to answer.")
            self._merged = replace(self._merged, state=HostState.NEEDS_AUTH, problem=problem, retry_at=None)
        return self._merged

    def only_figures(self, snapshot: HostSnapshot) -> bool:
        """Whether ``snapshot`` is at most a tick further than the one merged last: it may wait a moment."""
        source = self._source
        return (
            source is not None and source.state is snapshot.state and source.problem is snapshot.problem
            and source.host is snapshot.host and source.sampled_at is not None
            and len(source.vms) == len(snapshot.vms) and not self._overlay
        )  # fmt: skip

    def _merge(self, snapshot: HostSnapshot, overlay: Pending) -> HostSnapshot:
        live = snapshot.state is HostState.UP
        if snapshot.sampled_at is None:
            name = snapshot.host.name
            # rows of the inventory are decoded when read: a copy of each would decode them all
            vms = {
                uuid: vm if vm.stale and vm.host_name == name else replace(vm, host_name=name, stale=True)
                for uuid, vm in self._remembered.items()
            }
            return replace(snapshot, vms=vms, sampled_at=self._remembered_at)
        if live and not overlay and not self._lacking(snapshot):
            return snapshot
        merged: dict[str, VM] = {}
        for uuid, vm in snapshot.vms.items():
            shown = vm
            if vm.facts is NO_FACTS and (old := self._remembered.get(uuid)) is not None:
                shown = replace(vm, facts=old.facts, ips=vm.ips or old.ips)
            if not live:
                shown = replace(shown, stale=True, load=NO_LOAD)
            elif (states := overlay.get(vm.key)) is not None and vm.state is states[1]:
                shown = replace(shown, state=states[0], reason="")  # that of the state before
            merged[uuid] = shown
        return replace(snapshot, vms=merged)

    def _lacking(self, snapshot: HostSnapshot) -> bool:
        """Whether a VM's definition has not been read yet."""
        return bool(self._remembered) and any(vm.facts is NO_FACTS for vm in snapshot.vms.values())
