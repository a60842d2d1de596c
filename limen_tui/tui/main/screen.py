"""The main screen: totals, host tree, one of six views, key bar. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from limen_widgets.line_table.messages import ColumnsChanged, CursorMoved, MarksChanged, SortChanged
from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.widgets import Input

from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import NO_VM, Action, Scope, Target, resumes
from limen_tui.model.host import HostState
from limen_tui.model.units import clean
from limen_tui.model.vm import VMKey
from limen_tui.tui.actionscreen import ActionScreen
from limen_tui.tui.fleet.panel import FleetPanel
from limen_tui.tui.fleet.table import VMTable
from limen_tui.tui.fleet.totals import TotalsBar
from limen_tui.tui.fleet.tree import HostTree
from limen_tui.tui.keybar import KeyBar, bar_actions
from limen_tui.tui.main.panels import VIEWS, make_panel
from limen_tui.tui.main.switch import Trail
from limen_tui.tui.memory import HOST, TREE, VIEW
from limen_tui.tui.viewpanel import ViewPanel

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class MainScreen(ActionScreen):
    """Views are made when they are first shown; the one of VMs is there from the start."""

    AUTO_FOCUS: ClassVar[str | None] = None
    DEFAULT_CSS = """
    MainScreen { layout: vertical; }
    MainScreen #middle { height: 1fr; }
    MainScreen #views { width: 1fr; height: 1fr; }
    """

    def __init__(self, app: LimenApp) -> None:
        super().__init__(app)
        first = app.memory.get(VIEW, "vms")
        self._trail = Trail(first if first in VIEWS else "vms")
        self._panels: dict[str, ViewPanel] = {}
        kept = app.memory.get(HOST, "")
        self._host_id: str | None = kept if any(host.id == kept for host in app.fleet.hosts) else None
        tree = app.memory.get(TREE, "")
        self._tree_wanted: bool | None = {"on": True, "off": False}.get(tree)
        self._vms_seen = bool(app.fleet.view.vms)
        """Whether VMs have been on the screen: the first ones of all come by themselves, under a key on its way."""
        self._sought: VMKey | None = None
        """The VM under the cursor as soon as the view of VMs is there."""
        self.arriving = True

    # -- parts ------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        app = self.limen
        yield TotalsBar(read_only=app.fleet.read_only, demo=app.demo)
        with Horizontal(id="middle"):
            yield HostTree(app.fleet.clock)
            with Container(id="views"):
                yield self._panel(self._trail.current)
        yield KeyBar(app.keys)

    def on_mount(self) -> None:
        """The last known fleet is shown before any host is asked."""
        self._place_parts()
        self.query_one(HostTree).show_host(self._host_id)
        self.show_fleet(self.limen.fleet.view)
        self.call_after_refresh(self.arrived, self.panel)

    @property
    def panel(self) -> ViewPanel:
        """The view on show."""
        return self._panels[self._trail.current]

    @property
    def offers(self) -> frozenset[str]:
        """Those of the view on show."""
        return self.panel.OFFERS

    @property
    def host_id(self) -> str | None:
        """The host to which the views are limited."""
        return self._host_id

    def _panel(self, view_id: str) -> ViewPanel:
        if view_id not in self._panels:
            self._panels[view_id] = make_panel(self.limen, view_id)
        return self._panels[view_id]

    def show_fleet(self, view: FleetView) -> None:
        """Pass a new view on to what is visible."""
        self.query_one(TotalsBar).show_fleet(view)
        if self.limen.begun:  # there are none before
            self.query_one(TotalsBar).show_jobs(*self.limen.job_desk.counts, leaving=self.limen.job_desk.leaving)
        tree = self.query_one(HostTree)
        if tree.display:
            tree.show_fleet(view)
        self.panel.show_fleet(view)
        self._show_keys()
        if view.vms and not self._vms_seen:
            self.call_after_refresh(self._first_vms_seen)

    def _first_vms_seen(self) -> None:
        self._vms_seen = True
        self._show_keys()

    def on_screen_resume(self) -> None:
        """Nothing was passed on while another screen covered this one."""
        if self.is_mounted:
            self.show_fleet(self.limen.fleet.view)

    def on_resize(self) -> None:
        """What has no room is left out."""
        self._place_parts()

    def _place_parts(self) -> None:
        width, height = self.app.size
        tree = self.query_one(HostTree)
        wanted = width >= HostTree.NARROW if self._tree_wanted is None else self._tree_wanted
        shown = wanted and width >= 60
        if shown and not tree.display:
            tree.display = True
            tree.show_fleet(self.limen.fleet.view)
        elif not shown and tree.display:
            if tree.has_focus_within:
                self.panel.focus_main()
            tree.display = False
        self.query_one(TotalsBar).display = height >= 5
        self.query_one(KeyBar).display = height >= 4

    # -- keys -------------------------------------------------------------------------------------

    def target(self) -> Target:
        """What the view on show is aimed at; in the tree, the host under its cursor."""
        tree = self.query_one(HostTree)
        if tree.has_focus_within and tree.cursor_host is not None:
            host = self.limen.fleet.view.host(tree.cursor_host)
            return Target((), (host,) if host else (), self.limen.fleet.read_only)
        return self.panel.target()

    def reason(self, action: Action, target: Target | None = None) -> str | None:
        """Also dims what the view on show has no use for."""
        if action.id in self.panel.UNUSED:
            return "not in this view"
        reason = super().reason(action, target)
        if action.scope in (Scope.VM, Scope.VMS):
            nothing = reason == NO_VM and not self.limen.fleet.view.vms
            if nothing or (reason is None and not self._vms_seen):
                return self._asking() or reason or "the VMs come up just now"
        return reason

    def _asking(self) -> str | None:
        """Which hosts have not told their VMs yet."""
        waiting = [
            each.host.name for each in self.limen.fleet.view.hosts
            if each.state is HostState.CONNECTING or (each.state is HostState.UP and each.sampled_at is None)
        ]  # fmt: skip
        if not waiting:
            return None
        return f"{waiting[0]} is still being asked" if len(waiting) == 1 else "the hosts are still being asked"

    def _show_keys(self) -> None:
        target = self.target()
        labels = {}
        if resumes(target.vms):
            labels["vm.pause-resume"] = "Resume"
        shown = bar_actions(without_vms=self._trail.current not in ("vms", "top"))
        # a key that means something else in the view on show is told there, not here
        shown = [each for each in shown if not self.panel.has_own(self.limen.keys.get(each.id, ())[:1])]
        self.query_one(KeyBar).show_actions(shown, lambda action: self.reason(action, target), labels)

    @on(CursorMoved)
    @on(MarksChanged)
    def _aim_changed(self) -> None:
        if self.panel.is_mounted:
            self._show_keys()

    @on(SortChanged)
    def _sorted(self, event: SortChanged) -> None:
        if event.table is self.panel.table:
            self.limen.memory.keep_sort(self._trail.current, event.column_id, event.reverse)

    @on(ColumnsChanged)
    def _columns(self, event: ColumnsChanged) -> None:
        if event.table is self.panel.table:
            self.limen.memory.keep_columns(self._trail.current, event.column_ids)

    # -- views ------------------------------------------------------------------------------------

    def show_view(self, view_id: str, *, remember: bool = True) -> None:
        """Show one of the six."""
        if remember:
            self._trail.go(view_id)
        panel = self._panel(view_id)
        self.arriving = True
        if not panel.is_attached:
            self.query_one("#views").mount(panel)
        for each in self._panels.values():
            each.display = each is panel
        self.limen.memory.put(VIEW, view_id)
        if panel.is_mounted:
            self.arrived(panel)
        elif view_id == "vms":
            self.call_after_refresh(self.arrived, panel)  # the others call when they are mounted

    def arrived(self, panel: ViewPanel) -> None:
        """A view is on show now: scope, rows, keyboard."""
        if panel is not self.panel:
            return
        if not panel.is_mounted:
            self.set_timer(0.01, lambda: self.arrived(panel))
            return
        self.arriving = False
        panel.show_host(self._host_id)
        panel.show_fleet(self.limen.fleet.view)
        panel.refresh_now()
        if not (isinstance(self.focused, Input) and panel in self.focused.ancestors):
            panel.focus_main()  # else its filter is being typed
        sought, self._sought = self._sought, None
        if sought is not None and panel.view_id == "vms":
            self._to_vm(sought)
        self.query_one(TotalsBar).show_frozen(panel.table is not None and panel.table.freeze)
        self._show_keys()

    def show_host(self, host_id: str | None) -> None:
        """Limit the views to one host (``None``: the whole fleet), and show VMs unless the view knows hosts."""
        if host_id is not None and self.limen.fleet.view.host(host_id) is None:
            return
        self._host_id = host_id
        self.limen.memory.put(HOST, host_id or "")
        self.query_one(HostTree).show_host(host_id)
        if self._trail.current in ("hosts", "jobs"):
            self.show_view("vms")
        else:
            self.arrived(self.panel)

    def show_vm(self, key: VMKey) -> None:
        """Put the cursor on a VM, in the view of VMs."""
        self._sought = key
        self.show_view("vms")

    def _to_vm(self, key: VMKey) -> None:
        if self._host_id not in (None, key.host_id):
            self.show_host(None)
        if not self.panel.show_vm(key):
            self.notify("That VM is gone", markup=False, timeout=3)

    def neighbour(self, key: VMKey, by: int) -> VMKey | None:
        """The VM beside another in the table of VMs as it stands; its cursor goes there, too."""
        panel = self._panels.get("vms")
        table = panel.table if panel is not None and panel.is_mounted else None
        if table is None:
            keys = [vm.key for vm in self.limen.fleet.view.vms]
            place = keys.index(key) + by if key in keys else -1
            return keys[place] if 0 <= place < len(keys) else None
        found = table.next_to(key, by)
        if not isinstance(found, VMKey):
            return None
        table.move_to(found)
        return found

    def step_back(self) -> None:
        """Escape where the view has nothing to undo itself: marks, filter, then the whole fleet."""
        if not self.panel.step_back() and self._host_id is not None:
            self.show_host(None)

    @on(FleetPanel.VMOpened)
    def _vm_opened(self, event: FleetPanel.VMOpened) -> None:
        self.limen.commands.open_vm(event.key)

    @on(FleetPanel.ScopeLeft)
    def _scope_left(self) -> None:
        self.show_host(None)

    @on(HostTree.HostChosen)
    def _host_chosen(self, event: HostTree.HostChosen) -> None:
        self.show_host(event.host_id)
        self.panel.focus_main()

    @on(VMTable.Left)
    def _to_the_tree(self) -> None:
        tree = self.query_one(HostTree)
        if tree.display:
            tree.focus_main()

    @on(HostTree.Left)
    def _tree_left(self) -> None:
        self.panel.focus_main()

    # -- actions ----------------------------------------------------------------------------------

    def do_view_vms(self, _: Target) -> None:
        """The fleet's VMs."""
        self.show_view("vms")

    def do_view_hosts(self, _: Target) -> None:
        """The hosts."""
        self.show_view("hosts")

    def do_view_storage(self, _: Target) -> None:
        """Storage pools."""
        self.show_view("storage")

    def do_view_networks(self, _: Target) -> None:
        """Networks."""
        self.show_view("networks")

    def do_view_jobs(self, _: Target) -> None:
        """What this session did."""
        self.show_view("jobs")

    def do_view_events(self, _: Target) -> None:
        """What happened."""
        self.show_view("events")

    def do_view_top(self, _: Target) -> None:
        """The busiest VMs."""
        self.show_view("top")

    def do_view_back(self, _: Target) -> None:
        """The view before."""
        self._step(-1)

    def do_view_forward(self, _: Target) -> None:
        """The view after."""
        self._step(1)

    def _step(self, by: int) -> None:
        view_id = self._trail.step(by)
        if view_id is None:
            self.notify("No view before" if by < 0 else "No view after", markup=False, timeout=2)
        else:
            self.show_view(view_id, remember=False)

    def do_view_filter(self, _: Target) -> None:
        """The keyboard is in the filter before the next key is looked at."""
        self.panel.open_filter()
        field = next(iter(self.panel.query(Input)), None)
        if field is not None:
            self.set_focus(field)

    def do_view_columns(self, _: Target) -> None:
        """Choose columns."""
        from limen_tui.tui.dialogs.columns import ColumnsDialog  # noqa: PLC0415 - after the first paint

        table = self.panel.table
        if table is not None:
            self.app.push_screen(ColumnsDialog(table), lambda ids: table.set_columns(ids) if ids else None)

    def do_view_group(self, _: Target) -> None:
        """The next grouping."""
        mode = self.panel.cycle_grouping()
        self.notify(f"Grouped by {mode}" if mode else "Not grouped", markup=False, timeout=2)

    def do_view_freeze(self, _: Target) -> None:
        """Hold still, or go on."""
        self.query_one(TotalsBar).show_frozen(self.panel.toggle_freeze())

    def do_view_refresh(self, _: Target) -> None:
        """Ask the hosts on show now."""
        hosts = [self._host_id] if self._host_id is not None else [host.id for host in self.limen.fleet.hosts]
        for host_id in hosts:
            self.limen.fleet.reconnect(host_id)
        self.panel.refresh_now()
        host = self.limen.fleet.view.host(hosts[0]) if len(hosts) == 1 else None
        self.notify(f"Asking {clean(host.host.name) if host else f'{len(hosts)} hosts'}", markup=False, timeout=2)

    def do_view_tree(self, _: Target) -> None:
        """Show or hide the hosts on the left."""
        self._tree_wanted = not self.query_one(HostTree).display
        self.limen.memory.put(TREE, "on" if self._tree_wanted else "off")
        self._place_parts()

    def do_view_strip(self, _: Target) -> None:
        """Show or hide what is below the table."""
        self.panel.toggle_strip()
