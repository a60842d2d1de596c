"""An input for a path, with completion as in a shell. UI thread; folders are read on a thread of their own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from limen_tui.errors import InputError, LimenError
from limen_tui.model.units import clean
from limen_tui.tui.reading import shared_reader

MOST: Final = 2000
"""Entries of a folder that are looked at."""


class PathInput(Input):
    """Tab puts in what all candidates have in common; what is left to choose from is told to the parent."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "Complete", show=False)]

    class Completed(Message):
        """What Tab came to: the path and the candidates that are left."""

        def __init__(self, asked: str, path: str, names: tuple[str, ...]) -> None:
            super().__init__()
            self.asked, self.path, self.names = asked, path, names

    def action_complete(self) -> None:
        """Look in the folder; with nothing to complete go to the next field."""
        asked = self.value
        if not asked:
            self.screen.focus_next()
            return

        def post(result: tuple[str, tuple[str, ...]] | LimenError) -> None:
            if not isinstance(result, LimenError):
                self.post_message(self.Completed(asked, *result))

        shared_reader().read(lambda: complete(asked), post)

    def on_path_input_completed(self, event: Completed) -> None:
        """Take it over, unless something else was typed meanwhile. A file that is complete leads on."""
        if event.asked != self.value:
            event.stop()
            return
        if event.path == self.value and not event.names:
            event.stop()
            self.screen.focus_next()
            return
        self.value = event.path
        self.cursor_position = len(event.path)


def complete(path: str) -> tuple[str, tuple[str, ...]]:
    """``path`` made as long as it is certain, and the names it may go on with. Raises ``InputError``."""
    folder, _, start = path.rpartition("/")
    where = Path(f"{folder}/" if path.startswith("/") or folder else ".").expanduser()
    try:
        with os.scandir(where) as entries:
            found = sorted(
                entry.name + ("/" if entry.is_dir() else "")
                for _, entry in zip(range(MOST), entries, strict=False)
                if entry.name.startswith(start) and (start.startswith(".") or not entry.name.startswith("."))
                and clean(entry.name) == entry.name
            )  # fmt: skip
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: ~ of nobody
        raise InputError("The folder cannot be read", str(error)) from error
    if not found:
        return path, ()
    common = _common(found)
    whole = f"{folder}/{common}" if "/" in path else common
    return whole, tuple(found) if len(found) > 1 else ()


def _common(names: list[str]) -> str:
    """The letters that all begin with; the list is sorted, so that first and last tell."""
    first, last = names[0], names[-1]
    same = next((place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    return first[:same] if same is not None else min(first, last, key=len)
