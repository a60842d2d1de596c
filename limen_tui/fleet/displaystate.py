"""What a guest's display says of itself, and what it is given. Pure values."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from limen_tui.errors import LimenError
from limen_tui.model.rfb.frame import Still
from limen_tui.model.rfb.keys import Stroke
from limen_tui.model.rfb.reading import TextScreen


class Phase(StrEnum):
    """Where the display is."""

    OPENING = "opening"
    PASSWORD = "password"  # noqa: S105 - the name of a phase
    LIVE = "live"
    PICTURES = "pictures"
    LOST = "lost"
    """It ended; tried again soon."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture, and which of its rows differ from the last that was taken."""

    still: Still
    first: int
    beyond: int
    text: TextScreen | None = None
    """What stands on it, where it is a text screen."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How to get at one screen. Each may block and raises ``LimenError``."""

    stream: Callable[[], socket.socket]
    """A stream that speaks RFB. ``NotSupported`` where there is none: pictures are shown then."""
    picture: Callable[[], Still]
    press: Callable[[Stroke], object] | None = None
    """Presses keys without a stream, as pictures need it."""


@dataclass(slots=True)
class Status:
    """What the display says of itself; a copy."""

    phase: Phase = Phase.OPENING
    problem: LimenError | None = None
    """Why it was lost, or why it is shown by pictures."""
    name: str = ""
    rate: float = 0.0
    """Pictures in the last second or so."""
    bells: int = 0
    typing: int = 0
    """Keys of a text still to be typed."""
