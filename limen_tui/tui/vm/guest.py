"""The guest from inside, by its agent. May import textual, fleet and model. UI thread.

The agent is asked while the tab is on show, one question at a time; a slow or dead one is asked rarely.
"""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from limen_tui.errors import LimenError
from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import BY_ID, vm_reason
from limen_tui.model.verbs.agent import AgentVersion, GuestInfo, GuestNic
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.vm.facts import FactScroll, FactTab, Foot, fact
from limen_tui.tui.vm.guestlines import address_lines, health_lines, info_lines

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

AGAIN: Final = 15.0
"""Seconds between questions to an agent that answers; four times that for one that does not."""
KEYS: Final = (
    ("x", "run"), ("F", "read file"), ("E", "freeze"), ("P", "password"), ("L", "set clock"), ("U", "trim"),
    ("I", "version"), ("^r", "ask again"),
)  # fmt: skip
Answer = GuestInfo | LimenError


class GuestTab(FactTab):
    """Health, system, users, file systems, addresses; what can be done has a key."""

    tab_id: ClassVar[str] = "guest"
    title: ClassVar[str] = "Guest"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "app.act('guest.run')", "Run a command", show=False),
        Binding("F", "app.act('guest.read')", "Read a file", show=False),
        Binding("E", "app.act('guest.freeze')", "Freeze or thaw", show=False),
        Binding("P", "app.act('guest.password')", "Set a password", show=False),
        Binding("L", "app.act('guest.time')", "Set the clock", show=False),
        Binding("U", "app.act('guest.trim')", "Trim", show=False),
        Binding("I", "version", "Version", show=False),
    ]
    DEFAULT_CSS = "GuestTab { layout: vertical; } GuestTab FactScroll { height: 1fr; }"

    class Came(Message):
        """What was asked of the guest."""

        def __init__(self, key: VMKey, answer: Answer | tuple[GuestNic, ...] | AgentVersion) -> None:
            super().__init__()
            self.key, self.answer = key, answer

    def __init__(self, app: LimenApp, key: VMKey) -> None:
        super().__init__(app, key)
        self._answer: Answer | None = None
        self._nics: tuple[GuestNic, ...] = ()
        self._version: AgentVersion | None = None
        self._asking = False
        self._asked_at = float("-inf")
        self._vm: VM | None = None

    def compose(self) -> ComposeResult:
        """Facts and keys."""
        yield FactScroll()
        yield Foot(KEYS)

    def show_vm(self, vm: VM | None, view: FleetView) -> None:
        """Ask again when it is time."""
        if vm is not None and self._vm is not None and vm.state is not self._vm.state:
            self._asked_at, self._answer, self._nics = float("-inf"), None, ()
        self._vm = vm
        reason = self._reason(vm, view)
        if vm is not None and not vm.stale and not self._asking:
            pause = AGAIN * (4 if isinstance(self._answer, LimenError) else 1)
            if self.limen.fleet.clock.mono() - self._asked_at >= pause:
                self._ask(guest_too=not reason)
        self._draw(reason)

    def _reason(self, vm: VM | None, view: FleetView) -> str:
        """Why the agent cannot be asked."""
        if vm is None:
            return "the VM is gone"
        if self.limen.fleet.read_only:
            return "not asked: Limen was started read-only, and libvirt counts it as a change"
        return vm_reason(BY_ID["guest.run"], vm, view.host(vm.key.host_id)) or ""

    def _ask(self, *, guest_too: bool) -> None:
        self._asking, self._asked_at = guest_too, self.limen.fleet.clock.mono()
        uuid, key, call = self.key.uuid, self.key, self.limen.fleet.call

        def done(future: Future[GuestInfo] | Future[tuple[GuestNic, ...]]) -> None:
            try:
                self.post_message(self.Came(key, future.result()))
            except LimenError as error:
                self.post_message(self.Came(key, error))
            except CancelledError:
                self.post_message(self.Came(key, LimenError("The question was dropped")))

        call(key.host_id, lambda verbs: verbs.agent.addresses(uuid)).add_done_callback(done)
        if guest_too:
            call(key.host_id, lambda verbs: verbs.agent.guest(uuid)).add_done_callback(done)

    @on(Came)
    def _came(self, event: GuestTab.Came) -> None:
        answer = event.answer
        if isinstance(answer, tuple):
            self._nics = answer
        elif isinstance(answer, AgentVersion):
            self._version = answer
        else:
            self._asking, self._answer = False, answer
        self._draw(self._reason(self._vm, self.limen.fleet.view))

    def _draw(self, reason: str) -> None:
        lines: list[Line] = [(), *health_lines(self._answer, reason, self._version)]
        frozen = self.key in self.limen.commands.frozen
        if frozen:
            lines.append(fact("File systems", "FROZEN: nothing in the guest can write; E thaws them", "bad"))
        if isinstance(self._answer, GuestInfo) and not reason:
            lines += info_lines(self._answer)
        if self._vm is not None and self._vm.state.is_active:
            lines += address_lines(self._nics)
        self.query_one(FactScroll).show_lines(lines)
        keys = [(key, "thaw" if frozen and key == "E" else word) for key, word in KEYS]
        self.query_one(Foot).show_keys(keys[-1:] if reason else keys)

    def refresh_now(self) -> None:
        """Ask now."""
        self._asked_at = float("-inf")
        self.show_vm(self._vm, self.limen.fleet.view)

    def action_version(self) -> None:
        """The agent's own version. libvirt marks the VM as tainted for such a question, so it is asked for only."""
        if self._vm is None or self._reason(self._vm, self.limen.fleet.view):
            return
        uuid, key = self.key.uuid, self.key

        def done(future: Future[AgentVersion]) -> None:
            try:
                self.post_message(self.Came(key, future.result()))
            except LimenError as error:
                self.post_message(self.Came(key, error))
            except CancelledError:
                return

        self.limen.fleet.call(key.host_id, lambda verbs: verbs.agent.version(uuid)).add_done_callback(done)
