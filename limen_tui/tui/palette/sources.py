"""What the palette, the menu and the host switcher offer. Pure but for what it is given. UI thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import ACTIONS, Action, Scope
from limen_tui.model.units import clean
from limen_tui.tui.fleet.glyphs import host_look, vm_look, vm_word
from limen_tui.tui.keymap import Keys, first_key
from limen_tui.tui.palette.match import Pick

ACTION, HOST, VM = "action ", "host ", "vm "
ALL: Final = "host *"
HIDDEN: Final = frozenset({"app.palette", "vm.menu"})
"""Those that open a picker themselves."""
TWINS: Final = frozenset({"vm.pause", "vm.resume"})
"""One key and one entry do both; these are there for the keymap and the command line."""
Reason = Callable[[Action], str | None]


def action_picks(actions: Iterable[Action], keys: Keys, reason: Reason) -> list[Pick]:
    """Actions, dimmed and last where they cannot be used now."""
    picks = [
        Pick(f"{ACTION}{action.id}", action.label, action.help, first_key(keys, action.id), reason(action) or "",
             f"{action.label} {action.id}".lower())
        for action in actions
        if action.id not in HIDDEN and (action.id not in TWINS or keys.get(action.id))
    ]  # fmt: skip
    return sorted(picks, key=lambda pick: bool(pick.reason))


def host_picks(view: FleetView) -> list[Pick]:
    """Every host."""
    return [
        Pick(f"{HOST}{host.host.id}", f"{host_look(host).glyph} {clean(host.host.name)}",
             f"host, {host.state.value}, {host.running}/{len(host.vms)} VMs", "", "", host.host.name.lower(), 1)
        for host in view.hosts
    ]  # fmt: skip


def vm_picks(view: FleetView) -> list[Pick]:
    """Every VM."""
    return [
        Pick(f"{VM}{vm.key.host_id} {vm.key.uuid}", f"{vm_look(vm).glyph} {clean(vm.name)}",
             f"{vm_word(vm)} on {clean(vm.host_name)}", "", "", vm.name.lower(), 2)
        for vm in view.vms
    ]  # fmt: skip


def everything(view: FleetView, keys: Keys, reason: Reason) -> Sequence[Pick]:
    """The palette: actions, then hosts, then VMs."""
    return action_picks(ACTIONS, keys, reason) + host_picks(view) + vm_picks(view)


def menu(keys: Keys, reason: Reason) -> Sequence[Pick]:
    """Everything that applies here: what can be used first."""
    return action_picks((a for a in ACTIONS if a.scope is not Scope.APP), keys, reason)


def hosts_to_switch(view: FleetView) -> Sequence[Pick]:
    """The whole fleet, then each host."""
    number = f"{view.totals.running}/{view.totals.vms} VMs on {view.totals.hosts} hosts"
    return [Pick(ALL, "Whole fleet", number, "", "", "whole fleet all hosts"), *host_picks(view)]
