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
from limen_tui.model.units import clean, paragraph
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.actionscreen import ActionScreen

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

INVERSE: Final = {Verb.PAUSE: Verb.RESUME, Verb.RESUME: Verb.PAUSE}
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Undo:
    """How to take back what one key did: what to call for which VMs."""

    acts: tuple[Act, ...]
    steps: tuple[tuple[Operation, tuple[VMKey, ...]], ...]


class Acting:
    """Acts of this session, as the person sees them."""

    def __init__(self, app: LimenApp) -> None:
        self._app = app
        self._open: list[tuple[Act, ...]] = []
        """By key press: what differs between VMs takes several acts, and is told in one notice."""
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
        if keys:
            self._perform_all(((operation, keys),))

    def _perform_all(self, parts: Sequence[tuple[Operation, Sequence[VMKey]]]) -> None:
        """What one key does, which differs between VMs; one undo takes all of it back."""
        view = self._app.fleet.view
        acts: list[Act] = []
        steps: list[tuple[Operation, tuple[VMKey, ...]]] = []
        for operation, keys in parts:
            before = [vm for vm in map(view.vm, keys) if vm is not None]
            act = self._app.fleet.perform(operation, keys)
            acts.append(act)
            steps += _inverse(operation, before)
        self._open.append(tuple(acts))
        if steps:
            self._undo.append(Undo(tuple(acts), tuple(steps)))
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
            if by_tags:
                self._perform_all([(operations.tags(tags), of) for tags, of in by_tags.items()])

        note = "Separated by spaces or commas." if len(vms) == 1 else "What you add or remove is for each of them."
        text = "".join(f"{tag} " for tag in common)  # the space: what is typed next is a new tag
        self._app.push_screen(TextDialog("Tags", label, text, note=note, check=read_tags), chosen)

    # -- what came of it --------------------------------------------------------------------------

    def tick(self) -> None:
        """Called by the hub timer: notices for what is over, then an offer to force."""
        over = [acts for acts in self._open if all(act.finished_at is not None for act in acts)]
        for acts in over:
            self._open.remove(acts)
            self._tell(acts)
            late = [
                item.key for act in acts for item in act.items.values()
                if act.operation.verb is Verb.SHUTDOWN and item.outcome is Outcome.TIMED_OUT
            ]  # fmt: skip
            self._offers += [key for key in late if key not in self._offers]
        if self._offers and self._may_ask():
            self._offer()

    def _may_ask(self) -> bool:
        """Whether a dialog that opens by itself takes no key away from a text that is typed, or from a guest."""
        screen = self._app.screen
        takes_keys = isinstance(self._app.focused, Input) or getattr(screen, "keys_taken", False)
        return isinstance(screen, ActionScreen) and not takes_keys

    def _tell(self, acts: Sequence[Act]) -> None:
        items = [item for act in acts for item in act.items.values()]
        if not items:
            return  # they were gone before it was done
        bad = [item for item in items if item.outcome is not Outcome.DONE]
        severity: SeverityLevel = "warning" if bad else "information"
        if any(item.outcome is Outcome.FAILED for item in bad):
            severity = "error"
        text = summary(acts[0].operation.label, items)
        self._app.notify(text, severity=severity, markup=False, timeout=12 if bad else 4)

    def _offer(self) -> None:
        view, action = self._app.fleet.view, BY_ID["vm.kill"]
        vms = [vm for vm in map(view.vm, self._offers) if vm is not None and vm.state.is_active]
        self._offers = []
        if not vms:
            return
        # also where nothing is to be confirmed: nobody has asked to force these off yet
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
        while self._undo:
            last = self._undo[-1]
            if not all(act.is_finished for act in last.acts):
                text = f"{last.acts[0].operation.label} is still under way: undo it then"
                self._app.notify(text, severity="warning", markup=False, timeout=4)
                return
            self._undo.pop()
            done = {key for act in last.acts for key, item in act.items.items() if item.outcome is Outcome.DONE}
            steps = [(operation, [key for key in keys if key in done]) for operation, keys in last.steps]
            if steps := [(operation, keys) for operation, keys in steps if keys]:
                self._perform_all(steps)
                return
            # it was done to none: what was meant is the one before
        self._app.notify("Nothing that was done can be undone", markup=False, timeout=4)


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


def summary(label: str, items: Sequence[ActItem]) -> str:
    """``Shut down: 3 done, 1 failed: web1: …``; of several that went wrong, why of the first."""
    bad = [item for item in items if item.outcome is not Outcome.DONE]
    done = len(items) - len(bad)
    if not bad:
        return f"{label}: {clean(items[0].vm_name)} done" if done == 1 else f"{label}: {done} done"
    counts: dict[str, int] = {}
    for item in bad:
        counts[item.outcome.value] = counts.get(item.outcome.value, 0) + 1
    parts = ([f"{done} done"] if done else []) + [f"{number} {word}" for word, number in counts.items()]
    first = min(bad, key=lambda item: item.outcome is Outcome.REFUSED)  # a failure says more than what was not tried
    told = f"{label}: {', '.join(parts)}: {clean(first.vm_name)}"
    if first.problem is None:
        return told
    why, hint = clean(first.problem.detail or first.problem.title), clean(first.problem.hint)
    return f"{told}: {f'{paragraph(why)} {hint}' if hint else why}"


def read_tags(text: str) -> tuple[str, ...]:
    """Tags of a line. Raises ``InputError`` for one with anything but letters, digits and ``-_.:/``."""
    tags = tuple(dict.fromkeys(text.replace(",", " ").split()))
    for tag in tags:
        if len(tag) > 64 or not all(char.isalnum() or char in "-_.:/" for char in tag):
            raise InputError(f"{clean(tag)!r} cannot be a tag", hint="Letters, digits and - _ . : / are fine")
    return tags
