"""The guest's terminal with the escape key: menu and one-line prompts without a change of focus. UI thread.

Keys of one read arrive in one go, before any message of this widget is handled: what they mean must be decided right
here, or the key after the escape key would still go to the guest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from limen_widgets.terminal import Emulator, TerminalView
from textual import events
from textual.message import Message

from limen_tui.tui.console.menu import BY_KEY
from limen_tui.tui.keymap import GUEST_ESCAPE

LONGEST: Final = 200


class ConsoleTerminal(TerminalView):
    """Keys go to the guest; after the escape key to the menu; while something is asked, to the answer."""

    class Chosen(Message):
        """A command of the menu."""

        def __init__(self, command: str) -> None:
            super().__init__()
            self.command = command

    class Answered(Message):
        """What was typed after a question; ``None`` when it was left."""

        def __init__(self, question: str, text: str | None) -> None:
            super().__init__()
            self.question, self.text = question, text

    class Changed(Message):
        """The menu opened or closed, or an answer changed."""

    def __init__(self, emulator: Emulator, send: Callable[[bytes], object]) -> None:
        super().__init__(emulator, id="terminal")
        self._send = send
        self.menu = False
        self.question = ""
        self.answer = ""

    def typed(self, data: bytes) -> None:
        """Straight to the line: while output rushes by, each message on the way would wait for its turn."""
        self._send(data)

    def ask(self, question: str, answer: str = "") -> None:
        """Have a line of text typed; the answer comes as a message."""
        self.menu, self.question, self.answer = False, question, answer
        self.post_message(self.Changed())

    def close_menu(self) -> None:
        """The keys go to the guest again."""
        if self.menu or self.question:
            self.menu, self.question = False, ""
            self.post_message(self.Changed())

    def intercept(self, event: events.Key) -> bool:
        """Whether a key is not the guest's."""
        if self.question:
            self._typed_answer(event)
        elif self.menu:
            self._typed_command(event.key)
        elif event.key == GUEST_ESCAPE:
            self.menu = True
            self.post_message(self.Changed())
        else:
            return False
        return True

    def leads(self, key: str) -> bool:
        """Whether what comes after a key may not be for this guest."""
        return self.menu or key == GUEST_ESCAPE

    def _typed_command(self, key: str) -> None:
        command = BY_KEY.get(key)
        if command is None:
            return
        if command.id in ("search", "save"):
            self.ask(command.id)  # at once: the keys that follow are already the answer
        elif not command.stays:
            self.menu = False
        self.post_message(self.Changed())
        self.post_message(self.Chosen(command.id))

    def _typed_answer(self, event: events.Key) -> None:
        key = event.key
        if key in ("enter", "escape", GUEST_ESCAPE):
            question, self.question = self.question, ""
            self.post_message(self.Answered(question, self.answer if key == "enter" else None))
        elif key == "backspace":
            self.answer = self.answer[:-1]
        elif key == "ctrl+u":
            self.answer = ""
        elif event.is_printable and event.character and len(self.answer) < LONGEST:
            self.answer += event.character
        self.post_message(self.Changed())

    def on_paste(self, event: events.Paste) -> None:
        """To the answer while one is asked for; never to the guest while the menu is open."""
        event.stop()
        event.prevent_default()  # Textual would call that of the base as well
        if self.question:
            self.answer = (self.answer + "".join(filter(str.isprintable, event.text)))[:LONGEST]
            self.post_message(self.Changed())
        elif not self.menu:
            super().on_paste(event)
