"""The form of a new storage pool: what is typed is checked at once, and the steps that it means are shown. UI thread.

The host is asked for its pools on its session; the answer is only posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, cast

from limen_widgets.tick import Tick
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, Select

from limen_tui.errors import InputError, LimenError
from limen_tui.fleet.pooling import create_pool, plan_create, refuse_taken, usual_path
from limen_tui.model.host import HostSnapshot
from limen_tui.model.spec.infra import PoolKind, PoolSpec, pool_spec
from limen_tui.model.storage import Pool
from limen_tui.model.units import clean
from limen_tui.tui.creating.entries import Choice
from limen_tui.tui.devices.asking import ask
from limen_tui.tui.storage.planning import PlanDialog

if TYPE_CHECKING:
    from limen_tui.fleet.fleet import Fleet

KINDS: Final = (
    ("dir: a folder of the host", "dir"), ("fs: a file system on a disk or partition", "fs"),
    ("netfs: an NFS share", "netfs"), ("logical: an LVM volume group", "logical"),
)  # fmt: skip
SOURCES: Final = {
    "fs": ("Device", "/dev/sdb1, formatted already"), "netfs": ("Exported", "/srv/images, as the server calls it"),
    "logical": ("Volume group", "vg0, there already"),
}  # fmt: skip


class NewPoolDialog(PlanDialog):
    """Dismisses with the plan of the job that makes it."""

    DEFAULT_CSS = """
    NewPoolDialog .row { height: 1; }
    NewPoolDialog .row Label { width: 14; }
    NewPoolDialog .row Input, NewPoolDialog .row Select { width: 1fr; height: 1; }
    NewPoolDialog Select.-textual-compact > SelectCurrent { padding: 0 1; background: $panel; }
    NewPoolDialog Tick { margin-left: 1; }
    NewPoolDialog Select:focus > SelectCurrent, NewPoolDialog Select:focus > SelectCurrent Static {
        text-style: bold reverse;
    }
    NewPoolDialog SelectOverlay, NewPoolDialog SelectCurrent Static { text-wrap: nowrap; text-overflow: ellipsis; }
    NewPoolDialog #note { margin-top: 1; }
    """

    class Looked(Message):
        """A host's pools, or why it does not tell."""

        def __init__(self, host_id: str, answer: tuple[Pool, ...] | LimenError) -> None:
            super().__init__()
            self.host_id, self.answer = host_id, answer

    def __init__(self, fleet: Fleet, hosts: Sequence[HostSnapshot], host_id: str) -> None:
        super().__init__("New storage pool")
        self._fleet = fleet
        self._hosts = {host.host.id: host.host for host in hosts}
        self._host_id = host_id
        self._answers: dict[str, tuple[Pool, ...] | LimenError] = {}
        self._looking: set[str] = set()

    def body(self) -> ComposeResult:
        """Fields, what will be done, buttons."""
        hosts = [(clean(host.name), host.id) for host in self._hosts.values()]
        yield self._row("name", "Name", Input(id="name", placeholder="images", max_length=250, select_on_focus=False))
        yield self._row("host", "Host", Choice(hosts, value=self._host_id, allow_blank=False, id="host", compact=True))
        yield self._row("kind", "Kind", Choice(KINDS, value="dir", allow_blank=False, id="kind", compact=True))
        yield self._row("source", "Source", Input(id="source", max_length=1000, select_on_focus=False))
        yield self._row("server", "NFS server", Input(id="server", placeholder="nas1", max_length=250,
                                                      select_on_focus=False))  # fmt: skip
        yield self._row("path", "Folder", Input(id="path", max_length=1000, select_on_focus=False))
        yield self._row("autostart", "", Tick("Start it with the host", True, id="autostart"))
        yield Label("", id="note", classes="dialog--note", markup=False)
        yield from self.buttons("Create")

    @staticmethod
    def _row(id_: str, label: str, widget: Widget) -> Horizontal:
        return Horizontal(Label(label, markup=False), widget, classes="row", id=f"{id_}-row")

    def on_mount(self) -> None:
        """Ask the host what it has."""
        super().on_mount()
        self._ask()
        self._show()

    # -- what the host has -------------------------------------------------------------------------

    def _ask(self) -> None:
        host_id = self._host_id
        if host_id not in self._looking:
            self._looking.add(host_id)
            ask(self, self._fleet, host_id, lambda verbs: verbs.pools(), lambda found: self.Looked(host_id, found))

    def on_new_pool_dialog_looked(self, event: Looked) -> None:
        """Names and places that are taken."""
        event.stop()
        self._answers[event.host_id] = event.answer
        self._show()

    @property
    def _pools(self) -> tuple[Pool, ...]:
        answer = self._answers.get(self._host_id)
        return answer if isinstance(answer, tuple) else ()

    # -- what was typed ----------------------------------------------------------------------------

    def _text(self, key: str) -> str:
        return self.query_one(f"#{key}", Input).value.strip()

    @property
    def _kind(self) -> PoolKind:
        return cast("PoolKind", self.query_one("#kind", Choice).value)

    @property
    def _autostart(self) -> bool:
        return self.query_one("#autostart", Tick).value

    def made(self) -> PoolSpec:
        """As typed. Raises ``InputError``, or ``Conflict`` for a name or place that is taken."""
        name, kind = self._text("name"), self._kind
        path = "" if kind == "logical" else self._text("path") or usual_path(name, self._pools)
        spec = pool_spec(name, kind, path, self._text("source"), self._text("server"))
        refuse_taken(spec.name, spec.path, self._pools)
        return spec

    def _missing(self) -> str:
        """The first field that is empty and must not be."""
        needed = {"dir": (), "netfs": ("source", "server")}.get(self._kind, ("source",))
        return next((key for key in ("name", *needed) if not self._text(key)), "")

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Tick.Changed)
    def _changed(self) -> None:
        host_id = str(self.query_one("#host", Choice).value)
        if host_id != self._host_id:
            self._host_id = host_id
            self._ask()
        self._show()

    # -- showing -----------------------------------------------------------------------------------

    def _show(self) -> None:
        """Only the fields that the kind has, each with what it is if nothing is typed; what would be done."""
        kind = self._kind
        label, hint = SOURCES.get(kind, ("", ""))
        for key, there in (("source", kind != "dir"), ("server", kind == "netfs"), ("path", kind != "logical")):
            self.query_one(f"#{key}-row").display = there
        self.query_one("#source-row Label", Label).update(label)
        self.query_one("#source", Input).placeholder = hint
        self.query_one("#path-row Label", Label).update("Folder" if kind == "dir" else "Mounted at")
        self.query_one("#path", Input).placeholder = clean(usual_path(self._text("name") or "NAME", self._pools))
        self._tell()

    def _tell(self) -> None:
        if self._busy:
            return
        if missing := self._missing():
            words = {"name": "What is it to be called?", "server": "Which server exports it?"}
            asked = words.get(missing, f"{SOURCES.get(self._kind, ('', ''))[0]}: what is it made of?")
            there = ", ".join(clean(pool.name) for pool in self._pools)
            self.say(f"{asked}\nThere are: {there}" if there and missing == "name" else asked)
            return
        try:
            spec = self.made()
        except LimenError as error:
            self.explain(error)
            return
        plan = create_pool(self._hosts[self._host_id], spec, "", autostart=self._autostart)
        lines = [f"{number}. {clean(step.label)}" for number, step in enumerate(plan.steps, 1)]
        answer = self._answers.get(self._host_id)
        if isinstance(answer, LimenError):
            self.say("\n".join((*lines, f"What pools there are is not known: {clean(answer.title)}")), "warning")
        else:
            self.say("\n".join((*lines, *map(clean, plan.notes))))

    def accept(self) -> None:
        """Make the plan, XML and all."""
        if missing := self._missing():
            self._tell()
            self.set_focus(self.query_one(f"#{missing}"))
            return
        try:
            spec = self.made()
        except InputError as error:
            self.complain(error)
            return
        except LimenError:
            self._tell()
            return
        host, autostart = self._hosts[self._host_id], self._autostart
        self.look(lambda: plan_create(host, spec, autostart=autostart)[0], "Making the plan ...")
