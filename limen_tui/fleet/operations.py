"""What can be done to a VM, as values that the act runner carries out. Pure but for the call itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from limen_tui.model.actions import BY_ID, Action
from limen_tui.model.lifecycle import Verb
from limen_tui.model.ports import HostVerbs


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do to each VM of an act."""

    action: Action
    call: Callable[[HostVerbs, str], None]
    """Runs on the host's session, with the VM's UUID."""
    label: str
    """``Shut down``, ``Autostart on``."""

    @property
    def verb(self) -> Verb | None:
        """The lifecycle verb, where it is one."""
        return self.action.verb


def lifecycle(verb: Verb) -> Operation:
    """Start, shut down, pause ... (see :class:`~limen_tui.model.lifecycle.Verb`)."""
    action = BY_ID[f"vm.{verb.value}"]
    return Operation(action, lambda verbs, uuid: verbs.lifecycle(verb, uuid), action.label)


def autostart(on: bool) -> Operation:
    """Start with the host, or not."""
    return Operation(
        BY_ID["vm.autostart"], lambda verbs, uuid: verbs.set_autostart(uuid, on), f"Autostart {'on' if on else 'off'}"
    )


def tags(wanted: tuple[str, ...]) -> Operation:
    """Replace the VM's tags."""
    return Operation(BY_ID["vm.tags"], lambda verbs, uuid: verbs.set_tags(uuid, wanted), "Tags")
