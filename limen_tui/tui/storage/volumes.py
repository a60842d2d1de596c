"""The volumes of a pool, or of all pools of a host: what each is, who uses it; upload, fetch, copy, delete. UI thread.

The host is asked on its session; what comes back is only posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any, ClassVar, Final

from limen_widgets.line_table import LineTable
from limen_widgets.line_table.messages import CursorMoved, RowActivated
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from limen_tui.errors import ConnectError, LimenError
from limen_tui.fleet.images import Stock, added_paths, images_of, look
from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import BY_ID, Target
from limen_tui.model.imagehead import ImageHead
from limen_tui.model.images import Image, ImageKind
from limen_tui.model.jobs import JobState
from limen_tui.model.storage import Pool
from limen_tui.model.vm import VMFacts
from limen_tui.tui.actionscreen import ActionScreen
from limen_tui.tui.fleet.filterbar import FilterBar
from limen_tui.tui.storage.columns import volume_columns
from limen_tui.tui.storage.words import details, empty_text, pool_line
from limen_tui.tui.tablepanel import Details

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

KEYS: Final = (
    ("image.upload", "u", "u Upload"), ("image.fetch", "I", "I Cloud"), ("image.copy", "c", "c Copy"),
    ("image.delete", "x", "x Delete"),
)  # fmt: skip
POOL_KEYS: Final = (
    ("pool.start", "s", "s Start pool"), ("pool.stop", "S", "S Stop pool"), ("pool.refresh", "R", "R Refresh pool"),
    ("pool.autostart", "A", "A Autostart"),
)  # fmt: skip
HINTS: Final = "⏎ Inside  o Images  P Pools  / Filter  Esc Back  + Add a path  R Refresh pool"


class Body(Vertical):
    """What has keys of its own here: nearer than the screen's, so that they mean this and nothing of VMs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"app.act('{action_id}')", BY_ID[action_id].label, show=False)
          for action_id, key, _ in (*KEYS, *POOL_KEYS)),
        Binding("o", "screen.only_images", "Images only", show=False),
        Binding("P", "screen.all_pools", "All pools", show=False),
        Binding("plus", "app.act('image.list')", "List a file outside of pools", show=False),
        Binding("minus", "app.act('image.unlist')", "List it no more", show=False),
        Binding("escape", "screen.back", "Back", show=False),
    ]


class VolumesScreen(ActionScreen):
    """Pinned to a host and the name of a pool."""

    OFFERS: ClassVar[frozenset[str]] = frozenset(action_id for action_id, _, _ in POOL_KEYS)

    DEFAULT_CSS = """
    VolumesScreen { layout: vertical; }
    VolumesScreen #pool-head { height: 1; background: $panel; }
    VolumesScreen Body { height: 1fr; }
    VolumesScreen LineTable { height: 1fr; }
    VolumesScreen #volume-details { height: 4; }
    VolumesScreen #volume-keys { height: 1; padding: 0 1; color: $text-muted; background: $panel; }
    """

    class Answered(Message):
        """The host's answer."""

        def __init__(self, asked: int, answer: Stock | LimenError) -> None:
            super().__init__()
            self.asked, self.answer = asked, answer

    class Probed(Message):
        """What a volume says of itself."""

        def __init__(self, key: tuple[str, str], head: ImageHead | LimenError) -> None:
            super().__init__()
            self.key, self.head = key, head

    def __init__(self, app: LimenApp, host_id: str, host_name: str, pool: str) -> None:
        super().__init__(app)
        self.host_id, self.pool = host_id, pool
        self._host_name = host_name
        self._stock: Stock | None = None
        self._problem: LimenError | None = None
        self._joined: tuple[Stock, tuple[tuple[str, VMFacts], ...], tuple[Image, ...]] | None = None
        self._asked = 0
        self._waiting = False
        self._all_pools = self._images_only = False
        self._words: tuple[str, ...] = ()
        self._heads: dict[tuple[str, str], ImageHead | LimenError] = {}
        self._jobs_rev = 0
        self._job_states: dict[str, JobState] = {}

    def compose(self) -> ComposeResult:
        """Pool, table, details, keys."""
        with Body():
            yield Details(id="pool-head")
            yield FilterBar()
            yield LineTable(volume_columns(), lambda image: (image.volume.pool, image.volume.path), id="volumes-table",
                            markable=False)  # fmt: skip
            yield Details(id="volume-details")
            yield Static("  ".join([*(words for _, _, words in KEYS), HINTS]), id="volume-keys", markup=False)

    def on_mount(self) -> None:
        """Ask."""
        self.limen.memory.apply("volumes", self.table, ("name", False))
        self.set_focus(self.table)
        self._ask()
        self.set_interval(15.0, lambda: self._ask() if self.is_current else None)
        self._show()

    def on_resize(self) -> None:
        """Details only where there is room."""
        self.query_one("#volume-details").display = self.size.height >= 16

    @property
    def table(self) -> LineTable[Image]:
        """The table of volumes."""
        return self.query_one(LineTable)

    @property
    def image(self) -> Image | None:
        """That under the cursor."""
        return self.table.cursor_row

    @property
    def pool_now(self) -> Pool | None:
        """The pool that is shown, as last seen; with all pools on show that of the volume under the cursor."""
        if self._stock is None:
            return None
        name = self.image.volume.pool if self._all_pools and self.image is not None else self.pool
        return next((pool for pool in self._stock.pools if pool.name == name), None)

    def target(self) -> Target:
        """The host."""
        host = self.limen.fleet.view.host(self.host_id)
        return Target((), (host,) if host is not None else (), self.limen.fleet.read_only)

    # -- asking -----------------------------------------------------------------------------------

    def _ask(self) -> None:
        if self._waiting:
            return
        self._waiting = True
        self._asked += 1
        number, inventory, host_id = self._asked, self.limen.fleet.inventory, self.host_id
        future = self.limen.fleet.call(host_id, lambda verbs: look(verbs, added_paths(inventory, host_id)))
        future.add_done_callback(lambda done: self.post_message(self.Answered(number, outcome(done))))

    def on_volumes_screen_answered(self, event: Answered) -> None:
        """Take it over; what was seen before stays on show when it is an error."""
        event.stop()
        if event.asked != self._asked:
            return
        self._waiting = False
        if isinstance(event.answer, LimenError):
            self._problem = event.answer
        else:
            self._problem = None
            if self._stock != event.answer:
                self._stock = event.answer
        self._show()

    def show_fleet(self, view: FleetView) -> None:  # noqa: ARG002 - it is looked up where it is needed
        """VMs may have come or gone; after a job there may be other volumes."""
        if not self.is_mounted:
            return
        if self.limen.job_desk.rev != self._jobs_rev:
            self._jobs_rev = self.limen.job_desk.rev
            # each report of progress is a change too: only a job that begins or ends is worth a question
            states = {job.id: job.state for job in self.limen.fleet.jobs.jobs if job.plan.host_id == self.host_id}
            if states != self._job_states:
                self._job_states = states
                self._ask()
        self._show()

    def on_screen_resume(self) -> None:
        """Look again after a dialog."""
        if self.is_mounted:
            self._show()

    def do_view_refresh(self, _: Target) -> None:
        """Ask now; what was asked before is out of date and its answer not waited for."""
        self._heads.clear()
        self._waiting = False
        self._ask()

    # -- showing ----------------------------------------------------------------------------------

    def _show(self) -> None:
        rows = self._rows()
        table = self.table
        table.set_rows(rows)
        pool = self.pool_now
        table.set_empty_text(empty_text(self._stock, pool, self._problem, everything=self._all_pools,
                                        filtered=bool(self._words)))  # fmt: skip
        self.query_one(FilterBar).show_count(table.rows_shown, table.row_count)
        shown = None if self._all_pools else self.pool
        head = pool_line(shown, self._host_name, pool, self._stock, self._problem, images_only=self._images_only)
        self.query_one("#pool-head", Details).show_lines([head])
        self._show_details()

    def _catalogue(self) -> tuple[Image, ...]:
        """Who uses what: joined again only when volumes or definitions have changed, not with each new load."""
        host = self.limen.fleet.view.host(self.host_id)
        if self._stock is None or host is None:
            return ()
        facts = tuple((vm.name, vm.facts) for vm in host.vms.values())
        if self._joined is None or self._joined[0] is not self._stock or self._joined[1] != facts:
            self._joined = self._stock, facts, images_of(host, self._stock)
        return self._joined[2]

    def _rows(self) -> tuple[Image, ...]:
        return tuple(
            image for image in self._catalogue()
            if (self._all_pools or image.volume.pool == self.pool)
            and not (self._images_only and image.kind is ImageKind.DISK)
        )  # fmt: skip

    @on(CursorMoved)
    def _show_details(self) -> None:
        image = self.image
        head = None if image is None else self._heads.get((image.volume.pool, image.volume.name))
        self.query_one("#volume-details", Details).show_lines([] if image is None else details(image, head))

    # -- keys -------------------------------------------------------------------------------------

    @on(RowActivated)
    def _look_inside(self, event: RowActivated) -> None:
        event.stop()
        volume = event.row.volume
        if not volume.pool:
            return
        key = (volume.pool, volume.name)
        future = self.limen.fleet.call(self.host_id, lambda verbs: verbs.storage.probe(*key))
        future.add_done_callback(lambda done: self.post_message(self.Probed(key, outcome(done))))

    def on_volumes_screen_probed(self, event: Probed) -> None:
        """Show it below."""
        event.stop()
        self._heads[event.key] = event.head
        self._show_details()

    def action_only_images(self) -> None:
        """Hide the VMs' own disks, or show them."""
        self._images_only = not self._images_only
        self._show()

    def action_all_pools(self, on: bool | None = None) -> None:
        """Those of every pool of the host, or of this one."""
        self._all_pools = not self._all_pools if on is None else on
        shown = self.table.visible_columns
        if self._all_pools and "pool" not in shown:
            self.table.set_columns([*shown, "pool"])
        elif not self._all_pools and "pool" in shown:
            self.table.set_columns([name for name in shown if name != "pool"])
        self._show()

    def do_view_filter(self, _: Target) -> None:
        """Type what to look for."""
        self.query_one(FilterBar).open()

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        words = self._words = tuple(event.text.lower().split())
        self.table.set_filter((lambda image: _matches(image, words)) if words else None)
        self._show()

    @on(FilterBar.Left)
    def _filter_left(self, event: FilterBar.Left) -> None:
        event.stop()
        self.set_focus(self.table)

    def action_back(self) -> None:
        """Clear the filter first, then leave."""
        bar = self.query_one(FilterBar)
        if bar.text:
            bar.text = ""
        else:
            self.app.pop_screen()


def outcome(done: Future[Any]) -> Any:
    """The result or the error of a future that is done."""
    try:
        return done.result()
    except CancelledError:
        return ConnectError("The question was dropped")
    except LimenError as error:
        return error


def _matches(image: Image, words: Sequence[str]) -> bool:
    volume = image.volume
    text = " ".join((volume.name, volume.format, image.kind.value, volume.path, *image.users, *image.chain)).lower()
    return all(word in text for word in words)
