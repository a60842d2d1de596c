"""Bytes from a line into a screen with scrollback, a slice at a time. Imports pyte; belongs to one thread.

What it is given is kept in order until it was worked off: only painting is ever skipped. Whoever owns it works in
slices short enough for its thread, and gives it no more while there is a backlog.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from time import perf_counter
from typing import Final

from limen_widgets.terminal.parser import Parser
from limen_widgets.terminal.screen import APP_CURSOR, BRACKETED, GuestScreen
from limen_widgets.terminal.scrollback import KEPT, Line, Scrollback, line_text

PIECE: Final = 1 << 14
"""Characters parsed between looks at the backlog."""
MOST_ANSWERS: Final = 8
"""Answers to the guest's questions in one slice: a guest that prints questions without end gets no flood back."""
KEYPAD_LIMITS: Final = (2, 1000)


class Emulator:
    """The far end's screen. ``answer`` gets bytes to send back: where the cursor is, what terminal this is."""

    def __init__(
        self, columns: int = 80, lines: int = 24, *, kept: int = KEPT, answer: Callable[[bytes], object] | None = None
    ) -> None:
        self.screen = GuestScreen(columns, lines, kept=kept, answer=self._answer)
        self._send = answer
        self._answers = 0
        self._parser = Parser(_Dispatch(self.screen))
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._text = ""
        self.received = 0
        """Bytes fed so far."""

    # -- in ---------------------------------------------------------------------------------------

    def feed(self, data: bytes, seconds: float = float("inf")) -> bool:
        """Take in bytes and work for at most about ``seconds``; whether everything is worked off."""
        self.received += len(data)
        self._text += self._decode(data)
        return self.work(seconds)

    def work(self, seconds: float = float("inf")) -> bool:
        """Go on with the backlog."""
        until = perf_counter() + seconds
        self._answers = 0
        at, text = 0, self._text
        while at < len(text):
            at += self._parser.feed(text[at : at + PIECE], until)
            if perf_counter() > until:
                break
        self._text = text[at:]
        return not self._text

    @property
    def backlog(self) -> int:
        """Characters not yet worked off."""
        return len(self._text)

    def forget_line(self) -> None:
        """The line was opened anew: an unfinished sequence or character of the old one means nothing."""
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._parser = Parser(_Dispatch(self.screen))

    def say(self, text: str) -> None:
        """A line of our own, dim, between what the guest says. ``text`` must be clean."""
        screen = self.screen
        if screen.in_alternate:
            screen.reset_private((1049,))
        screen.set_margins()
        before = screen.cursor.attrs
        if screen.cursor.x:
            screen.carriage_return()
            screen.linefeed()
        screen.select_graphic_rendition(0, 3)
        screen.draw(text)
        screen.cursor.attrs = before
        screen.carriage_return()
        screen.linefeed()

    def _answer(self, data: bytes) -> None:
        self._answers += 1
        if self._send is not None and self._answers <= MOST_ANSWERS:
            self._send(data)

    # -- out --------------------------------------------------------------------------------------

    @property
    def scrollback(self) -> Scrollback:
        """What left the screen."""
        return self.screen.scrollback

    @property
    def size(self) -> tuple[int, int]:
        """Columns, lines."""
        return self.screen.columns, self.screen.lines

    @property
    def application_cursor(self) -> bool:
        """Whether cursor keys are to be sent as ``ESC O A``."""
        return APP_CURSOR in self.screen.mode

    @property
    def bracketed_paste(self) -> bool:
        """Whether pasted text is to be marked as such."""
        return BRACKETED in self.screen.mode

    def resize(self, columns: int, lines: int) -> None:
        """Another size; a serial line does not tell the guest."""
        low, high = KEYPAD_LIMITS
        self.screen.resize(min(high, max(low, lines)), min(high, max(low, columns)))

    def lines(self, back: int, count: int) -> list[Line]:
        """``count`` lines, the last of them ``back`` lines above the bottom of the screen."""
        screen, kept = self.screen, len(self.scrollback)
        last = kept + screen.lines - back
        first = last - count
        found = self.scrollback.between(first, min(last, kept))
        return found + [screen.line(y) for y in range(max(0, first - kept), max(0, last - kept))]

    def text(self) -> str:
        """Everything, scrollback and screen."""
        lines = [line_text(line) for line in self.scrollback.all()]
        lines += [line_text(self.screen.line(y)).rstrip() for y in range(self.screen.lines)]
        while lines and not lines[-1]:
            lines.pop()
        return "\n".join(lines) + "\n"

    def find(self, text: str) -> list[int]:
        """Lines with ``text`` in them, in whatever case, counted from the oldest kept."""
        wanted = text.casefold()
        if not wanted:
            return []
        found = [at for at, line in enumerate(self.scrollback.all()) if wanted in line_text(line).casefold()]
        kept = len(self.scrollback)
        return found + [
            kept + y for y in range(self.screen.lines) if wanted in line_text(self.screen.line(y)).casefold()
        ]


class _Dispatch:
    """What each control sequence does to a screen. Unknown ones do nothing."""

    def __init__(self, screen: GuestScreen) -> None:
        self._screen = screen
        self.draw = screen.draw
        self.draw_lines = screen.draw_lines
        self._controls: dict[str, Callable[[], object]] = {
            "\x07": self._bell, "\x08": screen.backspace, "\x09": screen.tab, "\x0a": screen.linefeed,
            "\x0b": screen.linefeed, "\x0c": screen.linefeed, "\x0d": screen.carriage_return,
            "\x0e": screen.shift_out, "\x0f": screen.shift_in,
        }  # fmt: skip
        self._escapes: dict[str, Callable[[], object]] = {
            "c": screen.reset, "D": screen.index, "E": self._next_line, "M": screen.reverse_index,
            "H": screen.set_tab_stop, "7": screen.save_cursor, "8": screen.restore_cursor,
        }  # fmt: skip
        self._counted: dict[str, Callable[[int], object]] = {
            "@": screen.insert_characters, "A": screen.cursor_up, "B": screen.cursor_down, "C": screen.cursor_forward,
            "D": screen.cursor_back, "E": screen.cursor_down1, "F": screen.cursor_up1, "G": screen.cursor_to_column,
            "`": screen.cursor_to_column, "J": screen.erase_in_display, "K": screen.erase_in_line,
            "L": screen.insert_lines, "M": screen.delete_lines, "P": screen.delete_characters,
            "X": screen.erase_characters, "a": screen.cursor_forward, "d": screen.cursor_to_line,
            "e": screen.cursor_down, "g": screen.clear_tab_stop,
            "S": lambda count: screen.scroll(count or 1), "T": lambda count: screen.scroll(-(count or 1)),
        }  # fmt: skip

    draw: Callable[[str], None]
    draw_lines: Callable[[list[str]], bool]

    def _bell(self) -> None:
        self._screen.bells += 1

    def _next_line(self) -> None:
        self._screen.carriage_return()
        self._screen.linefeed()

    def control(self, char: str) -> None:
        """See Sink."""
        do = self._controls.get(char)
        if do is not None:
            do()

    def escape(self, intermediate: str, final: str) -> None:
        """See Sink."""
        if not intermediate:
            do = self._escapes.get(final)
            if do is not None:
                do()
        elif intermediate in "()":
            self._screen.define_charset(final, intermediate)
        elif intermediate == "#" and final == "8":
            self._screen.alignment_display()

    def rendition(self, parameters: tuple[int, ...]) -> None:
        """See Sink."""
        self._screen.select_graphic_rendition(*parameters)

    def sequence(self, mark: str, parameters: tuple[int, ...], intermediate: str, final: str) -> None:
        """See Sink."""
        screen, first = self._screen, parameters[0]
        if intermediate:
            if intermediate == "!" and final == "p":
                screen.reset()
            return
        if mark == "?":
            self._private(parameters, final)
        elif mark == ">" and final == "c":
            screen.answer(b"\x1b[>0;0;0c")
        elif mark:
            return
        elif (counted := self._counted.get(final)) is not None:
            counted(first)
        elif final in "Hf":
            screen.cursor_position(first, parameters[1] if len(parameters) > 1 else 0)
        elif final == "r":
            screen.set_margins(first or None, (parameters[1] or None) if len(parameters) > 1 else None)
        elif final == "n":
            self._status(first)
        else:
            self._rare(parameters, final)

    def _rare(self, parameters: tuple[int, ...], final: str) -> None:
        screen = self._screen
        if final == "c" and not parameters[0]:
            screen.answer(b"\x1b[?6c")  # a VT102: promises nothing
        elif final == "h" and 4 in parameters:
            screen.set_mode(4)
        elif final == "l" and 4 in parameters:
            screen.reset_mode(4)
        elif final == "s":
            screen.save_cursor()
        elif final == "u":
            screen.restore_cursor()

    def _private(self, parameters: tuple[int, ...], final: str) -> None:
        screen = self._screen
        if final == "h":
            screen.set_private(parameters)
        elif final == "l":
            screen.reset_private(parameters)
        elif final == "J":
            screen.erase_in_display(parameters[0])
        elif final == "K":
            screen.erase_in_line(parameters[0])

    def _status(self, what: int) -> None:
        screen = self._screen
        if what == 5:
            screen.answer(b"\x1b[0n")
        elif what == 6:
            x = min(screen.cursor.x, screen.columns - 1)
            screen.answer(b"\x1b[%d;%dR" % (screen.cursor.y + 1, x + 1))
