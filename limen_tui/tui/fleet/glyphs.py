"""How states look: a glyph and a kind of style beside the word, never colour alone. Pure.

The kinds (``good``, ``accent``, ``warn``, ``bad``, ``dim``) are mapped to component classes by the widgets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.lifecycle import SAVED, VMState
from limen_tui.model.vm import VM


class Look(NamedTuple):
    """A glyph one cell wide, and the kind of style for it and its word."""

    glyph: str
    kind: str


VM_LOOKS: Final[Mapping[VMState, Look]] = {
    VMState.PENDING: Look("◌", "accent"),
    VMState.STOPPED: Look("○", "dim"),
    VMState.STARTING: Look("◐", "accent"),
    VMState.RUNNING: Look("●", "good"),
    VMState.PAUSED: Look("‖", "warn"),
    VMState.SUSPENDED: Look("☾", "warn"),
    VMState.SAVING: Look("◐", "accent"),
    VMState.STOPPING: Look("◐", "accent"),
    VMState.CRASHED: Look("✗", "bad"),
    VMState.MIGRATING: Look("⇄", "accent"),
    VMState.ERROR: Look("✗", "bad"),
    VMState.TERMINATED: Look("×", "dim"),
    VMState.UNKNOWN: Look("?", "dim"),
}
HOST_LOOKS: Final[Mapping[HostState, Look]] = {
    HostState.CONNECTING: Look("◌", "accent"),
    HostState.UP: Look("●", "good"),
    HostState.STALE: Look("~", "warn"),
    HostState.DOWN: Look("✗", "bad"),
    HostState.NEEDS_AUTH: Look("!", "warn"),
    HostState.DISABLED: Look("–", "dim"),
}
STALE: Final = Look("~", "dim")
"""A VM that is shown as last seen: its host does not answer."""


def vm_look(vm: VM) -> Look:
    """Glyph and kind of a VM's state as shown."""
    return STALE if vm.stale else VM_LOOKS[vm.state]


def vm_word(vm: VM) -> str:
    """The word beside the glyph. Saved to disk is told from asleep in the guest."""
    if vm.state is VMState.SUSPENDED:
        return "saved" if vm.reason == SAVED else "asleep"
    return vm.state.value


def host_look(host: HostSnapshot) -> Look:
    """Glyph and kind of a host's state."""
    return HOST_LOOKS[host.state]
