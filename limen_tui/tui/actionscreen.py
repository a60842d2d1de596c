"""A full screen on which the registry's actions work. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import BindingsMap
from textual.screen import Screen

from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import Action, Scope, Target, disabled_reason
from limen_tui.tui.keymap import bindings

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class ActionScreen(Screen[None]):
    """Binds every action's keys; says what they are aimed at and why one cannot be used.

    An action is carried out by the screen's method ``do_<id with underscores>`` where it has one, else by the
    app's commands.
    """

    OFFERS: ClassVar[frozenset[str]] = frozenset()
    """Ids of actions of scope VIEW that the app's commands do for this screen."""

    arriving = False
    """Whether a part that keys act on is still coming."""

    def __init__(self, app: LimenApp) -> None:
        super().__init__()
        self.limen = app
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(bindings(app.keys))])

    @property
    def is_ready(self) -> bool:
        """Whether what its keys act on is there; keys that come before that wait."""
        return self.is_mounted and not self.arriving

    def target(self) -> Target:
        """What actions are aimed at now."""
        return Target(read_only=self.limen.fleet.read_only)

    def reason(self, action: Action, target: Target | None = None) -> str | None:
        """Why ``action`` cannot be used now; ``None`` when it can."""
        known = action.id == "vm.menu" or action.id in self.offers or hasattr(self, method_name(action.id))
        if action.scope is Scope.VIEW and not known:
            return "not on this screen"
        return disabled_reason(action, self.target() if target is None else target)

    @property
    def offers(self) -> frozenset[str]:
        """See :attr:`OFFERS`; those on show now."""
        return self.OFFERS

    def show_fleet(self, view: FleetView) -> None:
        """Take in a new fleet view, event or act."""


def method_name(action_id: str) -> str:
    """``do_view_filter`` for ``view.filter``."""
    return "do_" + action_id.replace(".", "_").replace("-", "_")


def limen_of(app: object) -> LimenApp:
    """The app, by its own type."""
    return cast("LimenApp", app)
