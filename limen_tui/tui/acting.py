"""From a key to an act on VMs: asks, performs, tells what came of it, offers to force, undoes. UI thread.

May import textual, fleet and model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from textual.notifications import SeverityLevel
from textual.widgets import Input

from limen_tui.errors import InputError
from limen_tui.fleet import operations
from limen_tui.fleet.acts import Act, ActItem, Outcome
from limen_tui.fleet.operations import Operation
from limen_tui.model.actions import BY_ID, Action, Target, pause_or_resume
from limen_tui.model.lifecycle import Verb
from limen_tui.model.units import clean
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.actionscreen import ActionScreen

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

INVERSE: Final = {Verb.PAUSE: Verb.RESUME, Verb.RESUME: Verb.PAUSE}
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Undo:
    """How to take back one act: what to call for which VMs."""

    act: Act
    steps: tuple[tuple[Operation, tuple[VMKey, ...]], ...]


class Acting:
    """Acts of this session, as the person sees them."""

    def __init__(self, app: LimenApp) -> None:
        self._app = app
        self._open: dict[int, Act] = {}
        self._offers: list[VMKey] = []
        self._undo: list[Undo] = []

    # -- beginning --------------------------------------------------------------------------------

    def begin(self, action: Action, target: Target) -> None:
        """Do ``action`` to ``target``, asking first where it is to be asked."""
        if action.id == "vm.tags":
            self._ask_tags(target.vms)
            return
        operation = _operation(action, target)
        keys = tuple(vm.key for vm in target.vms)
        settings = self._app.settings.confirm
        if not (action.asks and settings.destructive):
            self._perform(operation, keys)
            return
        from limen_tui.tui.dialogs.confirm import ConfirmDialog  # noqa: PLC0415 - after the first paint

        view = self._app.fleet.view
        dialog = ConfirmDialog(action, target.vms, view, typed_above=settings.count_typed_above)
        dialog.show_fleet(view)  # those whose state forbids it are left out from the start
        self._app.push_screen(dialog, lambda chosen: self._perform(operation, chosen or ()))

    def _perform(self, operation: Operation, keys: Sequence[VMKey]) -> None:
        if not keys:
            return
        view = self._app.fleet.view
        before = [vm for vm in map(view.vm, keys) if vm is not None]
        act = self._app.fleet.perform(operation, keys)
        self._open[act.id] = act
        if steps := _inverse(operation, before):
            self._undo.append(Undo(act, steps))
        self._app.tick()

    def _ask_tags(self, vms: Sequence[VM]) -> None:
        from limen_tui.tui.dialogs.text import TextDialog  # noqa: PLC0415 - after the first paint

        common = [tag for tag in vms[0].facts.tags if all(tag in vm.facts.tags for vm in vms)]
        label = f"Tags of {clean(vms[0].name)}" if len(vms) == 1 else f"Tags that all {len(vms)} VMs have"
        keys = [vm.key for vm in vms]

        def chosen(text: str | None) -> None:
            if text is None:
                return
            wanted = read_tags(text)
            gone, new = set(common) - set(wanted), [tag for tag in wanted if tag not in common]
            by_tags: dict[tuple[str, ...], list[VMKey]] = {}
            for vm in filter(None, map(self._app.fleet.view.vm, keys)):
                own = [tag for tag in vm.facts.tags if tag not in gone]
                result = tuple(dict.fromkeys(wanted if len(keys) == 1 else own + new))
                if result != vm.facts.tags:
                    by_tags.setdefault(result, []).append(vm.key)
            for tags, of in by_tags.items():
                self._perform(operations.tags(tags), of)

        note = "Separated by spaces or commas." if len(vms) == 1 else "What you add or remove is for each of them."
        text = "".join(f"{tag} " for tag in common)  # the space: what is typed next is a new tag
        self._app.push_screen(TextDialog("Tags", label, text, note=note, check=read_tags), chosen)

    # -- what came of it --------------------------------------------------------------------------

    def tick(self) -> None:
        """Called by the hub timer: notices for what is over, then an offer to force."""
        for act in [act for act in self._open.values() if act.finished_at is not None]:
            del self._open[act.id]
            self._tell(act)
            if act.operation.verb is Verb.SHUTDOWN:
                late = [item.key for item in act.items.values() if item.outcome is Outcome.TIMED_OUT]
                self._offers += [key for key in late if key not in self._offers]
        if self._offers and isinstance(self._app.screen, ActionScreen) and not isinstance(self._app.focused, Input):
            self._offer()

    def _tell(self, act: Act) -> None:
        done = act.count(Outcome.DONE)
        bad = [item for item in act.items.values() if item.outcome is not Outcome.DONE]
        severity: SeverityLevel = "warning" if bad else "information"
        if any(item.outcome is Outcome.FAILED for item in bad):
            severity = "error"
        self._app.notify(summary(act, done, bad), severity=severity, markup=False, timeout=12 if bad else 4)

    def _offer(self) -> None:
        view, action = self._app.fleet.view, BY_ID["vm.kill"]
        vms = [vm for vm in map(view.vm, self._offers) if vm is not None and vm.state.is_active]
        self._offers = []
        if not vms or not self._app.settings.confirm.destructive:
            return
        from limen_tui.tui.dialogs.confirm import force_offer  # noqa: PLC0415 - after the first paint

        dialog = force_offer(action, vms, view, self._app.settings.confirm.count_typed_above)
        self._app.push_screen(
            dialog, lambda keys: self._perform(operations.lifecycle(Verb.FORCE_OFF), keys or ())
        )  # fmt: skip

    # -- back -------------------------------------------------------------------------------------

    @property
    def undo_reason(self) -> str | None:
        """Why there is nothing to undo; ``None`` when there is."""
        return None if self._undo else "nothing done here can be undone (pause, autostart and tags can)"

    def undo(self) -> None:
        """Take the last act back, for the VMs for which it was done."""
        if not self._undo:
            return
        last = self._undo.pop()
        done = {key for key, item in last.act.items.items() if item.outcome is Outcome.DONE}
        if not done:
            self._app.notify(f"{last.act.operation.label} was done to none: nothing to undo", markup=False)
            return
        for operation, keys in last.steps:
            if wanted := [key for key in keys if key in done]:
                self._perform(operation, wanted)


def _operation(action: Action, target: Target) -> Operation:
    if action.id == "vm.pause-resume":
        return operations.lifecycle(pause_or_resume(target.vms))
    if action.id == "vm.autostart":
        return operations.autostart(not all(vm.facts.autostart for vm in target.vms))
    if action.verb is None:
        raise LookupError(action.id)
    return operations.lifecycle(action.verb)


def _inverse(operation: Operation, before: Sequence[VM]) -> tuple[tuple[Operation, tuple[VMKey, ...]], ...]:
    keys = tuple(vm.key for vm in before)
    if operation.verb is not None:
        inverse = INVERSE.get(operation.verb)
        return () if inverse is None else ((operations.lifecycle(inverse), keys),)
    if operation.action.id == "vm.autostart":
        on = _grouped(before, lambda vm: vm.facts.autostart)
        return tuple((operations.autostart(value), of) for value, of in on.items())
    return tuple((operations.tags(value), of) for value, of in _grouped(before, lambda vm: vm.facts.tags).items())


def _grouped(vms: Sequence[VM], value: Callable[[VM], V]) -> dict[V, tuple[VMKey, ...]]:
    groups: dict[V, tuple[VMKey, ...]] = {}
    for vm in vms:
        groups[value(vm)] = (*groups.get(value(vm), ()), vm.key)
    return groups


def summary(act: Act, done: int, bad: Sequence[ActItem]) -> str:
    """``Shut down: 3 done, 1 failed: web1: …``"""
    label = act.operation.label
    names = [clean(item.vm_name) for item in act.items.values()]
    if not bad:
        return f"{label}: {names[0]} done" if len(names) == 1 else f"{label}: {done} done"
    counts: dict[str, int] = {}
    for item in bad:
        counts[item.outcome.value] = counts.get(item.outcome.value, 0) + 1
    parts = ([f"{done} done"] if done else []) + [f"{number} {word}" for word, number in counts.items()]
    first = bad[0]
    why = "" if first.problem is None else clean(first.problem.detail or first.problem.title)
    hint = "" if first.problem is None else clean(first.problem.hint)
    return f"{label}: {', '.join(parts)}: {clean(first.vm_name)}: {why}{'. ' + hint if hint else ''}"


def read_tags(text: str) -> tuple[str, ...]:
    """Tags of a line. Raises ``InputError`` for one with anything but letters, digits and ``-_.:/``."""
    tags = tuple(dict.fromkeys(text.replace(",", " ").split()))
    for tag in tags:
        if len(tag) > 64 or not all(char.isalnum() or char in "-_.:/" for char in tag):
            raise InputError(f"{clean(tag)!r} cannot be a tag", hint="Letters, digits and - _ . : / are fine")
    return tags
