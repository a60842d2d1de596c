"""A modal screen that is closed once. UI thread. May import textual."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

T = TypeVar("T")


class OnceScreen(ModalScreen[T]):
    """Base of every dialog. Of two Enters in one read the second finds it closed, and must not close what is below."""

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """As the base class does, the first time; then nothing."""
        if self not in self.app.screen_stack:
            return AwaitComplete()
        return super().dismiss(result)
