"""One VM, close up: a head with live figures and a row of tabs. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap, BindingType
from textual.events import DescendantFocus

from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import NO_VM, Action, Target, resumes
from limen_tui.model.samples import ALL_GROUPS
from limen_tui.model.vm import VMKey
from limen_tui.tui.actionscreen import ActionScreen
from limen_tui.tui.keybar import KeyBar, bar_actions
from limen_tui.tui.viewpanel import Needs
from limen_tui.tui.vm.deck import TabDeck
from limen_tui.tui.vm.head import TabRow, VMHead
from limen_tui.tui.vm.tab import VMTab
from limen_tui.tui.vm.tabs import tabs

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

NOT_HERE: Final = frozenset({"vm.open", "view.filter"})


class VMScreen(ActionScreen):
    """Pinned to an identity; when the VM is gone it says so. Tabs are made when they are first shown.

    While a tab that takes the keys is on show and has not given them back, no key but its own does anything here.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        *(Binding(str(number), f"tab({number})", "Tab", show=False) for number in range(1, 10)),
        Binding("left_square_bracket", "neighbour(-1)", "VM before", show=False),
        Binding("right_square_bracket", "neighbour(1)", "Next VM", show=False),
    ]
    DEFAULT_CSS = "VMScreen { layout: vertical; }"

    def __init__(self, app: LimenApp, key: VMKey, tab_id: str = "") -> None:
        super().__init__(app)
        self.key = key
        vm = app.fleet.view.vm(key)
        self._vm_name = vm.name if vm is not None else ""
        self._makers = {maker.tab_id: maker for maker in tabs()}
        self._current = tab_id if tab_id in self._makers else "overview"
        self._own_keys = self._bindings
        self.keys_taken = False
        """Whether every key goes to the tab on show."""

    def compose(self) -> ComposeResult:
        """Head, tabs, keys."""
        yield VMHead()
        yield TabRow(tuple(self._makers.values()))
        yield TabDeck(self.limen)
        yield KeyBar(self.limen.keys)

    def on_mount(self) -> None:
        """Fill."""
        self._place_parts()
        self.show_tab(self._current)

    def on_resize(self) -> None:
        """Lay out again."""
        self._place_parts()
        self.call_after_refresh(self.show_fleet, self.limen.fleet.view)

    def on_screen_resume(self) -> None:
        """Nothing was passed on while another screen covered this one."""
        if self.is_mounted:
            self.show_fleet(self.limen.fleet.view)

    def _place_parts(self) -> None:
        height = self.app.size.height
        self.query_one(KeyBar).display = height >= 8
        self.query_one(VMHead).display = height >= 4

    # -- what it is aimed at ----------------------------------------------------------------------

    @property
    def tab(self) -> VMTab | None:
        """The tab on show."""
        return self.query_one(TabDeck).tab

    def target(self) -> Target:
        """This VM and its host."""
        vm = self.limen.fleet.view.vm(self.key)
        host = self.limen.fleet.view.host(self.key.host_id)
        return Target((vm,) if vm else (), (host,) if host else (), self.limen.fleet.read_only)

    def reason(self, action: Action, target: Target | None = None) -> str | None:
        """Of a VM that went while it was looked at, that it did."""
        why = super().reason(action, target)
        return "it is gone" if why == NO_VM else why

    def watched(self) -> Needs:
        """All figures of this VM, often."""
        return Needs(frozenset({self.key.host_id}), frozenset({self.key}), ALL_GROUPS, frozenset({self.key}))

    def show_fleet(self, view: FleetView) -> None:
        """Head, tab on show and keys."""
        if not self.is_mounted or self not in self.app.screen_stack:
            return  # it is left: its parts go one after another
        vm = view.vm(self.key)
        if vm is not None:
            self._vm_name = vm.name
        self.query_one(VMHead).show_vm(vm, self._vm_name, view, self.limen.fleet.clock.wall())
        tab = self.tab
        if tab is not None and tab.is_mounted:
            tab.show_vm(vm, view)
        self._show_keys()

    def _show_keys(self) -> None:
        target = self.target()
        labels = {}
        if resumes(target.vms):
            labels["vm.pause-resume"] = "Resume"
        shown = [] if self.keys_taken else [action for action in bar_actions() if action.id not in NOT_HERE]

        def reason(action: Action) -> str | None:
            return self.reason(action, target)

        self.query_one(KeyBar).show_actions(shown, reason, labels)

    # -- tabs -------------------------------------------------------------------------------------

    def show_tab(self, tab_id: str, *, into: bool = True) -> None:
        """Show one, made now if it is not there yet; with ``into`` it has the keyboard."""
        maker = self._makers.get(tab_id)
        if maker is None:
            return
        self._current = tab_id
        if not self.query(TabDeck):
            return  # a key that came before the screen: it begins with this tab
        tab = self.query_one(TabDeck).show(maker, self.key)
        # before the next key is looked at: none may reach an action that was meant for the guest
        self._take_keys(tab.takes_keys and into)
        self.arriving = True
        self.query_one(TabRow).show_current(tab_id)
        self.call_after_refresh(self._arrive, tab, into=into)

    def _arrive(self, tab: VMTab, *, into: bool) -> None:
        if self not in self.app.screen_stack or tab is not self.tab:
            return
        if not tab.is_mounted:
            # its own queue is worked off once it is there; to ask again and again would keep it from coming
            tab.call_later(partial(self._arrive, tab, into=into))
            return
        self.arriving = False
        tab.arrived()
        if not into:
            self.set_focus(self.query_one(TabRow))
        self.show_fleet(self.limen.fleet.view)

    def _take_keys(self, on: bool) -> None:
        self.keys_taken = on
        self._bindings = BindingsMap() if on else self._own_keys

    def action_tab(self, number: int) -> None:
        """The tab of that number."""
        maker = next((each for each in self._makers.values() if each.number == number), None)
        if maker is not None:
            self.show_tab(maker.tab_id)

    @on(TabRow.Chosen)
    def _chosen(self, event: TabRow.Chosen) -> None:
        self.show_tab(event.tab_id, into=event.into)

    @on(VMTab.KeysLeft)
    def _keys_left(self) -> None:
        self._take_keys(False)
        self.set_focus(self.query_one(TabRow))
        self._show_keys()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """A click into a tab that takes the keys gives them to it."""
        tab = self.tab
        if tab is not None and tab.takes_keys and tab in event.widget.ancestors_with_self and not self.keys_taken:
            self._take_keys(True)
            self._show_keys()

    # -- other VMs --------------------------------------------------------------------------------

    def action_neighbour(self, by: int) -> None:
        """The VM before or after, in the order of the table it was opened from."""
        key = self.limen.main.neighbour(self.key, by)
        if key is None or key == self.key:
            self.notify("No other VM in the table", markup=False, timeout=2)
            return
        self.show_other(key)

    def show_other(self, key: VMKey) -> None:
        """Another VM, in the same tab."""
        self.query_one(TabDeck).clear()
        self.key = key
        vm = self.limen.fleet.view.vm(self.key)
        self._vm_name = vm.name if vm is not None else ""
        self.show_tab(self._current)

    # -- keys -------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """To the screen before."""
        self.query_one(TabDeck).leave()
        self.app.pop_screen()

    def do_view_refresh(self, _: Target) -> None:
        """Ask its host now."""
        self.limen.fleet.reconnect(self.key.host_id)
        if (tab := self.tab) is not None:
            tab.refresh_now()

    def do_vm_xml(self, _: Target) -> None:
        """Its definition is one of the tabs."""
        self.show_tab("xml")

