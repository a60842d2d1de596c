"""libvirt's VM events: subscribe, and plain words. Imports libvirt.

The callbacks run on libvirt's event thread: they make a :class:`Happening` and hand it on, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from functools import partial
from typing import Any, Final

import libvirt as lv

from limen_tui.hypervisor.atonce import at_once
from limen_tui.hypervisor.connection import Connection
from limen_tui.model.events import EventKind


class Then(Flag):
    """What a session has to do about an event."""

    NOTHING = 0
    STATE = auto()
    """Ask for this VM's state."""
    XML = auto()
    """Read this VM's definition again."""
    LIST = auto()
    """VMs came or went: sample everything."""
    MARKS = auto()
    """Autostart, managed save and persistence may have changed."""
    ADDRESSES = auto()
    """It may soon have new addresses."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as it came from libvirt."""

    uuid: str
    name: str
    kind: EventKind
    text: str
    then: Then
    level: str = "info"
    started: bool = False
    stopped: bool = False


Post = Callable[[Happening], None]

_S, _X, _L, _M, _A = Then.STATE, Then.XML, Then.LIST, Then.MARKS, Then.ADDRESSES
_LIFECYCLE: Final[dict[int, tuple[str, Then, str]]] = {
    lv.VIR_DOMAIN_EVENT_DEFINED: ("defined", _L | _X | _M, "VIR_DOMAIN_EVENT_DEFINED_"),
    lv.VIR_DOMAIN_EVENT_UNDEFINED: ("undefined", _L | _X | _M, "VIR_DOMAIN_EVENT_UNDEFINED_"),
    lv.VIR_DOMAIN_EVENT_STARTED: ("started", _S | _X | _M | _A, "VIR_DOMAIN_EVENT_STARTED_"),
    lv.VIR_DOMAIN_EVENT_SUSPENDED: ("paused", _S, "VIR_DOMAIN_EVENT_SUSPENDED_"),
    lv.VIR_DOMAIN_EVENT_RESUMED: ("resumed", _S, "VIR_DOMAIN_EVENT_RESUMED_"),
    lv.VIR_DOMAIN_EVENT_STOPPED: ("stopped", _S | _X | _M, "VIR_DOMAIN_EVENT_STOPPED_"),
    lv.VIR_DOMAIN_EVENT_SHUTDOWN: ("shutting down", _S, "VIR_DOMAIN_EVENT_SHUTDOWN_"),
    lv.VIR_DOMAIN_EVENT_PMSUSPENDED: ("asleep", _S, "VIR_DOMAIN_EVENT_PMSUSPENDED_"),
    lv.VIR_DOMAIN_EVENT_CRASHED: ("crashed", _S, "VIR_DOMAIN_EVENT_CRASHED_"),
}
_KIND: Final[dict[int, EventKind]] = {
    lv.VIR_DOMAIN_EVENT_DEFINED: EventKind.DEFINITION,
    lv.VIR_DOMAIN_EVENT_UNDEFINED: EventKind.DEFINITION,
}
_ERRORS: Final = frozenset({"crashed", "failed", "panicked", "crashloaded", "ioerror", "watchdog", "post-copy failed"})
_SAID: Final = {
    "ioerror": "I/O error", "shutdown": "shut down", "destroyed": "forced off", "host": "by the host",
    "guest": "by the guest",
}


def _details() -> dict[tuple[int, int], str]:
    return {
        (event, getattr(lv, name)): name.removeprefix(prefix).lower().replace("_", " ").replace("postcopy", "post-copy")
        for event, (_, _, prefix) in _LIFECYCLE.items()
        for name in dir(lv)
        if name.startswith(prefix)
    }


_DETAIL: Final = _details()


def lifecycle(uuid: str, name: str, event: int, detail: int) -> Happening:
    """A VIR_DOMAIN_EVENT_ID_LIFECYCLE event; ones that this libvirt does not know yet are kept as numbers."""
    word, then, _ = _LIFECYCLE.get(event, (f"event {event}", Then.LIST, ""))
    why = _DETAIL.get((event, detail), str(detail))
    said = _SAID.get(why, why)
    return Happening(
        uuid, name, _KIND.get(event, EventKind.LIFECYCLE),
        word if said in {word, "finished", "paused", "unpaused", "removed"} else f"{word} ({said})",
        then, "error" if why in _ERRORS or word == "crashed" else "info",
        started=event == lv.VIR_DOMAIN_EVENT_STARTED, stopped=event == lv.VIR_DOMAIN_EVENT_STOPPED,
    )


def subscribe(connection: Connection, post: Post) -> bool:
    """Register for all that matters; False where the driver has no lifecycle events. Raises ``LimenError``."""

    def on(kind: EventKind, text: str, then: Then, level: str = "info") -> Callable[..., None]:
        """``text`` may use {0}, {1} ...: the event's own arguments, which come before libvirt-python's opaque."""

        def callback(_conn: Any, dom: Any, *args: Any) -> None:
            # format() looks into nothing but plain strings and numbers here
            post(Happening(dom.UUIDString(), dom.name(), kind, text.format(*args), then, level))

        return callback

    def on_lifecycle(_conn: Any, dom: Any, event: int, detail: int, _opaque: Any) -> None:
        post(lifecycle(dom.UUIDString(), dom.name(), event, detail))

    def on_agent(_conn: Any, dom: Any, state: int, _reason: int, _opaque: Any) -> None:
        up = state == lv.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED
        text = "guest agent connected" if up else "guest agent gone"
        post(Happening(dom.UUIDString(), dom.name(), EventKind.AGENT, text, Then.ADDRESSES if up else Then.NOTHING))

    life, device = EventKind.LIFECYCLE, EventKind.DEVICE
    wanted = (
        (lv.VIR_DOMAIN_EVENT_ID_LIFECYCLE, on_lifecycle),
        (lv.VIR_DOMAIN_EVENT_ID_REBOOT, on(life, "rebooted", _S | _A)),
        (lv.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, on_agent),
        (lv.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, on(device, "device added ({0})", _X)),
        (lv.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, on(device, "device removed ({0})", _X)),
        (lv.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, on(device, "device not removed ({0})", _X, "warning")),
        (lv.VIR_DOMAIN_EVENT_ID_DISK_CHANGE, on(device, "medium changed ({2})", _X)),
        (lv.VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, on(device, "tray moved ({0})", _X)),
        (lv.VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, on(device, "memory now {0} KiB", Then.NOTHING)),
        (lv.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, on(EventKind.DEFINITION, "metadata changed", _X)),
        (lv.VIR_DOMAIN_EVENT_ID_WATCHDOG, on(life, "watchdog fired", _S, "warning")),
        (lv.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, on(device, "I/O error on {1}: {3}", _S, "error")),
        (lv.VIR_DOMAIN_EVENT_ID_CONTROL_ERROR, on(life, "lost control of it", _S, "error")),
    )
    return at_once([partial(connection.subscribe, event_id, callback) for event_id, callback in wanted])[0]
