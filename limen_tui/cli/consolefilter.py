"""What a guest prints, made fit for the person's own terminal. Pure.

Text, colours, cursor movement and the modes of full-screen programs pass. Whatever would act on the terminal itself
(titles, clipboard, windows, mouse, device strings, questions that it would answer by typing into the guest) does not.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

TOKEN: Final = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<control>[\x07\x08\t\n\x0b\x0c\r\x0e\x0f])"
    r"|\x1b\[(?P<mark>[<=>?]?)(?P<words>[0-9;:]{0,64})(?P<between>[ -/]{0,4})(?P<final>[@-~])"
    r"|\x1b(?P<string>[P\]X^_k])"
    r"|\x1b(?P<middle>[ -/]{0,4})(?P<end>(?![P\[\]X^_k])[0-~])"
)
UNFINISHED: Final = re.compile(r"\x1b(\[[<=>?]?[0-9;:]{0,64}[ -/]{0,4}|[ -/]{0,4})?\Z")
STRING_END: Final = re.compile(r"[\x07\x18\x1a\x1b\x9c]")
PLAIN: Final = frozenset("@ABCDEFGHIJKLMPSTXZ`abdefgmrsu")
MODES: Final = frozenset({1, 5, 6, 7, 12, 25, 47, 66, 1047, 1048, 1049, 2004})
ESCAPES: Final = frozenset("78DEHM=>")
QUESTIONS: Final = 4
"""Questions for the cursor's place that pass between two calls of ``calm``: ``resize`` in the guest asks them."""
CLEAR: Final = "\x1b[m\x1b[r\x1b[H\x1b[2J"
LONGEST_STRING: Final = 1 << 20
RESTORE: Final = (
    "\x1b[?1049l\x1b[r\x1b[m\x1b[?25h\x1b[?1l\x1b>\x1b[?2004l\x1b[?5l\x1b[?6l\x1b[?7h\x1b[4l\x1b(B\x0f\x1b[999;1H"
)
"""What a guest may have left switched on, off again."""


class ConsoleFilter:
    """Bytes in, text for the terminal out."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._tail = ""
        self._string = 0
        self._questions = QUESTIONS

    def calm(self) -> None:
        """Some time has passed: a few questions may pass again."""
        self._questions = QUESTIONS

    def feed(self, data: bytes) -> str:
        """What may be written of ``data``; an unfinished sequence waits for the rest."""
        text, self._tail = self._tail + self._decode(data), ""
        out: list[str] = []
        at = 0
        while at < len(text):
            if self._string:
                at = self._swallow(text, at)
                continue
            found = TOKEN.match(text, at)
            if found is None:
                if UNFINISHED.match(text, at):
                    self._tail = text[at:]
                    break
                at += 2 if text.startswith("\x1b[", at) else 1  # broken off: what follows counts anew
                continue
            at = found.end()
            if found["string"]:
                self._string = 1
            else:
                out.append(self._passed(found))
        return "".join(out)

    def _swallow(self, text: str, at: int) -> int:
        end = STRING_END.search(text, at)
        if end is None:
            self._string += len(text) - at
            if self._string > LONGEST_STRING:
                self._string = 0
            return len(text)
        self._string = 0
        return end.start() if end.group() == "\x1b" else end.end()

    def _passed(self, found: re.Match[str]) -> str:
        if found["text"] or found["control"]:
            return found.group()
        if found["end"]:
            return self._escape(found["middle"], found["end"], found.group())
        mark, words, final = found["mark"], found["words"], found["final"]
        if found["between"]:
            return ""
        if mark == "?":
            return self._private(words, final)
        if mark:
            return ""
        if final == "n":
            return self._question(words)
        if final in "hl":
            return found.group() if words == "4" else ""
        # 3J would clear the person's own scrollback
        return found.group() if final in PLAIN and (final, words) != ("J", "3") else ""

    @staticmethod
    def _private(words: str, final: str) -> str:
        if final in "hl":
            modes = [word for word in words.split(";") if word.isdigit() and int(word[:6]) in MODES]
            return f"\x1b[?{';'.join(modes)}{final}" if modes else ""
        return f"\x1b[?{words}{final}" if final in "JK" and words != "3" else ""

    def _question(self, words: str) -> str:
        if words != "6" or self._questions <= 0:
            return ""
        self._questions -= 1
        return "\x1b[6n"

    def _escape(self, middle: str, end: str, whole: str) -> str:
        if not middle:
            return CLEAR if end == "c" else whole if end in ESCAPES else ""
        if middle in "()":
            return whole if end in "0AB" else ""
        return whole if (middle, end) == ("#", "8") else ""
