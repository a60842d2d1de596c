"""Keys and pastes in the order in which they came, each for what is on show after those before it. May import textual.
UI thread.

Many keys may come in one read: on a slow link, from a macro, while the machine is busy. What a key does is often done
by a message, which takes its turn in the queues of widgets: until then the next keys are held.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import dropwhile
from time import monotonic
from typing import Any, Final, TypeAlias

from limen_widgets.line_table import LineTable
from limen_widgets.line_table.keys import BINDINGS as TABLE_KEYS
from textual import events
from textual.app import App
from textual.errors import NoWidget
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from limen_tui.tui.actionscreen import ActionScreen
from limen_tui.tui.keymap import GUEST_ESCAPE, Keys

MOVES_AWAY: Final = frozenset({"table.activate", "table.columns-left", "table.columns-right"})
"""Of a table's keys, those that may open something or give the keyboard away; the others only move and mark."""
LEAVES_TEXT: Final = frozenset({"enter", "escape", "tab", "shift+tab", GUEST_ESCAPE})
"""Keys after which another widget may have the keyboard, also where texts have a use for them."""
HELD_SECONDS: Final = 0.03
HELD_ROUNDS: Final = 100
"""So often a look at whether a widget has done what a key asks; after that keys count without it."""
READY_SECONDS: Final = 0.01
READY_ROUNDS: Final = 1000
"""So often a look at whether a view has come; after that the keys for it are forgotten."""


Typed: TypeAlias = events.Key | events.Paste


class TypedKeys(App[int], inherit_bindings=False):
    """The part of the app that gives out keys and pastes."""

    keys: Keys
    typed_at = float("-inf")
    """When a key came last, in monotonic seconds."""
    _held: list[Typed] | None = None
    """What waits for its turn."""
    _answered: Screen[Any] | None = None
    """The dialog that had an Enter before what is held."""
    _settled: Typed | None = None
    """The key that waited for the text before it."""

    async def on_event(self, event: events.Event) -> None:
        """Bindings are looked up at once, in the order of the keys.

        Textual would first send a key through the focused widget's queue: of keys that come in one read
        (``:all`` and Enter, on a slow link), those after ``:`` would then be lost to the widget that had the
        keyboard before. A widget that takes text gets every key through its queue: an Enter that overtook the
        letters before it would act on what they were to exclude.
        """
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded and self.screen_stack:
            await self._on_typed(event)
            return
        await super().on_event(event)
        if isinstance(event, events.MouseUp) and self._held is None and self.screen_stack:
            with suppress(NoWidget):
                self._hold_until_done(self.get_widget_at(event.x, event.y)[0])  # what was clicked at may lead on, too

    async def _on_typed(self, event: Typed) -> None:
        self.typed_at = monotonic()
        if self._held is not None:
            self._held.append(event)
            return
        if not _is_ready(self.screen, event) and not (isinstance(event, events.Key) and event.key == "ctrl+c"):
            self._hold_until_ready(event)
        elif isinstance(event, events.Key):
            await self._on_key_typed(event)
        elif getattr(self.screen, "takes_every_key", False):
            self.screen._forward_event(event)  # the same way as the keys: none overtakes it
        else:
            await super().on_event(event)

    async def _on_key_typed(self, event: events.Key) -> None:
        for taker in (self.screen, self.focused):
            if getattr(taker, "takes_every_key", False) and taker is not None:
                leads = _leads(taker, event)
                taker._forward_event(event)  # it has a guest's keys: ctrl+c is the guest's too
                if leads:
                    self._hold_until_done(self.focused or taker)
                return
        screen, focused = self.screen, self.focused
        if focused is not None and focused.check_consume_key("a", "a"):
            await self._on_typed_text(event, focused)
            return
        for first in (True, False):
            if await self._check_bindings(event.key, priority=first):
                if not self._only_moves(event.key, focused):
                    self._hold_until_done(focused or screen, answered=_answers(event, screen))
                return
        take_early = getattr(screen, "take_early", None)
        if take_early is not None and take_early(event):  # a dialog whose fields are not there yet
            return
        await super().on_event(event)
        self._hold_until_done(focused or screen)  # it may come back, when another screen is on show

    async def _on_typed_text(self, event: events.Key, field: Widget) -> None:
        """A key while ``field`` takes text."""
        if self._settled is not event and self._has_priority(event.key):
            self._hold_until_done(field, event)  # it would overtake the letters before it
            return
        leads, screen = _leads(field, event), self.screen
        take_early = getattr(screen, "take_early", None)
        if take_early is not None and take_early(event):
            return
        await super().on_event(event)
        if leads:
            self._hold_until_done(field, answered=_answers(event, screen))

    def _only_moves(self, key: str, focused: Widget | None) -> bool:
        """Whether a key does nothing to what the next one is for: a key held down must not wait for each picture."""
        if not isinstance(focused, LineTable):
            return False
        return any(key in self.keys[name] for *_, name in TABLE_KEYS if name not in MOVES_AWAY)

    def _has_priority(self, key: str) -> bool:
        """Whether a key is looked up before the widget with the keyboard has it. Who leaves at once may."""
        return key != "ctrl+c" and any(
            binding.priority
            for _, bindings in self.screen._binding_chain
            for binding in bindings.key_to_bindings.get(key, ())
        )

    # -- holding ----------------------------------------------------------------------------------

    def _hold_until_done(self, field: Widget, *first: Typed, answered: Screen[Any] | None = None) -> None:
        """Keep back ``first`` and the keys after it until a field, row or button has done what it was told: they may be
        meant for what has the keyboard then. It and all around it must have worked off their queues. ``answered`` is
        the dialog that has an Enter to work off."""
        held: list[Typed] = list(first)
        self._held = held
        self._answered = answered
        # a message goes through its sender's own queue before its parent's, and its handler may send another
        around = [node for node in field.ancestors_with_self if isinstance(node, Widget | App)] * 4

        def next_one() -> None:
            while around:
                if around.pop(0).call_later(next_one):
                    return
            self.call_later(self._release, held)

        nodes, rounds = tuple(around), iter(range(HELD_ROUNDS))
        next_one()

        def look_again() -> None:
            if self._held is not held:
                return
            # A dialog that the key has closed may take its queue with it. Where all are there, a busy machine only
            # needs longer: a key let go too soon would be typed into the field.
            if next(rounds, None) is not None and all(node.is_running for node in nodes):
                self.set_timer(HELD_SECONDS, look_again)
            else:
                self.call_later(self._release, held)

        self.set_timer(HELD_SECONDS, look_again)

    def _hold_until_ready(self, event: Typed) -> None:
        """Keep back this key and those after it until the screen has what they are meant for: of ``3`` and ``/`` that
        come in one read, the second is for a view that is not there yet."""
        held: list[Typed] = [event]
        self._held = held
        rounds = iter(range(READY_ROUNDS))

        def look() -> None:
            if self._held is not held:
                return
            if _is_ready(self.screen, event):
                self.call_later(self._release, held)
            elif next(rounds, None) is None:
                # it never came: better no key than one for something else, but who wants to leave may
                held[:] = [each for each in held if isinstance(each, events.Key) and each.key == "ctrl+c"]
                self.call_later(self._release, held)
            else:
                self.set_timer(READY_SECONDS, look)

        self.set_timer(READY_SECONDS, look)

    async def _release(self, held: list[Typed]) -> None:
        """On the app's own queue: no newer key can come between."""
        if self._held is not held:
            return
        self._held = None
        answered, self._answered = self._answered, None
        if answered is not None and answered not in self.screen_stack:
            # pressed twice, or too long: whoever meant the second for what comes now has not seen it yet
            held = list(dropwhile(lambda each: isinstance(each, events.Key) and each.key == "enter", held))
        self._settled = held[0] if held else None
        for event in held:
            await self._on_typed(event)


def _answers(event: events.Key, screen: Screen[Any]) -> Screen[Any] | None:
    """The dialog that a key may answer."""
    return screen if event.key == "enter" and isinstance(screen, ModalScreen) else None


def _leads(widget: Widget | Screen[Any], event: events.Key) -> bool:
    """Whether a key that ``widget`` gets may change what the next one is for. One that passes most keys on to a guest
    says so itself."""
    says = getattr(widget, "leads", None)
    if says is not None:
        return bool(says(event.key))
    # what is no text to it comes back through all around it, to be looked up then
    return event.key in LEAVES_TEXT or not widget.check_consume_key(event.key, event.character)


def _is_ready(screen: Screen[Any], event: Typed) -> bool:
    """Whether what keys act on is there. A screen that shows itself before it is complete says for which it waits."""
    if isinstance(screen, ActionScreen):
        return screen.is_ready
    awaits: frozenset[str] = getattr(screen, "awaits", frozenset())
    return screen.is_mounted and not (isinstance(event, events.Key) and event.key in awaits)
