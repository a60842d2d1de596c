"""Keeps what the terminal answers about pictures apart from what is typed.

Imports textual. :func:`install` on the main thread before the app starts; the parser runs on Textual's input thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from time import monotonic
from typing import Final

from limen_widgets.pixels import kitty
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

_STARTS: Final = re.compile(r"\x1b(?:_(?:G[^\x1b]*(?:\x1b)?)?|\[(?:\?[\d;]*)?)?\Z")
"""The end of what was read may be the beginning of an answer."""
_ANSWERS: Final = re.compile(rf"{kitty.ANSWER.pattern}|(?P<device>\x1b\[\?[\d;]{{0,64}}c)")
KEY_HOLD: Final = 0.1
"""Seconds that what may be a key (Escape, Alt+_, Alt+[) is kept back in wait for the rest of an answer."""
ANSWER_HOLD: Final = 2.0
"""Seconds for what is surely an answer: a link may break it in two."""
MOST_HELD: Final = 2048


class TerminalAnswered(Message):
    """The terminal shows pictures, or does not."""

    def __init__(self, can: bool) -> None:
        super().__init__()
        self.can = can


class AnsweringParser(XTermParser):
    """Takes the answers to :data:`kitty.QUERY` out of what is typed, from the question to the last answer."""

    expecting = False
    """Set by whoever asks, on the UI thread; there is one terminal. The last answer ends it."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._held = ""
        self._held_until = 0.0
        self._can = False

    def feed(self, data: str) -> Iterable[Message]:
        """Without answers; what may become one is kept back."""
        if not data:  # the end
            yield from self._released()
            yield from super().feed(data)
            return
        if not AnsweringParser.expecting and not self._held:
            yield from super().feed(data)
            return
        data, self._held = self._held + data, ""
        at = 0
        while AnsweringParser.expecting and (found := _ANSWERS.search(data, at)) is not None:
            yield from self._typed(data[at : found.start()])
            at = found.end()
            if found["device"] is None:
                self._can = self._can or kitty.is_yes(found["keys"], found["said"])
            else:  # the last
                AnsweringParser.expecting = False
                yield TerminalAnswered(self._can)
        rest = data[at:]
        start = _STARTS.search(rest) if AnsweringParser.expecting else None
        if start is not None and len(start.group()) <= MOST_HELD:
            self._held = start.group()
            surely = self._held.startswith("\x1b_G") or self._held.startswith("\x1b[?")
            self._held_until = monotonic() + (ANSWER_HOLD if surely else KEY_HOLD)
            rest = rest[: start.start()]
        yield from self._typed(rest)

    def tick(self) -> Iterable[Message]:
        """Let go what did not become an answer: it is a key."""
        if self._held and monotonic() >= self._held_until:
            yield from self._released()
        yield from super().tick()

    def _released(self) -> Iterable[Message]:
        held, self._held = self._held, ""
        yield from self._typed(held)

    def _typed(self, text: str) -> Iterable[Message]:
        if text:
            yield from super().feed(text)


def install() -> None:
    """Before the app starts: its driver looks the parser up by name."""
    linux_driver.XTermParser = AnsweringParser  # type: ignore[attr-defined]
