"""The states of a VM, the transitions between them, and which verb may be used when. Pure.

One table decides what is offered, what is shown while it happens, and what ends it. The states are
those of libvirt (virDomainState) joined with the transitional ones a person wants to see between a
key press and the hypervisor's own word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class VMState(StrEnum):
    """The state of a VM as shown."""

    PENDING = "pending"
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    """Sleeping inside the guest (pmsuspended), or saved to disk by managed save while off."""
    SAVING = "saving"
    STOPPING = "stopping"
    CRASHED = "crashed"
    MIGRATING = "migrating"
    ERROR = "error"
    TERMINATED = "terminated"
    UNKNOWN = "unknown"

    @property
    def is_active(self) -> bool:
        """Whether the VM holds CPU and memory on its host."""
        return self in ACTIVE

    @property
    def is_transitional(self) -> bool:
        """Whether something is under way that ends by itself."""
        return self in TRANSITIONAL


_S = VMState
ACTIVE: Final = frozenset({_S.RUNNING, _S.PAUSED, _S.STOPPING, _S.SAVING, _S.MIGRATING})
TRANSITIONAL: Final = frozenset({_S.PENDING, _S.STARTING, _S.SAVING, _S.STOPPING, _S.MIGRATING})

# UNKNOWN is a loss of sight, not of state: from it and to it every move is possible.
_AFTER: Final[dict[VMState, frozenset[VMState]]] = {
    _S.PENDING: frozenset({_S.STOPPED, _S.STARTING, _S.RUNNING, _S.ERROR, _S.TERMINATED}),
    _S.STOPPED: frozenset({_S.STARTING, _S.RUNNING, _S.PAUSED, _S.SUSPENDED, _S.MIGRATING, _S.ERROR, _S.TERMINATED}),
    _S.STARTING: frozenset({_S.RUNNING, _S.PAUSED, _S.STOPPED, _S.SUSPENDED, _S.CRASHED, _S.ERROR, _S.TERMINATED}),
    _S.RUNNING: frozenset({
        _S.PAUSED, _S.SUSPENDED, _S.SAVING, _S.STOPPING, _S.STARTING, _S.STOPPED, _S.CRASHED, _S.MIGRATING,
        _S.ERROR, _S.TERMINATED,
    }),
    _S.PAUSED: frozenset({
        _S.RUNNING, _S.SAVING, _S.STOPPING, _S.STOPPED, _S.SUSPENDED, _S.CRASHED, _S.MIGRATING, _S.ERROR,
        _S.TERMINATED,
    }),
    _S.SUSPENDED: frozenset({
        _S.STARTING, _S.RUNNING, _S.PAUSED, _S.STOPPING, _S.STOPPED, _S.SAVING, _S.CRASHED, _S.MIGRATING,
        _S.ERROR, _S.TERMINATED,
    }),
    _S.SAVING: frozenset({
        _S.SUSPENDED, _S.STOPPING, _S.STOPPED, _S.RUNNING, _S.PAUSED, _S.CRASHED, _S.ERROR, _S.TERMINATED,
    }),
    _S.STOPPING: frozenset({
        _S.STOPPED, _S.RUNNING, _S.PAUSED, _S.SUSPENDED, _S.CRASHED, _S.ERROR, _S.TERMINATED,
    }),
    _S.CRASHED: frozenset({_S.STARTING, _S.RUNNING, _S.PAUSED, _S.STOPPING, _S.STOPPED, _S.ERROR, _S.TERMINATED}),
    _S.MIGRATING: frozenset({
        _S.RUNNING, _S.PAUSED, _S.STOPPING, _S.STOPPED, _S.CRASHED, _S.ERROR, _S.TERMINATED,
    }),
    _S.ERROR: frozenset({_S.STARTING, _S.RUNNING, _S.PAUSED, _S.STOPPED, _S.CRASHED, _S.STOPPING, _S.TERMINATED}),
    _S.TERMINATED: frozenset({_S.PENDING, _S.STOPPED, _S.STARTING, _S.RUNNING, _S.PAUSED}),
}
TRANSITIONS: Final[dict[VMState, frozenset[VMState]]] = {
    **{state: after | {_S.UNKNOWN} for state, after in _AFTER.items()},
    _S.UNKNOWN: frozenset(VMState) - {_S.UNKNOWN},
}


class Verb(StrEnum):
    """What can be asked of a VM's life."""

    START = "start"
    SHUTDOWN = "shutdown"
    REBOOT = "reboot"
    RESET = "reset"
    FORCE_OFF = "kill"
    PAUSE = "pause"
    RESUME = "resume"
    SAVE = "save"


@dataclass(frozen=True, slots=True)
class VerbRule:
    """When a verb may be used, what is shown meanwhile, and which states mean that it is done."""

    verb: Verb
    allowed: frozenset[VMState]
    via: VMState | None
    """Shown from the key press until the hypervisor's word; ``None`` when it is over at once."""
    done: frozenset[VMState]
    destructive: bool = False
    """Work in the guest may be lost or users cut off: asks first."""
    doing: str = ""
    """``shutting down``"""


_ON = frozenset({_S.RUNNING, _S.PAUSED, _S.STOPPING, _S.CRASHED, _S.ERROR, _S.SUSPENDED, _S.SAVING, _S.MIGRATING})
_OFF = frozenset({_S.STOPPED, _S.CRASHED})
RULES: Final[dict[Verb, VerbRule]] = {
    rule.verb: rule
    for rule in (
        # one that was paused when it was saved to disk comes back paused
        VerbRule(Verb.START, frozenset({_S.STOPPED, _S.CRASHED, _S.SUSPENDED}), _S.STARTING,
                 frozenset({_S.RUNNING, _S.PAUSED}), doing="starting"),
        VerbRule(Verb.SHUTDOWN, frozenset({_S.RUNNING, _S.STOPPING}), _S.STOPPING,
                 _OFF, destructive=True, doing="shutting down"),
        VerbRule(Verb.REBOOT, frozenset({_S.RUNNING}), None,
                 frozenset({_S.RUNNING}), destructive=True, doing="rebooting"),
        VerbRule(Verb.RESET, frozenset({_S.RUNNING, _S.PAUSED, _S.CRASHED, _S.STOPPING}), None,
                 frozenset({_S.RUNNING, _S.PAUSED}), destructive=True, doing="resetting"),
        VerbRule(Verb.FORCE_OFF, _ON, _S.STOPPING,
                 _OFF | {_S.TERMINATED}, destructive=True, doing="forcing off"),
        VerbRule(Verb.PAUSE, frozenset({_S.RUNNING}), None,
                 frozenset({_S.PAUSED}), doing="pausing"),
        VerbRule(Verb.RESUME, frozenset({_S.PAUSED, _S.SUSPENDED}), None,
                 frozenset({_S.RUNNING}), doing="resuming"),
        VerbRule(Verb.SAVE, frozenset({_S.RUNNING, _S.PAUSED}), _S.SAVING,
                 frozenset({_S.SUSPENDED, _S.STOPPED}), destructive=True, doing="saving"),
    )
}


def may_become(before: VMState, after: VMState) -> bool:
    """Whether a VM may be seen to go from one state to the other (staying is always allowed)."""
    return before is after or after in TRANSITIONS[before]


SAVED: Final = "saved"
"""The reason that marks a SUSPENDED VM as saved to disk (off), against asleep in the guest (on)."""


def refusal(verb: Verb, state: VMState, reason: str = "") -> str | None:
    """Why ``verb`` is not offered in ``state``, as a short clause for a dimmed key; ``None`` when it is."""
    if verb is Verb.FORCE_OFF and state is VMState.SUSPENDED and reason == SAVED:
        return "it is saved to disk, not running"
    if state in RULES[verb].allowed:
        return None
    if state is VMState.UNKNOWN:
        return "its state is not known"
    if state.is_transitional:
        return f"it is {state.value}"
    allowed = RULES[verb].allowed
    # A list of eight states tells a person nothing that the one it is in does not.
    return f"it is {state.value}" + (f", not {next(iter(allowed))}" if len(allowed) == 1 else "")
