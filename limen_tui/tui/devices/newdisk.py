"""The form of a new disk: size, pool, name, format, bus; each has a default that fits. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Label, Static

from limen_tui.errors import InputError, LimenError
from limen_tui.fleet.devicing import buses, spot
from limen_tui.fleet.resizing import host_info, look
from limen_tui.model.resize import Situation
from limen_tui.model.sizes import disk_bytes
from limen_tui.model.storage import Pool
from limen_tui.model.units import clean, size
from limen_tui.model.vm import VM
from limen_tui.model.xml.volume import check_volume_name
from limen_tui.tui.devices.asking import ask
from limen_tui.tui.dialogs.base import Dialog

if TYPE_CHECKING:
    from limen_tui.fleet.fleet import Fleet
    from limen_tui.model.ports import HostVerbs

FILES = frozenset({"dir", "fs", "netfs", "gluster", "vstorage"})
BLOCKS = frozenset({"logical", "disk"})
ROWS = (("size", "Size"), ("pool", "Pool"), ("name", "Name"), ("format", "Format"), ("bus", "Bus"))


@dataclass(frozen=True, slots=True)
class NewDisk:
    """What is to be made."""

    pool: str
    name: str
    path: str
    capacity: int
    format: str
    kind: str
    bus: str
    target: str


class NewDiskDialog(Dialog[NewDisk | None]):
    """Dismisses with the disk to make."""

    TYPES: ClassVar[bool] = True
    DEFAULT_CSS = """
    NewDiskDialog .row { height: 1; }
    NewDiskDialog .row Label { width: 10; }
    NewDiskDialog .row Input { width: 1fr; }
    NewDiskDialog #says { height: 4; margin-top: 1; }
    """

    class Looked(Message):
        """The host's answer."""

        def __init__(self, answer: tuple[Situation, tuple[Pool, ...]] | LimenError) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, fleet: Fleet, vm: VM) -> None:
        super().__init__(f"New disk for {vm.name}")
        self._fleet, self._vm = fleet, vm
        self._situation: Situation | None = None
        self._pools: tuple[Pool, ...] = ()
        self._problem: LimenError | None = None

    def body(self) -> ComposeResult:
        """Fields, what it will be, buttons."""
        hints = {"size": "20G", "pool": "of the host", "name": "from the VM's name", "format": "qcow2 or raw",
                 "bus": "the best that is free"}  # fmt: skip
        for key, label in ROWS:
            with Horizontal(classes="row"):
                yield Label(label)
                box = Input("", id=key, placeholder=hints[key], max_length=200)
                box.cursor_blink = False
                yield box
        yield Static(id="says", markup=False)
        with Horizontal(classes="dialog--buttons"):
            yield Button("Go on", id="ok", variant="primary")
            yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        """Ask the host for its pools."""
        super().on_mount()
        vm, info = self._vm, host_info(self._fleet.view.host(self._vm.key.host_id))

        def both(verbs: HostVerbs) -> tuple[Situation, tuple[Pool, ...]]:
            return look(verbs, vm, info), verbs.pools()

        ask(self, self._fleet, vm.key.host_id, both, self.Looked)
        self.set_focus(self.query_one("#size"))
        self._look()

    def on_new_disk_dialog_looked(self, event: Looked) -> None:
        """Defaults that fit this host and VM."""
        event.stop()
        if isinstance(event.answer, LimenError):
            self._problem = event.answer
        else:
            self._situation, pools = event.answer
            self._pools = tuple(pool for pool in pools if pool.active and pool.kind in FILES | BLOCKS)
            self.query_one("#pool", Input).suggester = SuggestFromList([clean(pool.name) for pool in self._pools])
            self.query_one("#format", Input).suggester = SuggestFromList(["qcow2", "raw"])
            self.query_one("#bus", Input).suggester = SuggestFromList(list(buses(self._situation)))
        self._look()

    def _text(self, key: str) -> str:
        return self.query_one(f"#{key}", Input).value.strip()

    def _default_pool(self) -> Pool | None:
        """That of its first disk, else ``default``, else the emptiest."""
        places = self._situation.places if self._situation is not None else {}
        names = [place.pool for place in places.values()] + ["default"]
        by_name = {pool.name: pool for pool in self._pools}
        found = next((by_name[name] for name in names if name in by_name), None)
        return found or max(self._pools, key=lambda pool: pool.available, default=None)

    def made(self) -> NewDisk:
        """As typed. Raises ``LimenError``."""
        if self._problem is not None:
            raise self._problem
        if self._situation is None:
            raise InputError(f"{self._vm.host_name} has not answered yet")
        name = self._text("pool")
        pool = next((each for each in self._pools if each.name == name), None) if name else self._default_pool()
        if pool is None:
            raise InputError("No such pool" if name else "The host has no pool that is active",
                             hint="Pools: " + self._pool_names())  # fmt: skip
        block = pool.kind in BLOCKS
        format = self._text("format") or ("raw" if block else "qcow2")
        if format not in ("qcow2", "raw") or (block and format != "raw"):
            raise InputError(f"{format!r} cannot be made in this pool", hint="raw" if block else "qcow2 or raw")
        offered = buses(self._situation)
        bus = self._text("bus")
        if bus and bus not in offered:
            raise InputError(f"{bus!r} is not offered by its machine", hint=", ".join(offered))
        where = spot(self._situation, bus)
        name = self._text("name") or default_name(self._vm.name, where.target, format, plain=block)
        check_volume_name(name)
        if not self._text("size"):
            raise InputError("The size is missing", hint="For example 20G")
        return NewDisk(pool.name, name, f"{pool.path.rstrip('/')}/{name}", disk_bytes(self._text("size")), format,
                       "block" if block else "file", where.bus, where.target)  # fmt: skip

    def _pool_names(self) -> str:
        return ", ".join(f"{clean(pool.name)} ({size(pool.available)} free)" for pool in self._pools) or "none"

    @on(Input.Changed)
    def _typed(self) -> None:
        self._look()

    def _look(self) -> None:
        text, kind = "", "dialog--note"
        try:
            made = self.made()
        except LimenError as error:
            unasked = self._situation is None and self._problem is None
            blank = not self._text("size") and not unasked and self._problem is None
            text = f"Asking {self._vm.host_name} …" if unasked else f"{error}\n{error.hint}"
            if blank:
                text = f"How large is it to be?\nPools: {self._pool_names()}"
            kind = "dialog--note" if unasked or blank else "dialog--problem"
        else:
            text = f"{made.target} on {made.bus}: {made.name}, {size(made.capacity)} {made.format}, in {made.pool}"
            pool = next(pool for pool in self._pools if pool.name == made.pool)
            if made.capacity > pool.available:
                text += f"\nThe pool has {size(pool.available)} left"
                kind = "dialog--warning"
        says = self.query_one("#says", Static)
        says.set_classes(kind)
        says.update("\n".join(clean(line) for line in text.splitlines() if line))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on at once when all is there, else to the next field."""
        boxes: Sequence[Input] = list(self.query(Input))
        place = boxes.index(event.input)
        try:
            self.dismiss(self.made())
        except LimenError:
            self.set_focus(boxes[place + 1] if place + 1 < len(boxes) else self.query_one("#ok"))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Go on or cancel."""
        if event.button.id != "ok":
            self.action_cancel()
            return
        try:
            self.dismiss(self.made())
        except LimenError:
            self._look()
            self.set_focus(self.query_one("#size"))


def default_name(vm: str, target: str, format: str, *, plain: bool = False) -> str:
    """``web1-vdb.qcow2``: of a VM's name what a file may be called."""
    stem = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in vm)
    stem = stem.strip(".-")[:80] or "vm"
    return f"{stem}-{target}" + ("" if plain else ".qcow2" if format == "qcow2" else ".img")
