"""Actions that belong to no screen: palette, help, hosts, copy, quit. May import textual, fleet, model. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from limen_tui.fleet.acts import Act
from limen_tui.model.actions import Action, Target
from limen_tui.model.units import clean
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.actionscreen import ActionScreen
from limen_tui.tui.console.commands import ConsoleCommands
from limen_tui.tui.deleting.commands import DeleteCommands
from limen_tui.tui.devices.commands import DeviceCommands
from limen_tui.tui.dialogs.text import YesNoDialog
from limen_tui.tui.editing.commands import EditCommands
from limen_tui.tui.guestscreen.commands import ScreenCommands
from limen_tui.tui.help.screen import HelpScreen
from limen_tui.tui.hosts.commands import HostCommands
from limen_tui.tui.palette import sources
from limen_tui.tui.palette.match import Pick
from limen_tui.tui.palette.picker import Picker
from limen_tui.tui.resize.commands import ResizeCommands
from limen_tui.tui.storage.commands import ImageCommands
from limen_tui.tui.themes import LABELS, PREFIX
from limen_tui.tui.vm.commands import VMCommands
from limen_tui.tui.vm.screen import VMScreen
from limen_tui.tui.vm.xml import XMLScreen

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp
    from limen_tui.tui.main.screen import MainScreen


class Commands(
    ConsoleCommands, DeleteCommands, DeviceCommands, EditCommands, ResizeCommands, ScreenCommands, HostCommands,
    ImageCommands, VMCommands,
):
    """Methods ``do_<action id>``; each takes the target captured at the key press."""

    def __init__(self, app: LimenApp) -> None:
        self._app = app

    # -- pickers ----------------------------------------------------------------------------------

    def do_app_palette(self, target: Target) -> None:
        """Everything by name."""
        picks = sources.everything(self._app.fleet.view, self._app.keys, self._reason(target))
        self._pick("Palette", picks, target, "An action, a host or a VM")

    def do_vm_menu(self, target: Target) -> None:
        """What applies here."""
        title = "Menu"
        if len(target.vms) == 1:
            title = clean(target.vms[0].name)
        elif target.vms:
            title = f"{len(target.vms)} VMs"
        self._pick(title, sources.menu(self._app.keys, self._reason(target)), target, "")

    def do_host_switch(self, target: Target) -> None:
        """One host, or all."""
        self._pick("Show a host", sources.hosts_to_switch(self._app.fleet.view), target, "The name of a host")

    def _reason(self, target: Target) -> sources.Reason:
        screen = self._app.screen

        def reason(action: Action) -> str | None:
            if action.id == "app.undo":
                return self._app.acting.undo_reason
            return screen.reason(action, target) if isinstance(screen, ActionScreen) else None

        return reason

    def _pick(self, title: str, picks: Sequence[Pick], target: Target, placeholder: str) -> None:
        self._app.push_screen(
            Picker(title, picks, placeholder=placeholder), lambda chosen: self._picked(chosen, target)
        )

    def _picked(self, chosen: str | None, target: Target) -> None:
        if chosen is None:
            return
        if chosen.startswith(sources.ACTION):
            # Pinned: what was under the cursor when the palette opened, as it is now.
            view = self._app.fleet.view
            vms = tuple(vm for vm in (view.vm(vm.key) for vm in target.vms) if vm is not None)
            hosts = tuple(h for h in (view.host(host.host.id) for host in target.hosts) if h is not None)
            now = Target(vms, hosts, target.read_only)
            self._app.perform_action(chosen.removeprefix(sources.ACTION), now)
        elif chosen == sources.ALL:
            self.do_host_all(target)
        elif chosen.startswith(sources.HOST):
            self.to_main().show_host(chosen.removeprefix(sources.HOST))
        else:
            host_id, _, uuid = chosen.removeprefix(sources.VM).rpartition(" ")
            self.to_main().show_vm(VMKey(host_id, uuid))

    def to_main(self) -> MainScreen:
        """Leave every other screen."""
        while len(self._app.screen_stack) > 1:
            self._app.pop_screen()
        return self._app.main

    # -- hosts ------------------------------------------------------------------------------------

    def do_host_all(self, _: Target) -> None:
        """The whole fleet."""
        self.to_main().show_host(None)

    def do_host_reconnect(self, target: Target) -> None:
        """Connect now."""
        for host in target.hosts:
            self._app.fleet.reconnect(host.host.id)
        names = ", ".join(clean(host.host.name) for host in target.hosts[:3])
        self._app.notify(f"Connecting to {names}", markup=False, timeout=3)

    def do_host_sign_in(self, target: Target) -> None:
        """Answer what a host asks: that under the cursor, else the one that asked first."""
        preferred = any(self._app.sign_in.show_next(host.host.id) for host in target.hosts[:1])
        if not preferred and not self._app.sign_in.show_next():
            self._app.notify("No host asks for anything", markup=False, timeout=3)

    # -- one VM -----------------------------------------------------------------------------------

    def do_vm_open(self, target: Target) -> None:
        """On its own screen."""
        self.open_vm(target.vms[0].key)

    def open_vm(self, key: VMKey, tab_id: str = "") -> None:
        """Show a VM on its own screen, in the tab of that name."""
        screen = self._app.screen
        if isinstance(screen, VMScreen):
            if screen.key != key:
                screen.show_other(key)
            if tab_id:
                screen.show_tab(tab_id)
        elif self._app.fleet.view.vm(key) is not None:
            self._app.push_screen(VMScreen(self._app, key, tab_id))

    def do_vm_xml(self, target: Target) -> None:
        """Its definition."""
        vm = target.vms[0]
        self._app.push_screen(XMLScreen(self._app.fleet, vm.key, vm.name))

    def do_vm_copy(self, target: Target) -> None:
        """A text to the terminal's clipboard."""
        self._app.push_screen(Picker("Copy", copies(target.vms[0])), self._copied)

    def _copied(self, text: str | None) -> None:
        if text is not None:
            self._app.copy_to_clipboard(text)
            self._app.notify(f"Copied {clean(text)}", markup=False, timeout=3)

    # -- Limen ------------------------------------------------------------------------------------

    def do_app_help(self, _: Target) -> None:
        """Keys, filter language, glyphs."""
        self._app.push_screen(HelpScreen(self._app.keys))

    def do_app_theme(self, _: Target) -> None:
        """Choose a theme."""
        picks = [Pick(name, label, search=f"{label} {name}".lower()) for name, label in LABELS.items()]
        start = self._app.theme.removeprefix(PREFIX)
        self._app.push_screen(
            Picker("Theme", picks, start=start), lambda name: self._app.choose_theme(name) if name else None
        )

    def do_app_undo(self, _: Target) -> None:
        """The last act that can be."""
        self._app.acting.undo()

    def do_app_quit(self, _: Target) -> None:
        """Leave."""
        self._app.quit_or_ask()

    def ask_to_quit(self, acts: Sequence[Act]) -> None:
        """Acts are under way: leave all the same?"""
        left = sum(not item.outcome.is_final for act in acts for item in act.items.values())
        labels = ", ".join(dict.fromkeys(act.operation.label for act in acts))
        text = (
            f"Under way: {labels} ({left} {'VM' if left == 1 else 'VMs'}).\n"
            "What was sent goes on on the hosts; what still waits is dropped."
        )
        self._app.push_screen(
            YesNoDialog("Leave Limen?", text, "Leave", "Stay"), lambda yes: self._app.action_leave(0) if yes else None
        )


def copies(vm: VM) -> list[Pick]:
    """What of a VM can be copied."""
    texts = [("Name", vm.name), ("UUID", vm.key.uuid)]
    texts += [("Address", ip) for ip in vm.ips] + [("MAC", nic.mac) for nic in vm.facts.nics if nic.mac]
    texts += [("Disk", disk.source) for disk in vm.facts.disks if disk.source]
    seen = dict.fromkeys(text for _, text in texts)
    labels = {text: label for label, text in reversed(texts)}
    return [Pick(text, labels[text], clean(text), search=f"{labels[text]} {text}".lower()) for text in seen]
