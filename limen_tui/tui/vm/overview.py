"""The overview of a VM: what it is, what it has, what is wrong with it. May import textual, fleet, model. UI thread.

The definition is asked for when it changed, addresses and file systems of the guest now and then while on show.
"""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from itertools import islice
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.message import Message

from limen_tui.errors import LimenError
from limen_tui.fleet.view import FleetView
from limen_tui.model.history import Series
from limen_tui.model.verbs.agent import GuestInfo, GuestNic
from limen_tui.model.verbs.lineage import Lineage
from limen_tui.model.vm import VM, VMKey
from limen_tui.model.xml.overview import Overview, overview
from limen_tui.tui.fleet.strip import DIM
from limen_tui.tui.vm.facts import FactScroll, FactTab
from limen_tui.tui.vm.overviewlines import Known, overview_lines

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

EVENTS: Final = 8
"""Recent events shown."""
SEARCHED: Final = 500
"""How many of the fleet's last events are looked through."""
AGAIN: Final = 30.0
"""Seconds between questions for addresses and file systems."""
TRACED_AGAIN: Final = 60.0
"""Seconds between questions for snapshots and backing chains."""


Answer: TypeAlias = Overview | GuestInfo | Lineage | tuple[GuestNic, ...]
Asked: TypeAlias = "Future[Overview] | Future[GuestInfo] | Future[Lineage] | Future[tuple[GuestNic, ...]]"


class OverviewTab(FactTab):
    """Facts, load, disks, interfaces, devices, warnings, recent events."""

    tab_id: ClassVar[str] = "overview"
    title: ClassVar[str] = "Overview"

    class Came(Message):
        """An answer of the host."""

        def __init__(self, answer: Answer | LimenError, *, of_xml: bool) -> None:
            super().__init__()
            self.answer, self.of_xml = answer, of_xml

    def __init__(self, app: LimenApp, key: VMKey) -> None:
        super().__init__(app, key)
        self._known: Known | None = None
        self._asked: tuple[object, object] | None = None
        self._looked_at = self._traced_at = float("-inf")

    def compose(self) -> ComposeResult:
        """The lines."""
        yield FactScroll()

    def show_vm(self, vm: VM | None, view: FleetView) -> None:
        """Repaints the lines that changed."""
        if vm is None:
            self.query_one(FactScroll).show_lines([((" It is gone. Esc goes back.", DIM),)])
            return
        fleet = self.limen.fleet
        known = self._known = self._known or Known(vm)
        if known.vm.state.is_active and not vm.state.is_active:
            known.nics, known.info = (), None
        host = view.host(vm.key.host_id)
        known.vm, known.now = vm, fleet.clock.wall()
        known.snapshot_days = self.limen.settings.warnings.snapshot_days
        known.detail = host.details.get(vm.key.uuid) if host is not None else None
        known.history = {series: fleet.history.series(vm.key, series) for series in Series}
        recent = islice(reversed(fleet.events), SEARCHED)
        known.events = list(islice((e for e in recent if (e.host_id, e.uuid) == vm.key), EVENTS))
        if not vm.stale:
            self._ask(vm)
        self._draw()

    def on_resize(self) -> None:
        """Lay out again."""
        self._draw()

    def _draw(self) -> None:
        width = self.size.width
        if self._known is not None and width > 0:
            # the scrollbar may come and go: its place is left free
            self.query_one(FactScroll).show_lines(overview_lines(self._known, width - 2))

    def _ask(self, vm: VM) -> None:
        uuid, call = vm.key.uuid, self.limen.fleet.call
        # the facts are the same object until the definition is read anew
        if self._asked is None or self._asked[0] is not vm.facts or self._asked[1] is not vm.state:
            self._asked = vm.facts, vm.state
            self._post(call(vm.key.host_id, lambda verbs: overview(verbs.xml(uuid))), of_xml=True)
            self._traced_at = float("-inf")
        self._ask_lineage(uuid)
        now = self.limen.fleet.clock.mono()
        if now - self._looked_at >= AGAIN and vm.state.is_active:
            self._looked_at = now
            self._post(call(vm.key.host_id, lambda verbs: verbs.agent.addresses(uuid)), of_xml=False)
            over = self._known.overview if self._known is not None else None
            if over is not None and over.agent_channel in ("connected", "there") and not self.limen.fleet.read_only:
                self._post(call(vm.key.host_id, lambda verbs: verbs.agent.guest(uuid)), of_xml=False)

    def _ask_lineage(self, uuid: str) -> None:
        """Snapshots and chains, seldom: several calls of the host for each disk."""
        now = self.limen.fleet.clock.mono()
        if now - self._traced_at >= TRACED_AGAIN:
            self._traced_at = now
            self._post(self.limen.fleet.call(self.key.host_id, lambda verbs: verbs.lineage.of(uuid)), of_xml=False)

    def _post(self, future: Asked, *, of_xml: bool) -> None:
        def done(ended: Asked) -> None:
            try:
                self.post_message(self.Came(ended.result(), of_xml=of_xml))
            except LimenError as error:
                self.post_message(self.Came(error, of_xml=of_xml))
            except CancelledError:
                return

        future.add_done_callback(done)

    @on(Came)
    def _came(self, event: OverviewTab.Came) -> None:
        known, answer = self._known, event.answer
        if known is None:
            return
        if isinstance(answer, Overview):
            first = known.overview is None
            known.overview, known.problem = answer, ""
            if first:  # now it is known whether there is an agent to ask
                self._looked_at = float("-inf")
                self._ask(known.vm)
        elif isinstance(answer, GuestInfo):
            known.info = answer
        elif isinstance(answer, Lineage):
            known.lineage = answer
        elif isinstance(answer, tuple):
            known.nics = answer
        elif event.of_xml:
            known.problem = f"the definition cannot be read: {answer.title}"
        self._draw()

    def refresh_now(self) -> None:
        """Ask for all of it again."""
        self._asked = None
        self._looked_at = self._traced_at = float("-inf")
        view = self.limen.fleet.view
        self.show_vm(view.vm(self.key), view)
