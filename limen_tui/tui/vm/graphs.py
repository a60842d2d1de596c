"""Graphs of a VM: an hour of each device, a day of the whole. May import textual, limen_widgets, fleet. UI thread."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from time import localtime, strftime
from typing import TYPE_CHECKING, ClassVar, Final

from limen_widgets.graph import Chart
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.message import Message

from limen_tui.errors import InputError, LimenError
from limen_tui.fleet.view import FleetView
from limen_tui.model.closeup import CloseSeries
from limen_tui.model.graphs import RANGES, Graph, csv_lines, graphs_of
from limen_tui.model.minutes import DAY, MinutePoint
from limen_tui.model.units import clean
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.dialogs.text import TextDialog
from limen_tui.tui.fleet.fit import Item, fit
from limen_tui.tui.fleet.lines import Lines
from limen_tui.tui.reading import shared_reader
from limen_tui.tui.vm.graphfeed import Feed
from limen_tui.tui.vm.tab import VMTab

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

WIDE: Final = 120
"""Cells from which graphs stand in two columns."""
MINUTES_AGAIN: Final = 60.0
"""Seconds after which the day is read again."""
HINT, KEY = "graphs--hint", "graphs--key"

NOT_KEPT: Final = (
    "only since this VM was opened: of a host given with -c no minutes are kept",
    "of a host given with -c no minutes are kept", "-c: no minutes kept",
)  # fmt: skip
"""Why a longer range is empty, longest first."""


class GraphFoot(Lines):
    """Range, time at the cursor, keys."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {HINT, KEY}
    DEFAULT_CSS = """
    GraphFoot { height: 1; background: $panel; color: $foreground;
        & > .graphs--hint { color: $text-muted; }
        & > .graphs--key { color: $text-accent; text-style: bold; }
    }
    """


class GraphsTab(VMTab, can_focus=True):
    """A chart for each thing that can be measured; one cursor goes through all of them."""

    tab_id: ClassVar[str] = "graphs"
    title: ClassVar[str] = "Graphs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "choose(1)", "Next graph", show=False),
        Binding("k,up", "choose(-1)", "Graph before", show=False),
        Binding("left", "move(-1)", "Back in time", show=False),
        Binding("right", "move(1)", "On in time", show=False),
        Binding("shift+left,ctrl+left", "move(-10)", "Far back", show=False),
        Binding("shift+right,ctrl+right", "move(10)", "Far on", show=False),
        Binding("end", "newest", "Newest", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("comma", "range(1)", "Longer", show=False),
        Binding("full_stop", "range(-1)", "Shorter", show=False),
        Binding("ctrl+s", "save", "Save as CSV", show=False),
    ]
    DEFAULT_CSS = """
    GraphsTab { layout: vertical; }
    GraphsTab VerticalScroll { height: 1fr; }
    GraphsTab Grid { grid-size: 1; height: auto; grid-gutter: 0 2; }
    GraphsTab Grid.-wide { grid-size: 2; }
    """

    class MinutesRead(Message):
        """The day came from the inventory."""

        def __init__(self, points: tuple[MinutePoint, ...]) -> None:
            super().__init__()
            self.points = points

    class Told(Message):
        """What came of saving."""

        def __init__(self, text: str, *, bad: bool) -> None:
            super().__init__()
            self.text, self.bad = text, bad

    def __init__(self, app: LimenApp, key: VMKey) -> None:
        super().__init__(app, key)
        self._range = int(app.memory.get("graphs.range", "0")) % len(RANGES)
        self._graphs: list[Graph] = []
        self._chosen = 0
        self._cursor: float | None = None
        self._minutes: tuple[MinutePoint, ...] = ()
        self._minutes_at = float("-inf")
        self._drawn_at = float("-inf")
        self._vm: VM | None = None

    def compose(self) -> ComposeResult:
        """Charts and foot."""
        with VerticalScroll(can_focus=False):
            yield Grid()
        yield GraphFoot()

    # -- what is shown ----------------------------------------------------------------------------

    @property
    def seconds(self) -> int:
        """How far back the graphs go."""
        return RANGES[self._range][0]

    @property
    def _close(self) -> CloseSeries:
        return self.limen.fleet.closeups.of(self.key)

    def show_vm(self, vm: VM | None, view: FleetView) -> None:  # noqa: ARG002 - tabs of all hosts need it
        """Draw what has a new column of dots; all of it where graphs came or went."""
        self._vm = vm
        now = self.limen.fleet.clock.wall()
        self._read_minutes()
        wanted = graphs_of(self._close.names, vm.vcpus if vm else 0)
        if [graph.id for graph in wanted] != [graph.id for graph in self._graphs]:
            self._graphs = wanted
            self._mount_charts()
        elif now - self._drawn_at >= self.seconds / 600 or self._drawn_at > now:
            self._draw()

    def on_resize(self) -> None:
        """One column or two."""
        self._place()
        self._tell()

    def _place(self) -> None:
        """Rows as high as what stands in them: a grid cannot find that out by itself."""
        grid, wide = self.query_one(Grid), self.size.width >= WIDE
        grid.set_class(wide, "-wide")
        room = self.size.height - 1
        usual = max(7, min(14, room // (2 if room < 34 else 3 if room < 46 else 4)))
        heights = [len(graph.lines) + 1 if graph.rows else usual for graph in self._graphs]
        if wide:
            heights = [max(heights[place : place + 2]) for place in range(0, len(heights), 2)]
        grid.styles.grid_rows = " ".join(str(height) for height in heights) or "1"
        grid.styles.height = max(1, sum(heights))
        for place, chart in enumerate(self.charts):
            chart.styles.height = heights[place // 2 if wide else place]

    def _mount_charts(self) -> None:
        grid = self.query_one(Grid)
        charts = list(grid.query(Chart))
        missing = len(self._graphs) - len(charts)
        if missing > 0:
            grid.mount_all(Chart() for _ in range(missing))
        for chart in charts[len(self._graphs) :]:
            chart.remove()
        self._chosen = min(self._chosen, max(0, len(self._graphs) - 1))
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        self._place()
        self._draw()

    def _draw(self) -> None:
        self._drawn_at = now = self.limen.fleet.clock.wall()
        # the newest point is at the right end, whatever the clock says since
        end = max((self._close.times[-1] if self._close.times else now), now - 30)
        start = end - self.seconds
        feed = Feed(self.limen.fleet, self.key, self._vm, self._minutes, self.seconds)
        gap = max(12.0, 3 * self.limen.settings.refresh.on_screen)
        for place, (graph, chart) in enumerate(zip(self._graphs, self.query(Chart), strict=False)):
            chart.show(feed.data(graph, start), start, end, longest_gap=gap)
            chart.show_cursor(self._cursor)
            chart.show_chosen(place == self._chosen)
        self._tell()

    def _read_minutes(self) -> None:
        now = self.limen.fleet.clock.mono()
        if now - self._minutes_at < MINUTES_AGAIN:
            return
        self._minutes_at = now
        store, key, since = self.limen.fleet.inventory.minutes, self.key, self.limen.fleet.clock.wall() - DAY

        def then(found: tuple[MinutePoint, ...] | LimenError) -> None:
            if not isinstance(found, LimenError):
                self.post_message(self.MinutesRead(found))

        shared_reader().read(lambda: store.points(key, since), then)

    @on(MinutesRead)
    def _minutes_read(self, event: MinutesRead) -> None:
        self._minutes = event.points
        self._draw()

    def refresh_now(self) -> None:
        """Read the day again as well."""
        self._minutes_at = self._drawn_at = float("-inf")

    # -- the foot ---------------------------------------------------------------------------------

    def _tell(self) -> None:
        width = self.size.width - 2
        if width <= 0:
            return
        ranges = []
        for place, (_, word) in enumerate(RANGES):
            ranges.append((f" {word} ", KEY if place == self._range else HINT))
        at = "newest" if self._cursor is None else strftime("%H:%M:%S", localtime(self._cursor))
        keys = [("←→", "cursor"), (", .", "longer, shorter"), ("↑↓", "graph"), ("^s", "save as CSV")]
        items = [Item(0, (tuple(ranges),)), Item(1, (((f"at {at}", ""),),))]
        host = self.limen.fleet.view.host(self.key.host_id)
        if self._range and host is not None and not host.host.saved:
            items.insert(1, Item(1, tuple(((text, HINT),) for text in NOT_KEPT)))
        items += [Item(2 + n, (((key, KEY), (f" {word}", HINT)),)) for n, (key, word) in enumerate(keys)]
        self.query_one(GraphFoot).show_lines([((" ", ""), *fit(items, width))])

    # -- keys -------------------------------------------------------------------------------------

    @property
    def charts(self) -> list[Chart]:
        """In their order."""
        return list(self.query(Chart))[: len(self._graphs)]

    def action_choose(self, by: int) -> None:
        """The next graph, or the one before."""
        charts = self.charts
        if not charts:
            return
        self._chosen = max(0, min(len(charts) - 1, self._chosen + by))
        for place, chart in enumerate(charts):
            chart.show_chosen(place == self._chosen)
        charts[self._chosen].scroll_visible(animate=False)

    def action_page(self, by: int) -> None:
        """A screenful of graphs."""
        self.query_one(VerticalScroll).scroll_page_down(animate=False) if by > 0 else self.query_one(
            VerticalScroll
        ).scroll_page_up(animate=False)

    def action_move(self, by: int) -> None:
        """The cursor, by columns; beyond the newest it goes away."""
        charts = self.charts
        if not charts:
            return
        end = self._close.times[-1] if self._close.times else self.limen.fleet.clock.wall()
        step = self.seconds / max(1, charts[0].columns // 2)
        at = (end if self._cursor is None else self._cursor) + by * step
        self._cursor = None if at > end else max(end - self.seconds, at)
        for chart in charts:
            chart.show_cursor(self._cursor)
        self._tell()

    def action_newest(self) -> None:
        """No cursor."""
        self._cursor = None
        self.action_move(1)

    def action_range(self, by: int) -> None:
        """Further back, or closer."""
        self._range = max(0, min(len(RANGES) - 1, self._range + by))
        self._cursor = None
        self.limen.memory.put("graphs.range", str(self._range))
        self._draw()

    def action_save(self) -> None:
        """Ask for a name."""
        vm_name = self._vm.name[:60] if self._vm is not None else ""
        name = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in vm_name)
        dialog = TextDialog(
            "Save the figures as CSV", "File", str(Path.cwd() / f"{name.lstrip('.') or 'vm'}.csv"),
            note=f"The last {RANGES[self._range][1]}, as far as it is known. A file that exists is left alone.",
            check=check_path,
        )  # fmt: skip
        self.app.push_screen(dialog, self._save)

    def _save(self, text: str | None) -> None:
        if text is None:
            return
        end = self._close.times[-1] if self._close.times else 0.0
        lines = list(csv_lines(self._close, end - self.seconds))

        def then(done: int | LimenError) -> None:
            if isinstance(done, LimenError):
                self.post_message(self.Told(f"{done} {done.hint}".strip(), bad=True))
            else:
                self.post_message(self.Told(f"{done} lines in {clean(text)}", bad=False))

        shared_reader().read(lambda: write_new(check_path(text), lines), then)

    @on(Told)
    def _told(self, event: Told) -> None:
        self.notify(event.text, severity="warning" if event.bad else "information", markup=False, timeout=6)


def check_path(text: str) -> Path:
    """The file that was typed. Raises ``InputError`` for one that cannot be made."""
    if not text.strip() or "\0" in text:
        raise InputError("No file was named")
    path = Path(text.strip()).expanduser()
    if path.exists() or path.is_symlink():
        raise InputError("There is such a file already", hint="Choose another name")
    if not path.parent.is_dir():
        raise InputError("There is no such folder", clean(str(path.parent)))
    return path


def write_new(path: Path, lines: Sequence[str]) -> int:
    """Make a file, only for its owner, and never over one that is there; how many lines. Raises ``InputError``."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
    except OSError as error:
        raise InputError("The file cannot be written", error.strerror or str(error)) from error
    return len(lines)
