"""The head of a VM's screen: state with live figures, and the row of tabs. May import textual, model. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from limen_tui.fleet.view import FleetView
from limen_tui.model.units import clean
from limen_tui.model.vm import VM
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.fit import Item, fit
from limen_tui.tui.fleet.glyphs import host_look, vm_look, vm_word
from limen_tui.tui.fleet.lines import Line, Lines, line_width
from limen_tui.tui.fleet.strip import DIM, KINDS, SPARK, STRONG
from limen_tui.tui.vm.tabs import TabMaker

NUMBER, TITLE, CURRENT, ACTIVE = "tabs--number", "tabs--title", "tabs--current", "tabs--active"
LONGEST_NAME = 40
"""Cells of a name beside figures; the overview has all of it."""


class VMHead(Lines):
    """One line: name, state, host, load."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {DIM, STRONG, SPARK, *KINDS.values()}
    DEFAULT_CSS = """
    VMHead {
        height: 1; background: $panel; color: $foreground;
        & > .strip--label { color: $text-muted; }
        & > .strip--value { text-style: bold; }
        & > .strip--spark { color: $text-accent; }
        & > .strip--good { color: $text-success; }
        & > .strip--accent { color: $text-accent; }
        & > .strip--warn { color: $text-warning; }
        & > .strip--bad { color: $text-error; }
        & > .strip--dim { color: $text-muted; }
    }
    """

    def show_vm(self, vm: VM | None, name: str, view: FleetView, now: float) -> None:
        """As the fleet has it now; ``name`` is what it was called when it is gone."""
        width = self.size.width - 2
        if width <= 0:
            return
        if vm is None:
            self.show_lines([((f" {clean(name)}", STRONG), (" is gone", KINDS["warn"]))])
            return
        self.show_lines([((" ", ""), *fit(head_items(vm, view, now), width))])


def head_items(vm: VM, view: FleetView, now: float) -> list[Item]:
    """What the head says, each with its importance."""
    look, load = vm_look(vm), vm.load
    style = KINDS[look.kind]
    name, word = fmt.clean(vm.name), (vm_word(vm), style)
    short = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    items = [
        Item(0, (((f"{look.glyph} ", style), (name, STRONG)), ((f"{look.glyph} ", style), (short, STRONG)))),
        Item(1, ((word, *(((f" ({fmt.clean(vm.reason)})", DIM),) if vm.reason not in ("", word[0]) else ())), (word,))),
        Item(6, (((f"on {fmt.clean(vm.host_name)}", DIM),),)),
    ]  # fmt: skip
    host = view.host(vm.key.host_id)
    if vm.stale and host is not None:
        why = host.problem.title if host.problem else host.state.value
        items.append(Item(2, (((f"{host_look(host).glyph} as last seen: {clean(why)}", KINDS["warn"]),),)))
        return items
    if not vm.state.is_active:
        return items
    if vm.started_at is not None:
        items.append(Item(7, (((f"up {fmt.uptime(vm, now)}", DIM),),)))
    items.append(_figure(3, "CPU", fmt.percent(load.cpu_pct)))
    memory = fmt.memory_pair(load.mem_used_kib, load.mem_assigned_kib)
    items.append(_figure(4, "mem", memory))
    items.append(_figure(8, "disk", f"{fmt.rate(load.disk_rd_bps)} rd {fmt.rate(load.disk_wr_bps)} wr"))
    items.append(_figure(9, "net", f"{fmt.rate(load.net_rx_bps)} rx {fmt.rate(load.net_tx_bps)} tx"))
    return items


def _figure(rank: int, label: str, figure: str) -> Item:
    return Item(rank, (((f"{label} ", DIM), (figure, "")),), right=True)


class TabRow(Lines, can_focus=True):
    """The tabs with their numbers. Takes the keyboard when a tab that has it gives it back."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {NUMBER, TITLE, CURRENT, ACTIVE}
    DEFAULT_CSS = """
    TabRow {
        height: 1; background: $background; color: $foreground;
        & > .tabs--number { color: $text-accent; }
        & > .tabs--title { color: $foreground; }
        & > .tabs--current { color: $text-accent; text-style: bold underline; }
        & > .tabs--active { text-style: bold reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "Tab before", show=False),
        Binding("right,l", "step(1)", "Next tab", show=False),
        Binding("enter,down", "enter", "Into the tab", show=False),
    ]

    class Chosen(Message):
        """A tab is wanted; with ``into`` the keyboard goes into it."""

        def __init__(self, tab_id: str, *, into: bool) -> None:
            super().__init__()
            self.tab_id, self.into = tab_id, into

    def __init__(self, makers: Sequence[TabMaker]) -> None:
        super().__init__(id="tab-row")
        self._makers = tuple(makers)
        self.current = ""
        self._places: list[tuple[int, int, str]] = []

    def show_current(self, tab_id: str) -> None:
        """Mark the tab on show."""
        self.current = tab_id
        self._redraw()

    def on_resize(self) -> None:
        """Fit again."""
        self._redraw()

    def on_focus(self) -> None:
        """The mark says who has the keyboard."""
        self._redraw()

    def on_blur(self) -> None:
        """The mark says who has the keyboard."""
        self._redraw()

    def _redraw(self) -> None:
        width = self.size.width
        for lead, gap, titled in ((1, 3, True), (1, 1, True), (0, 1, True), (1, 1, False)):
            line, places = self._laid_out(lead, gap, titled=titled)
            if line_width(line) <= width:
                break
        else:
            line, places = self._alone()
        self._places = places
        self.show_lines([line])

    def _alone(self) -> tuple[Line, list[tuple[int, int, str]]]:
        """Only the tab on show: there is no room for more."""
        maker = next((maker for maker in self._makers if maker.tab_id == self.current), self._makers[0])
        text = f"{maker.number} {maker.title}"
        look = ACTIVE if self.has_focus else CURRENT
        return ((" ", ""), (text, look)), [(1, 1 + len(text), maker.tab_id)]

    def _laid_out(self, lead: int, gap: int, *, titled: bool) -> tuple[Line, list[tuple[int, int, str]]]:
        """The row, and from where to where each tab is in it; without titles but that of the one on show."""
        pieces: list[tuple[str, str]] = [(" " * lead, "")]
        places, at = [], lead
        for maker in self._makers:
            here = maker.tab_id == self.current
            number, text = str(maker.number), f" {maker.title}" if titled or here else ""
            look = (ACTIVE if self.has_focus else CURRENT) if here else ""
            pieces += [(number, look or NUMBER), (text, look or TITLE), (" " * gap, "")]
            places.append((at, at + len(number) + len(text), maker.tab_id))
            at += len(number) + len(text) + gap
        return tuple(pieces[:-1]), places

    def action_step(self, by: int) -> None:
        """The neighbouring tab, round the ends."""
        ids = [maker.tab_id for maker in self._makers]
        place = ids.index(self.current) if self.current in ids else 0
        self.post_message(self.Chosen(ids[(place + by) % len(ids)], into=False))

    def action_enter(self) -> None:
        """Into the tab on show."""
        self.post_message(self.Chosen(self.current, into=True))

    def on_click(self, event: events.Click) -> None:
        """A tab was clicked."""
        for start, end, tab_id in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(tab_id, into=True))
