"""The verbs of a VM's life. Imports libvirt; runs on the thread that serves the host's acts."""

from __future__ import annotations

from typing import Any, Final

import libvirt

from limen_tui.errors import Conflict
from limen_tui.model.lifecycle import Verb

_GONE_ON: Final = "The VM is already running"


def perform(dom: Any, verb: Verb) -> None:
    """Ask for ``verb`` on ``dom`` (virDomain). Raises ``libvirtError``, or ``Conflict`` decided here."""
    if verb is Verb.START:
        _start(dom)
    elif verb is Verb.RESUME:
        _resume(dom)
    elif verb is Verb.SHUTDOWN:
        # no flag: the driver picks between guest agent and ACPI, as virsh does
        dom.shutdown()
    elif verb is Verb.REBOOT:
        dom.reboot(0)
    elif verb is Verb.RESET:
        dom.reset(0)
    elif verb is Verb.FORCE_OFF:
        dom.destroyFlags(0)
    elif verb is Verb.PAUSE:
        dom.suspend()
    elif verb is Verb.SAVE:
        dom.managedSave(0)


def _state(dom: Any) -> int:
    return int(dom.state(0)[0])


def _start(dom: Any) -> None:
    """Boot it, restore it where it is saved (virDomainCreate does both), or wake it where it sleeps."""
    state = _state(dom)
    if state == libvirt.VIR_DOMAIN_PMSUSPENDED:
        dom.pMWakeup(0)
    elif state in (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_BLOCKED):
        raise Conflict(_GONE_ON, "It was started by someone else meanwhile.", "Nothing needs to be done.")
    else:
        dom.createWithFlags(0)


def _resume(dom: Any) -> None:
    """End a pause, a sleep in the guest, or a managed save."""
    state = _state(dom)
    if state == libvirt.VIR_DOMAIN_PMSUSPENDED:
        dom.pMWakeup(0)
    elif state == libvirt.VIR_DOMAIN_SHUTOFF and dom.hasManagedSaveImage(0):
        dom.createWithFlags(0)
        if _state(dom) == libvirt.VIR_DOMAIN_PAUSED:  # as it was when it was saved
            dom.resume()
    else:
        dom.resume()
