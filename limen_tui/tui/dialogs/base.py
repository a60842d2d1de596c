"""The frame of every dialog: a box in the middle that fits any terminal, keys that were typed early. UI thread."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Input

from limen_tui.model.units import clean
from limen_tui.tui.dialogs.once import OnceScreen

T = TypeVar("T")


def relabel(button: Button, text: str) -> None:
    """Another word on a button, never as markup, and the room that it takes: Textual would only paint it anew, in the
    room of the word before."""
    if str(button.label) != text:
        button.label = Content(text)
        button.refresh(layout=True)


class Dialog(OnceScreen[T]):
    """A modal screen with a titled box. Escape cancels with ``None``; arrows and Tab move between buttons."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("left", "focus_previous_button", "Back", show=False),
        Binding("right", "focus_next_button", "On", show=False),
    ]
    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > .dialog--box {
        width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        border: round $accent; background: $surface; overflow-y: auto;
    }
    Dialog > .dialog--box > Label { width: 100%; height: auto; }
    Dialog .dialog--buttons { layout: horizontal; height: 1; margin-top: 1; }
    Dialog .dialog--buttons Button { margin-right: 2; height: 1; min-width: 8; border: none !important; padding: 0 1; }
    Dialog.-narrow .dialog--buttons, Dialog.-narrow #typed-row { layout: vertical; height: auto; }
    Dialog.-narrow #typed-row Label { width: 100%; }
    Dialog .dialog--buttons Button:focus { text-style: bold reverse; }
    Dialog Input { height: 1; border: none; padding: 0 1; background: $panel; }
    Dialog Input:focus { border: none; }
    Dialog:ansi Input { text-style: underline; }
    Dialog .dialog--problem { color: $text-error; height: auto; }
    Dialog .dialog--note { color: $text-muted; height: auto; }
    Dialog .dialog--warning { color: $text-warning; height: auto; }
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (44, "-wide")]  # noqa: RUF012 - Textual's own
    """Where buttons have no room beside each other they stand below each other: none is out of sight."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = clean(title)

    def compose(self) -> ComposeResult:
        """The box; ``body`` fills it."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = self._title.replace("[", r"\[")
            yield from self.body()

    def body(self) -> ComposeResult:
        """What is in the box."""
        yield from ()

    def on_mount(self) -> None:
        """No blinking: an idle screen writes nothing."""
        for field in self.query(Input):
            field.cursor_blink = False

    @on(events.DescendantFocus)
    @on(events.Resize)
    @on(Input.Changed)
    def _see_field(self) -> None:
        """What is typed must be seen, also where the box scrolls and has grown."""
        self.call_after_refresh(self._show_field)

    def _show_field(self) -> None:
        field = self.focused
        if isinstance(field, Input) and field.is_attached:
            field.scroll_visible(animate=False)

    TYPES: ClassVar[bool] = False
    """Whether it opens with the keyboard in an input."""
    _early: tuple[events.Key, ...] = ()

    def take_early(self, event: events.Key) -> bool:
        """Queue a key that came before the input had the keyboard, and all until those are in: order is kept."""
        if not self.TYPES or (self.focused is not None and not self._early):
            return False
        self._early += (event,)
        event._set_forwarded()
        self.post_message(event)
        return True

    async def on_key(self, event: events.Key) -> None:
        """Keys that came before the input had the keyboard (all in one read) go into it all the same."""
        if event not in self._early:
            return  # it came up from a widget that had it first
        self._early = tuple(early for early in self._early if early is not event)
        field = next(iter(self.query(Input)), None)
        if field is None:
            return
        if event.is_printable and event.character:
            event.stop()
            field.insert_text_at_cursor(event.character)
        elif event.key == "enter":
            event.stop()
            await field.action_submit()

    def action_cancel(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)

    def action_focus_previous_button(self) -> None:
        """To the button on the left."""
        self._move(-1)

    def action_focus_next_button(self) -> None:
        """To the button on the right."""
        self._move(1)

    def _move(self, by: int) -> None:
        able = [button for button in self.query(Button) if not button.disabled]
        if isinstance(self.focused, Button) and self.focused in able:
            self.set_focus(able[(able.index(self.focused) + by) % len(able)])
