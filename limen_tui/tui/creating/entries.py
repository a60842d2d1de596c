"""Entries of the form: a password that keeps only its hash, one of several. May import textual, fleet. UI thread."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Input, Select

from limen_tui.errors import LimenError
from limen_tui.fleet.passwords import password_hash
from limen_tui.tui.reading import shared_reader


class Filled(Message):
    """A value that another thread has found for a field."""

    def __init__(self, field: str, value: str | LimenError) -> None:
        super().__init__()
        self.field, self.value = field, value


class PasswordEntry(Input):
    """Once it is left, what was typed is hashed on another thread and forgotten; the hash comes as ``Filled``."""

    def __init__(self, id: str, hint: str) -> None:
        super().__init__(placeholder=hint, password=True, id=id, compact=True, select_on_focus=False, max_length=4000)
        self.cursor_blink = False

    async def action_submit(self) -> None:
        """Enter."""
        self._hash()
        await super().action_submit()

    def on_blur(self, _: events.Blur) -> None:
        """The keyboard went elsewhere."""
        self._hash()

    def _hash(self) -> None:
        password = self.value
        if password:
            self.value = ""
            shared_reader().read(lambda: password_hash(password),
                                 lambda made: self.post_message(Filled("password_hash", made)))  # fmt: skip


class Choice(Select[str]):
    """One of several, in a form that may be left while it is still being made. Labels are no markup: they are names of
    hosts, pools and images, and one such as ``[/x]`` would be a mistake in it."""

    def _setup_variables_for_options(self, options: Iterable[tuple[RenderableType, str]]) -> None:
        plain = [(Text(label) if isinstance(label, str) else label, value) for label, value in options]
        super()._setup_variables_for_options(plain)

    def _on_mount(self, event: events.Mount) -> None:
        # Textual makes no parts for a widget that is on its way out, and then looks for them
        if not self.children:
            event.prevent_default()
