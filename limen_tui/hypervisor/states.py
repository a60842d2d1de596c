"""libvirt's domain states and reasons -> ours, in plain words. Imports libvirt's constants; any thread."""

from __future__ import annotations

from typing import Final

import libvirt as lv

from limen_tui.model.lifecycle import SAVED, VMState

_STATE: Final[dict[int, VMState]] = {
    lv.VIR_DOMAIN_NOSTATE: VMState.UNKNOWN,
    lv.VIR_DOMAIN_RUNNING: VMState.RUNNING,
    lv.VIR_DOMAIN_BLOCKED: VMState.RUNNING,
    lv.VIR_DOMAIN_PAUSED: VMState.PAUSED,
    lv.VIR_DOMAIN_SHUTDOWN: VMState.STOPPING,
    lv.VIR_DOMAIN_SHUTOFF: VMState.STOPPED,
    lv.VIR_DOMAIN_CRASHED: VMState.CRASHED,
    lv.VIR_DOMAIN_PMSUSPENDED: VMState.SUSPENDED,
}
# A pause by the hypervisor for its own ends is what it does meanwhile, not a pause that a person may end. But for
# PAUSED_MIGRATION: one that was paused when it was saved has that reason, too, from its restore on, and must not be
# kept from a resume; libvirt itself refuses that of one that is really on its way.
_BY_REASON: Final[dict[tuple[int, int], VMState]] = {
    (lv.VIR_DOMAIN_PAUSED, lv.VIR_DOMAIN_PAUSED_POSTCOPY): VMState.MIGRATING,
    (lv.VIR_DOMAIN_PAUSED, lv.VIR_DOMAIN_PAUSED_SAVE): VMState.SAVING,
    (lv.VIR_DOMAIN_PAUSED, lv.VIR_DOMAIN_PAUSED_SHUTTING_DOWN): VMState.STOPPING,
    (lv.VIR_DOMAIN_PAUSED, lv.VIR_DOMAIN_PAUSED_STARTING_UP): VMState.STARTING,
    (lv.VIR_DOMAIN_PAUSED, lv.VIR_DOMAIN_PAUSED_CRASHED): VMState.CRASHED,
    (lv.VIR_DOMAIN_SHUTOFF, lv.VIR_DOMAIN_SHUTOFF_CRASHED): VMState.CRASHED,
}
_PREFIX: Final[dict[int, str]] = {
    lv.VIR_DOMAIN_RUNNING: "VIR_DOMAIN_RUNNING_",
    lv.VIR_DOMAIN_BLOCKED: "VIR_DOMAIN_BLOCKED_",
    lv.VIR_DOMAIN_PAUSED: "VIR_DOMAIN_PAUSED_",
    lv.VIR_DOMAIN_SHUTDOWN: "VIR_DOMAIN_SHUTDOWN_",
    lv.VIR_DOMAIN_SHUTOFF: "VIR_DOMAIN_SHUTOFF_",
    lv.VIR_DOMAIN_CRASHED: "VIR_DOMAIN_CRASHED_",
    lv.VIR_DOMAIN_PMSUSPENDED: "VIR_DOMAIN_PMSUSPENDED_",
}
_WORDS: Final[dict[str, str]] = {
    "IOERROR": "I/O error", "FROM_SNAPSHOT": "from snapshot", "SHUTTING_DOWN": "shutting down",
    "STARTING_UP": "starting up", "MIGRATION_CANCELED": "migration cancelled", "SAVE_CANCELED": "save cancelled",
    "POSTCOPY_FAILED": "post-copy failed", "POSTCOPY": "post-copy", "DESTROYED": "forced off", "UNKNOWN": "",
    "SHUTDOWN": "shut down",
}


def _reasons() -> dict[tuple[int, int], str]:
    found = {}
    for state, prefix in _PREFIX.items():
        for name in dir(lv):
            if name.startswith(prefix):
                word = name.removeprefix(prefix)
                found[state, getattr(lv, name)] = _WORDS.get(word, word.lower().replace("_", " "))
    return found


REASONS: Final = _reasons()
"""Reason words by (virDomainState, reason)."""


def state_of(state: int, reason: int, *, saved: bool | None = None, no_state: VMState = VMState.UNKNOWN) -> VMState:
    """The state as shown.

    ``saved``: whether it has a managed save image; ``None`` when the driver cannot tell, then the reason
    decides. ``no_state``: what "no state" means on this hypervisor (Xen says it of idle running VMs).
    """
    if state == lv.VIR_DOMAIN_SHUTOFF and (saved or (saved is None and reason == lv.VIR_DOMAIN_SHUTOFF_SAVED)):
        return VMState.SUSPENDED
    if state == lv.VIR_DOMAIN_NOSTATE:
        return no_state
    return _BY_REASON.get((state, reason), _STATE.get(state, VMState.UNKNOWN))


def reason_of(state: int, reason: int, *, saved: bool | None = None) -> str:
    """The reason in words; :data:`SAVED` exactly where :func:`state_of` gives SUSPENDED for a VM that is off."""
    if state == lv.VIR_DOMAIN_SHUTOFF:
        if saved or (saved is None and reason == lv.VIR_DOMAIN_SHUTOFF_SAVED):
            return SAVED
        if reason == lv.VIR_DOMAIN_SHUTOFF_SAVED:
            return "saved to a file"
    return REASONS.get((state, reason), "")
