"""A terminal for tests that may show pictures: reads what a program on a pty writes, answers, keeps what it shows."""

from __future__ import annotations

import base64
import re
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyte

from tests.bench.ui_pty import Terminal

_COMMAND = re.compile(rb"\x1b_G([^\x1b;]*)(?:;([^\x1b]*))?\x1b\\")
_OPEN = re.compile(rb"\x1b(?:_[^\x1b]*\x1b?)?\Z")
_CSI = re.compile(rb"\x1b\[[<>=][\d;]*[a-zA-Z]|\x1b\[\?[\d;]*\$p")


@dataclass
class Shown:
    """A placement: the cell of its corner (from 0), its cells, and the part of the picture that it shows."""

    column: int
    row: int
    keys: dict[str, str]


def keys_of(text: bytes) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.decode("ascii").split(",") if part)


class Pictures:
    """Decodes graphics commands, as a terminal does."""

    def __init__(self) -> None:
        self.images: dict[str, tuple[int, int, bytes]] = {}
        self.shown: dict[str, Shown] = {}
        self.queries = 0
        self.commands = 0
        self._parts: list[bytes] = []
        self._head: dict[str, str] = {}

    def take(self, text: bytes, payload: bytes, cursor: tuple[int, int] = (0, 0)) -> None:
        """One command: what is between ``ESC _ G`` and ``;``, and what follows."""
        assert len(payload) <= 4096, "a chunk is too long"
        keys = keys_of(text)
        self.commands += 1
        if self._head and "a" not in keys:
            assert set(keys) <= {"m", "q"}
        else:
            assert not self._head, "a picture was broken off"
            self._head, self._parts = keys, []
        action = self._head.get("a")
        if action == "q":
            self.queries += 1
        elif action == "t":
            assert self._head["f"] == "24"
            assert self._head["t"] == "d"
            assert self._head["o"] == "z"
            if keys.get("m") == "1":
                assert len(payload) % 4 == 0, "only the last chunk may be of any length"
            self._parts.append(payload)
            if keys.get("m") == "1":
                return
            wide, high = int(self._head["s"]), int(self._head["v"])
            data = zlib.decompress(base64.b64decode(b"".join(self._parts), validate=True))
            assert len(data) == wide * high * 3
            self.images[self._head["i"]] = wide, high, data
        elif action == "p":
            assert keys["i"] in self.images, "shown before it was sent"
            self.shown[keys["i"]] = Shown(*cursor, keys)
        elif action == "d":
            assert keys["d"] == "I"
            self.images.pop(keys["i"], None)
            self.shown.pop(keys["i"], None)
        else:
            raise AssertionError(f"what is {keys}?")
        self._head = {}


class PictureTerminal(Terminal):
    """With a screen of text beside the pictures; ``answer`` is what it says to a query."""

    def __init__(
        self, argv: Sequence[str], *, answer: bytes, columns: int = 120, rows: int = 40,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(argv, columns=columns, rows=rows, environ=environ)
        self.pictures = Pictures()
        self.screen = pyte.Screen(columns, rows)
        self.answer = answer
        self.raw = bytearray()
        self._stream = pyte.ByteStream(self.screen)
        self._left = b""

    def pump(self, seconds: float) -> int:
        """Take in what is written within that time, at once if there is something; the bytes."""
        data = self.read(seconds)
        self.raw += data
        text = self._left + data
        at = 0
        for found in _COMMAND.finditer(text):
            self._paint(text[at : found.start()])
            at = found.end()
            before = self.pictures.queries
            self.pictures.take(found[1], found[2] or b"", (self.screen.cursor.x, self.screen.cursor.y))
            if self.pictures.queries > before and self.answer:
                self.key(self.answer)
        rest = text[at:]
        tail = _OPEN.search(rest)
        self._left = tail.group() if tail else b""
        self._paint(rest[: len(rest) - len(self._left)])
        return len(data)

    def _paint(self, text: bytes) -> None:
        self._stream.feed(_CSI.sub(b"", text))

    def wait(self, condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
        """Until something is so."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, f"waited in vain for {what}:\n" + "\n".join(self.screen.display)
            self.pump(0.05)

    def wait_text(self, text: str) -> None:
        """Until it stands on the screen."""
        self.wait(lambda: text in "\n".join(self.screen.display), repr(text))

    def quiet(self, seconds: float, most: float = 20.0) -> None:
        """Until nothing was written for so long."""
        until = time.monotonic() + most
        while time.monotonic() < until:
            if not self.pump(seconds):
                return
        raise AssertionError("it does not come to rest")
