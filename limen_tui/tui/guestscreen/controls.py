"""What the menu of a guest's screen does. May import textual, fleet and model. UI thread."""

from __future__ import annotations

import time
from typing import Final

from limen_widgets.pixels import PixelView
from textual import on
from textual.message import Message

from limen_tui.fleet.display import GuestDisplay, Shot
from limen_tui.model.rfb.keys import CTRL_ALT_DELETE, Stroke, strokes_of_text
from limen_tui.model.units import clean
from limen_tui.tui.dialogs.text import TextDialog
from limen_tui.tui.guestscreen.menu import key_picks, stroke_for
from limen_tui.tui.guestscreen.saving import default_path, save
from limen_tui.tui.keymap import GUEST_ESCAPE
from limen_tui.tui.palette.picker import Picker
from limen_tui.tui.vm.tab import VMTab

MOST_TYPED: Final = 8192
"""Characters of a text that are typed at once: at 80 keys a second, that is a minute and a half."""
PANS: Final = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class ScreenMenu(VMTab):
    """The part of the tab that has the menu: one key after the escape key is for Limen."""

    class Saved(Message):
        """Whether a picture was saved, in words."""

        def __init__(self, said: str) -> None:
            super().__init__()
            self.said = said

    _display: GuestDisplay | None
    _shot: Shot | None
    _menu: bool
    _pictures: bool
    _pixels: bool
    _vm_name: str

    def _send(self, *strokes: Stroke) -> None:
        raise NotImplementedError

    def _show_lines(self) -> None:
        raise NotImplementedError

    def _show_picture(self) -> None:
        raise NotImplementedError

    def _again(self) -> None:
        raise NotImplementedError

    def _type(self, text: str) -> None:
        strokes, lost = strokes_of_text(text[:MOST_TYPED])
        self._send(*strokes)
        left = len(text) - MOST_TYPED
        notes = [f"{lost} that no key types"] if lost else []
        notes += [f"{left} beyond {MOST_TYPED}"] if left > 0 else []
        if notes:
            self.notify(f"Not typed: {', '.join(notes)}", severity="warning", markup=False)

    def _command(self, key: str, character: str) -> None:
        picture = self.query_one(PixelView)
        if key in PANS:
            picture.pan(*PANS[key])
        elif character in ("+", "=", "-", "0"):
            self._pixels = True
            self._show_picture()
            picture.zoom({"-": -1, "0": 0}.get(character, 1))
        else:
            self._menu = False
            self._act(key)
        self._show_lines()

    def _act(self, key: str) -> None:
        match key:
            case _ if key in (GUEST_ESCAPE, "q"):
                self._leave()
            case "right_square_bracket":
                self._send(stroke_for("ctrl+]"))
            case "d":
                self._send(CTRL_ALT_DELETE)
            case "f":
                self.app.push_screen(Picker("Press in the guest", key_picks()), self._picked)
            case "t":
                note = "Typed key by key, as on an American keyboard; a paste into the screen is typed as well."
                self.app.push_screen(TextDialog("Type a text", "The text", note=note), self._typed)
            case "p":
                self._show_by_pictures(not self._pictures)
            case "x":
                self._pixels = not self._pixels
                self._show_picture()
            case "y":
                self._copy()
            case "r":
                self._again()
            case "w":
                self._ask_where_to_save()
            case "V":
                self.limen.commands.show_viewer(self.key)

    def _show_by_pictures(self, on: bool) -> None:
        self._pictures = on
        if self._display is not None:
            self._display.set_pictures(on)

    def _leave(self) -> None:
        if self._display is not None:
            self._display.drop_text()
        self.give_keys_back()

    def _copy(self) -> None:
        if self._shot is None or self._shot.text is None:
            self.notify("No text can be read from this screen", severity="warning", markup=False, timeout=3)
            return
        lines = [clean(line).rstrip() for line in self._shot.text.plain()]
        self.app.copy_to_clipboard("\n".join(lines).strip("\n") + "\n")
        self.notify(f"Copied {sum(map(bool, lines))} lines", markup=False, timeout=3)

    def _picked(self, name: str | None) -> None:
        if name is not None:
            self._send(stroke_for(name))

    def _typed(self, text: str | None) -> None:
        if text:
            self._type(text)

    # -- saving -----------------------------------------------------------------------------------

    def _ask_where_to_save(self) -> None:
        shot = self._shot
        if shot is None:
            self.notify("There is no picture yet", severity="warning", markup=False, timeout=3)
            return
        path = default_path(self._vm_name, time.localtime())
        note = f"A PNG of {shot.still.width}x{shot.still.height} pixels. A file that is there is not overwritten."

        def chosen(text: str | None) -> None:
            if text:
                save(shot.still, text, lambda said: self.post_message(self.Saved(said)))

        self.app.push_screen(TextDialog("Save the screen", "File", path, note=note), chosen)

    @on(Saved)
    def _saved(self, event: Saved) -> None:
        self.notify(clean(event.said), markup=False, timeout=5)
