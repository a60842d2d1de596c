"""The application: owns the fleet, the hub timer, keys, themes, notices. May import textual, fleet, model. UI thread.

Nothing here blocks: no libvirt, SSH, SQL or file transfer, and no waiting for a thread.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from os import environ
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from limen_widgets.tight import TightUpdate
from rich.console import RenderableType
from textual._compositor import ChopsUpdate
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel
from textual.screen import ModalScreen, Screen

from limen_tui.fleet.fleet import MANY, TURNS, Fleet
from limen_tui.model.actions import BY_ID, Target
from limen_tui.model.host import Problem
from limen_tui.model.ports import Watch
from limen_tui.model.samples import USUAL_GROUPS
from limen_tui.model.units import clean, paragraph
from limen_tui.settings import Settings
from limen_tui.tui.actionscreen import ActionScreen, method_name
from limen_tui.tui.keymap import Keys, effective_keys, place_keys
from limen_tui.tui.main.screen import MainScreen
from limen_tui.tui.memory import THEME, Memory
from limen_tui.tui.themes import theme_name, themes
from limen_tui.tui.typedkeys import TypedKeys
from limen_tui.tui.warming import Warming

if TYPE_CHECKING:
    from limen_tui.tui.acting import Acting
    from limen_tui.tui.commands import Commands
    from limen_tui.tui.console.desk import ConsoleDesk
    from limen_tui.tui.guestscreen.graphics import Graphics, Packed
    from limen_tui.tui.guestscreen.terminal import TerminalAnswered
    from limen_tui.tui.jobs.desk import JobDesk
    from limen_tui.tui.keeping import KeepingWatch
    from limen_tui.tui.signin.desk import SignInDesk
    from limen_tui.tui.viewpanel import Needs

TICK = 0.25
"""Seconds between looks at what the sessions have."""
BREATH = 0.95
"""Seconds at least between two pictures of a large fleet of which only figures differ."""
TURNS_BACK = 8
"""Turns of the event loop in which signals that came before them are heard."""
SOON = 0.06
"""Seconds to the next look when the last left something for it."""
SHORTLY = 0.002
"""Seconds in which keys that wait are taken in."""
YOUNG = 100_000
"""Objects made at most between looks for cycles: a tick of a large fleet makes thousands, few of them in one."""
TIDY = 30_000
"""Objects made after which the next pause in typing is used for such a look, which takes a tenth of a second then."""
PAUSE = 0.5
"""Seconds without a key that are a pause."""
ACTS = frozenset({"vm.pause-resume", "vm.autostart", "vm.tags"})
"""Acts on VMs beside the lifecycle verbs."""


class LimenApp(TypedKeys, inherit_bindings=False):
    """Limen. ``keys`` is the keymap in force. Raises ``ConfigError`` for a keymap that cannot work."""

    TITLE = "Limen"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "leave(130)", "Quit", show=False, priority=True)]
    CSS = """
    Toast { width: 60; max-width: 90%; padding: 0 1; }
    ToastRack { margin-bottom: 1; }
    /* a dialog's buttons are at its bottom */
    ModalScreen ToastRack { dock: top; align: right top; margin: 0; }
    ModalScreen Toast { margin: 0; }
    ModalScreen.-low ToastHolder { display: none; }
    ModalScreen.-low ToastHolder:last-of-type { display: block; }
    ModalScreen.-low Toast { max-height: 1; max-width: 100%; text-wrap: nowrap; text-overflow: ellipsis; }
    Screen { background: $background; }
    ModalScreen { background: $background 60%; }
    """

    def __init__(
        self, fleet: Fleet, settings: Settings, *, notices: Sequence[Problem | str] = (), demo: bool = False
    ) -> None:
        plain = "NO_COLOR" in environ
        self.keys: Keys = effective_keys(settings)
        super().__init__(ansi_color=True if plain else None)
        self.fleet = fleet
        self.settings = settings
        self.demo = demo
        self.memory = Memory(fleet.inventory, settings)
        self.consoles: ConsoleDesk | None = None
        """The open serial consoles, once there was one."""
        self.graphics: Graphics | None = None
        """Pictures by the terminal itself, where it may have them."""
        self._notices = tuple(notices)
        self.begun = False
        """Whether the first screen is up."""
        self.came_back = float("-inf")
        """When the terminal last came back from another program, in monotonic seconds; infinite just after."""
        self._shown: tuple[int, ...] = ()
        self._shown_at = float("-inf")
        self._happened: tuple[int, ...] = ()
        self._watched: object = None
        self._soon = False
        for theme in themes():
            self.register_theme(theme)
        self.theme = theme_name("ansi" if plain else self.memory.theme)
        self.animation_level = "none"
        self.set_keymap(place_keys(self.keys, settings))

    # -- life -------------------------------------------------------------------------------------

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """The terminal belongs to another program for the length of a block."""
        with super().suspend():
            try:
                yield
            finally:
                self.came_back = float("inf")
                self._come_back(TURNS_BACK)

    def _come_back(self, turns: int) -> None:
        """A signal from that time is heard a few turns of the loop later, however long those take."""
        if turns:
            asyncio.get_running_loop().call_soon(self._come_back, turns - 1)
        else:
            self.came_back = monotonic()

    # made at the first use: the first paint does without

    @cached_property
    def acting(self) -> Acting:
        """Does to VMs what keys ask for."""
        from limen_tui.tui.acting import Acting  # noqa: PLC0415

        return Acting(self)

    @cached_property
    def sign_in(self) -> SignInDesk:
        """Tells of what hosts ask, and asks it."""
        from limen_tui.tui.signin.desk import SignInDesk  # noqa: PLC0415

        return SignInDesk(self, self.fleet.questions)

    @cached_property
    def keeping(self) -> KeepingWatch:
        """Tells when nothing can be kept."""
        from limen_tui.tui.keeping import KeepingWatch  # noqa: PLC0415

        return KeepingWatch(self)

    @cached_property
    def commands(self) -> Commands:
        """Actions that belong to no screen, with all the dialogs they open."""
        from limen_tui.tui.commands import Commands  # noqa: PLC0415

        return Commands(self)

    @cached_property
    def job_desk(self) -> JobDesk:
        """Starts jobs, and tells of their ends."""
        from limen_tui.tui.jobs.desk import JobDesk  # noqa: PLC0415

        return JobDesk(self)

    def get_default_screen(self) -> MainScreen:
        """The main screen is the bottom of the stack."""
        return MainScreen(self)

    def on_ready(self) -> None:
        """The cached fleet is on screen: now the sessions may start."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.begun = True
        from limen_tui.tui.notices import NoticePlacer  # noqa: PLC0415 - no dialog is open yet

        NoticePlacer(self).begin()
        self.fleet.start()
        self.set_interval(TICK, self.tick)
        for notice in self._notices:
            if isinstance(notice, str):
                self.notify(notice, markup=False, timeout=15)
            else:
                text = paragraph(clean(notice.detail), clean(notice.hint))
                self.notify(text, title=clean(notice.title), severity="warning", markup=False, timeout=15)
        # What lives from here on lives long: full collections need not look at it again. To look at it now would keep
        # the first keys waiting.
        gc.freeze()
        gc.enable()
        gc.set_threshold(YOUNG, 20, 50)
        self.job_desk.begin()
        Warming(self).begin()

    def tick(self) -> None:
        """Take in what the hosts have; screens hear of it only when something changed."""
        if not self.screen_stack or not self.is_running:
            return  # on the way out parts of screens are gone before their wholes
        self.fleet.poll()
        if self.fleet.behind and not self._soon:
            self._soon = True
            self.set_timer(SOON, self._again)
        self.sign_in.tick()
        self.keeping.tick()
        self.acting.tick()
        self.job_desk.tick()
        now = (self.fleet.view.rev, self.fleet.acts_rev, self.fleet.events_seen, self.job_desk.rev)
        if now != self._shown and not self._can_wait(now[1:]):
            self._shown, self._shown_at = now, self.fleet.clock.mono()
            if self.fleet.view.totals.vms < MANY:
                self._show()
            else:  # keys come first: they need not wait for both halves of the work
                self.set_timer(SHORTLY, self._show)
        self._watch()
        if gc.get_count()[0] > TIDY and monotonic() - self.typed_at > PAUSE:
            gc.collect(0)

    def _show(self) -> None:
        """Give what there is to the screens that can be seen."""
        if not self.is_running:
            return
        for screen in reversed(self.screen_stack):
            if (show := getattr(screen, "show_fleet", None)) is not None:
                show(self.fleet.view)
            if not isinstance(screen, ModalScreen):
                break

    def _can_wait(self, happened: tuple[int, ...]) -> bool:
        """Whether only figures differ from what was shown a moment ago. In a large fleet some differ at every tick; to
        show them once a second leaves the time to the keys."""
        totals = self.fleet.view.totals
        happened += (totals.hosts_up, totals.vms, totals.running)
        same, self._happened = happened == self._happened, happened
        return same and totals.vms >= MANY and self.fleet.clock.mono() - self._shown_at < BREATH

    def _again(self) -> None:
        self._soon = False
        self.tick()

    def _needs(self) -> Needs | None:
        for screen in reversed(self.screen_stack):
            watched: Callable[[], Needs] | None = getattr(screen, "watched", None)
            if watched is not None:  # the screen of one VM
                return watched()
        panel = self.main.panel
        return panel.watched() if panel.is_mounted else None

    def _watch(self) -> None:
        needs = self._needs()
        if needs is None:
            return
        refresh, hosts = self.settings.refresh, self.fleet.hosts
        turns = TURNS if self.fleet.view.totals.vms >= MANY else 1
        if (needs, hosts, turns) == self._watched:
            return
        self._watched = needs, hosts, turns
        visible: dict[str, set[str]] = {}
        for key in needs.visible:
            visible.setdefault(key.host_id, set()).add(key.uuid)
        for host in hosts:
            close = host.id in needs.hosts
            self.fleet.watch(
                host.id,
                Watch(refresh.on_screen if close else refresh.background,
                      USUAL_GROUPS if needs.close and not close else needs.groups,
                      frozenset(visible.get(host.id, ())),
                      frozenset(key.uuid for key in needs.close if key.host_id == host.id), turns),
            )  # fmt: skip

    def action_leave(self, code: int = 0) -> None:
        """Leave now, without a question; ``code`` is the exit code."""
        self.exit(code, return_code=code)

    def quit_or_ask(self) -> None:
        """Leave, after a question when acts are under way."""
        if self.job_desk.ask_to_leave():
            return
        from limen_tui.fleet.acts import running_acts  # noqa: PLC0415

        under_way = running_acts(self.fleet.acts.acts)
        if under_way:
            self.commands.ask_to_quit(tuple(under_way.values()))
        else:
            self.action_leave(0)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Textual is about to write: an update of parts, in fewer bytes."""
        if self.graphics is not None:
            self.graphics.before_paint()
        tight = TightUpdate(renderable) if isinstance(renderable, ChopsUpdate) else renderable
        super()._display(screen, tight)

    def on_terminal_answered(self, event: TerminalAnswered) -> None:
        """Whether the terminal shows pictures."""
        if self.graphics is not None:
            self.graphics.answered(event.can)

    def on_packed(self, event: Packed) -> None:
        """A picture may be written."""
        if self.graphics is not None:
            self.graphics.packed(event)

    # -- keys -------------------------------------------------------------------------------------

    @property
    def main(self) -> MainScreen:
        """The main screen, also while another covers it."""
        main = self.screen_stack[0]
        if not isinstance(main, MainScreen):
            raise LookupError("no main screen")
        return main

    def action_act(self, action_id: str) -> None:
        """A key of an action was pressed on a full screen."""
        if isinstance(self.screen, ActionScreen):
            self.perform_action(action_id, self.screen.target())

    def perform_action(self, action_id: str, target: Target) -> None:
        """Do an action to what was under the cursor when its key was pressed, or say why it cannot be done."""
        action, screen = BY_ID[action_id], self.screen
        if not isinstance(screen, ActionScreen):
            return
        reason = self.acting.undo_reason if action_id == "app.undo" else screen.reason(action, target)
        if reason is not None:
            self.notify(f"{action.label}: {clean(reason)}", severity="warning", markup=False, timeout=4)
            return
        if action.verb is not None or action_id in ACTS:
            self.acting.begin(action, target)
            return
        name = method_name(action_id)
        doers = (screen, self.commands)
        # What only the main screen does (show a view) leads back to it from everywhere.
        doer = next((each for each in doers if hasattr(each, name)), None) or self.commands.to_main()
        getattr(doer, name)(target)

    def notify(
        self, message: str, *, title: str = "", severity: SeverityLevel = "information",
        timeout: float | None = None, markup: bool = True,
    ) -> None:  # fmt: skip
        """What is said again takes the place of the same said before: an impatient key does not cover the screen."""
        from limen_tui.tui.notices import withdraw_same  # noqa: PLC0415 - the first paint tells nothing

        withdraw_same(self, message, title)
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def choose_theme(self, name: str) -> None:
        """Take a theme and remember it."""
        self.theme = theme_name(name)
        self.memory.put(THEME, name)
