"""The pilot waits for what the app still has to do, however busy the machine is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
import textual.app
import textual.pilot
from textual._context import active_app
from textual._wait import wait_for_idle
from textual.app import App
from textual.message_pump import MessagePump
from textual.notifications import Notification

PATIENCE = 3.0
"""Seconds after which an app that never rests (it turns a wheel) is taken as it is."""


def _has_work(node: MessagePump) -> bool:
    if not node._running or node._closing:
        return False
    return not node._message_queue.empty() or node._pending_message is not None or bool(node._next_callbacks)


def _is_busy(app: App[Any]) -> bool:
    """Whether a message, a layout or a key that is held back is still to come to its turn."""
    if not app._running or not app.screen_stack:
        return False
    screen = app.screen
    paints = screen._layout_required or screen._repaint_required or screen._dirty_widgets or screen._callbacks
    consoles = getattr(app, "consoles", None)  # one that printed much goes on in a moment
    waits = getattr(app, "_held", None) is not None or (consoles is not None and consoles._next is not None)
    return bool(paints) or waits or any(map(_has_work, [app, *app._registry]))


async def _wait_for_rest(*args: float, **kwargs: float) -> None:
    """What Textual takes for idle is a process that used little time: one that got none looks the same."""
    await wait_for_idle(*args, **kwargs)
    until = time.monotonic() + PATIENCE
    while _is_busy(active_app.get()) and time.monotonic() < until:
        await asyncio.sleep(0.002)


@pytest.fixture(autouse=True)
def _patient_pilot(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(textual.pilot, "wait_for_idle", _wait_for_rest)
    monkeypatch.setattr(textual.app, "wait_for_idle", _wait_for_rest)
    yield


@pytest.fixture(autouse=True)
def _lasting_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told stays told: some notices go after two seconds, in which a busy machine may do nothing."""
    monkeypatch.setattr(Notification, "has_expired", property(lambda _: False))
