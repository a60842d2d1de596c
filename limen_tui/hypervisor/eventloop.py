"""libvirt's event loop: one daemon thread for the whole process.

Imports only libvirt. Must run before the first connection is opened, and for ever after: without it
keepalive ends the connections. Callbacks run on this thread and must only enqueue.
"""

from __future__ import annotations

import contextlib
import threading

import libvirt

_lock = threading.Lock()
_thread: threading.Thread | None = None


def ensure() -> None:
    """Start the event thread, once per process (virEventRegisterDefaultImpl). Any thread."""
    global _thread  # noqa: PLW0603 - libvirt's event loop is one per process as well
    with _lock:
        if _thread is None:
            # libvirt prints every error to stderr by default, which is the terminal under the UI
            libvirt.registerErrorHandler(_silent, None)
            libvirt.virEventRegisterDefaultImpl()
            _thread = threading.Thread(target=_run, name="libvirt-events", daemon=True)
            _thread.start()


def _silent(_context: object, _error: object) -> None:
    """Take libvirt's error report and drop it: every error is raised to its caller as well."""


def _run() -> None:
    while True:
        # one bad iteration must not end the events of every host
        with contextlib.suppress(libvirt.libvirtError):
            libvirt.virEventRunDefaultImpl()
