"""Text with control sequences, taken apart. Pure; no thread of its own.

pyte's own parser ends with an exception on sequences that a hostile or broken guest can send (parameters of five
thousand digits, private marks where none belong, too many parameters) and keeps an endless string in memory. This one
holds nothing but a short unfinished sequence, drops what it does not know, and can stop after each token.
"""

from __future__ import annotations

import re
from functools import lru_cache
from time import perf_counter
from typing import Final, Protocol

TEXT: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,256}")
LINES: Final = re.compile(r"(?:[ -~]*\r\n){8,4000}")
"""Many plain lines at once: what a long listing is made of."""
CSI: Final = re.compile(r"\x1b\[([<=>?]?)([0-9;:]*)([ -/]*)([@-~])")
OPEN_CSI: Final = re.compile(r"\x1b\[[0-?]*[ -/]*\Z")
CSI_REST: Final = re.compile(r"[ -?]*")
ESCAPE: Final = re.compile(r"\x1b([ -/]*)([0-~])")
OPEN_ESCAPE: Final = re.compile(r"\x1b[ -/]{0,8}\Z")
STRING_END: Final = re.compile(r"[\x07\x18\x1a\x1b\x9c]")
STRINGS: Final = frozenset("P]X^_k")
"""DCS, OSC, SOS, PM, APC and the title of screen: swallowed to their end, never acted on."""
LONGEST: Final = 256
"""Characters of an unfinished sequence that are kept."""
LONGEST_STRING: Final = 1 << 20
"""Characters after which a string without an end is taken to be none."""
MOST: Final = 9999
PARAMETERS: Final = 32
TOKENS: Final = 8
"""Tokens between looks at the clock."""


class Sink(Protocol):
    """What the parser tells."""

    def draw(self, data: str) -> None:
        """Printable text at the cursor."""

    def draw_lines(self, lines: list[str]) -> bool:
        """Plain ASCII lines, each ended; False when they must be drawn one by one."""

    def control(self, char: str) -> None:
        """A C0 control character."""

    def escape(self, intermediate: str, final: str) -> None:
        """``ESC ( B``: ``(`` and ``B``."""

    def sequence(self, mark: str, parameters: tuple[int, ...], intermediate: str, final: str) -> None:
        """``CSI ? 25 h``: ``?``, ``(25,)``, nothing and ``h``; a parameter left out is 0."""

    def rendition(self, parameters: tuple[int, ...]) -> None:
        """``CSI 1 ; 31 m``, with colons made plain."""


class Parser:
    """Feeds a :class:`Sink`. Never raises for anything that a guest can send."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._tail = ""
        self._string = 0
        """Characters swallowed of a string, 1 at its begin; 0 outside."""
        self._skipping = False
        """Inside a control sequence too long to keep."""

    def feed(self, data: str, until: float = float("inf")) -> int:
        """Take in ``data`` until it ends or ``perf_counter()`` passes ``until``; how many characters were used."""
        kept = len(self._tail)
        if kept:
            data, self._tail = self._tail + data, ""
        at, end, tokens = 0, len(data), 0
        while at < end:
            at = self._token(data, at)
            tokens += 1
            if tokens % TOKENS == 0 and perf_counter() > until:
                break
        if at < kept:
            self._tail = data[at:kept] + self._tail
            return 0
        return at - kept

    def _token(self, data: str, at: int) -> int:
        if self._string:
            return self._swallow(data, at)
        if self._skipping:
            return self._skip(data, at)
        char = data[at]
        if char == "\x1b":
            return self._escape(data, at)
        if " " <= char <= "~":
            lines = LINES.match(data, at)
            if lines is not None and self._sink.draw_lines(lines.group().split("\r\n")[:-1]):
                return lines.end()
        text = TEXT.match(data, at)
        if text is not None:
            self._sink.draw(text.group())
            return text.end()
        if char < " ":
            self._sink.control(char)
        return at + 1  # DEL and C1 controls mean nothing in UTF-8

    def _escape(self, data: str, at: int) -> int:
        found = CSI.match(data, at)
        if found is not None:
            mark, words, intermediate, final = found.groups()
            if final == "m" and not mark and not intermediate:
                self._sink.rendition(renditions(words))
            else:
                self._sink.sequence(mark, numbers(words), intermediate, final)
            return found.end()
        if data.startswith("\x1b[", at):
            if OPEN_CSI.match(data, at):
                if len(data) - at > LONGEST:
                    self._skipping = True
                else:
                    self._tail = data[at:]
                return len(data)
            return at + 2  # broken off: what follows counts anew
        if at + 1 < len(data) and data[at + 1] in STRINGS:
            self._string = 1
            return at + 2
        found = ESCAPE.match(data, at)
        if found is not None:
            self._sink.escape(found.group(1), found.group(2))
            return found.end()
        if OPEN_ESCAPE.match(data, at):
            self._tail = data[at:]
            return len(data)
        return at + 1

    def _swallow(self, data: str, at: int) -> int:
        found = STRING_END.search(data, at)
        if found is None:
            self._string += len(data) - at
            if self._string > LONGEST_STRING:
                self._string = 0
            return len(data)
        self._string = 0
        # an ESC ends it, and begins what comes next: "ESC \" does nothing of its own
        return found.start() if found.group() == "\x1b" else found.end()

    def _skip(self, data: str, at: int) -> int:
        found = CSI_REST.match(data, at)
        at = found.end() if found is not None else at
        if at < len(data):
            self._skipping = False
            if "@" <= data[at] <= "~":
                at += 1
        return at


@lru_cache(maxsize=2048)
def numbers(words: str) -> tuple[int, ...]:
    """``1;;20`` as 1, 0, 20; bounded in number and in size."""
    parts = words[:LONGEST].replace(":", ";").split(";", PARAMETERS)[:PARAMETERS]
    return tuple([min(MOST, int(word[:5] or 0)) for word in parts])


@lru_cache(maxsize=2048)
def renditions(words: str) -> tuple[int, ...]:
    """Parameters of a rendition; ``38:2::1:2:3`` and ``4:3`` in their older form."""
    if ":" not in words:
        return numbers(words)
    found: list[int] = []
    for word in words.split(";", PARAMETERS)[:PARAMETERS]:
        parts = numbers(word)
        if parts[0] in (38, 48) and len(parts) > 1:
            found += [*parts[:2], *parts[-3:]] if parts[1] == 2 else parts[:3]
        elif parts[0] == 4:
            found.append(4 if len(parts) < 2 or parts[1] else 24)
        else:
            found.append(parts[0])
    return tuple(found)
