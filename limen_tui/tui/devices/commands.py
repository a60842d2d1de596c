"""The actions on a VM's disks and interfaces. May import textual, fleet, model. UI thread.

Target and device are those captured at the key press; every change is shown first and then a job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from textual.widget import Widget

from limen_tui.errors import LimenError
from limen_tui.model.actions import Target
from limen_tui.model.jobs import JobPlan
from limen_tui.model.storage import Volume
from limen_tui.model.units import clean, paragraph, size
from limen_tui.model.vm import VM
from limen_tui.tui.palette.match import Pick
from limen_tui.tui.palette.picker import Picker

if TYPE_CHECKING:
    from limen_tui.model.network import Network
    from limen_tui.model.ports import HostVerbs
    from limen_tui.model.resize import Situation
    from limen_tui.tui.app import LimenApp
    from limen_tui.tui.devices.newdisk import NewDisk

T = TypeVar("T")


class DeviceCommands:
    """Methods ``do_<action id>``; mixed into the app's commands."""

    _app: LimenApp

    # -- disks ------------------------------------------------------------------------------------

    def do_disk_add(self, target: Target) -> None:
        """A new volume, attached."""
        from limen_tui.tui.devices.newdisk import NewDiskDialog  # noqa: PLC0415 - after the first paint

        vm = target.vms[0]

        def made(disk: NewDisk | None) -> None:
            if disk is None:
                return
            from limen_tui.fleet.devicing import attach_disk  # noqa: PLC0415 - lxml, late

            self._propose(vm, f"New disk for {vm.name}", "Make and attach", lambda situation: attach_disk(
                vm, situation, pool=disk.pool, volume=disk.name, path=disk.path, capacity=disk.capacity,
                format=disk.format, kind=disk.kind, bus=disk.bus))  # fmt: skip

        self._app.push_screen(NewDiskDialog(self._app.fleet, vm), made)

    def do_disk_attach(self, target: Target) -> None:
        """A volume that no VM uses."""
        vm = target.vms[0]

        def chosen(volume: Volume) -> None:
            from limen_tui.fleet.devicing import attach_disk  # noqa: PLC0415 - lxml, late

            kind = "block" if volume.kind == "block" else "file"
            self._propose(vm, f"Attach {volume.name} to {vm.name}", "Attach", lambda situation: attach_disk(
                vm, situation, pool=volume.pool, volume=volume.name, path=volume.path,
                format=volume.format or "raw", kind=kind))  # fmt: skip

        self._choose_volume(vm, "Attach a volume that no VM uses", chosen, isos=False)

    def do_disk_remove(self, target: Target) -> None:
        """The disk under the cursor; its data stays."""
        vm, name = target.vms[0], self._disk(target)
        if name is not None:
            from limen_tui.fleet.devicing import detach_disk  # noqa: PLC0415 - lxml, late

            self._propose(vm, f"Remove {name} from {vm.name}?", "Remove",
                          lambda situation: detach_disk(vm, situation, name))  # fmt: skip

    def do_disk_insert(self, target: Target) -> None:
        """Another medium into the drive under the cursor."""
        vm, name = target.vms[0], self._disk(target, drive=True)
        if name is None:
            return

        def chosen(volume: Volume) -> None:
            from limen_tui.fleet.devicing import change_medium  # noqa: PLC0415 - lxml, late

            self._propose(vm, f"{volume.name} into {name} of {vm.name}", "Insert", lambda situation: change_medium(
                vm, situation, name, source=volume.path,
                kind="block" if volume.kind == "block" else "file"))  # fmt: skip

        self._choose_volume(vm, "Put an image into the drive", chosen, isos=True)

    def do_disk_eject(self, target: Target) -> None:
        """The medium of the drive under the cursor."""
        vm, name = target.vms[0], self._disk(target, drive=True)
        if name is not None:
            from limen_tui.fleet.devicing import change_medium  # noqa: PLC0415 - lxml, late

            self._propose(vm, f"Eject {name} of {vm.name}?", "Eject",
                          lambda situation: change_medium(vm, situation, name))  # fmt: skip

    def do_disk_drive(self, target: Target) -> None:
        """An empty CD-ROM drive."""
        from limen_tui.fleet.devicing import attach_drive  # noqa: PLC0415 - lxml, late

        vm = target.vms[0]
        self._propose(vm, f"A CD drive for {vm.name}", "Add", lambda situation: attach_drive(vm, situation))

    # -- interfaces -------------------------------------------------------------------------------

    def do_nic_add(self, target: Target) -> None:
        """On a network that is chosen."""
        from limen_tui.fleet.devicing import attach_nic, new_mac  # noqa: PLC0415 - lxml, late

        vm, mac = target.vms[0], new_mac()
        self._choose_network(vm, "Add an interface on", lambda kind, name: self._propose(
            vm, f"An interface for {vm.name}", "Add",
            lambda situation: attach_nic(vm, situation, network=name, kind=kind, mac=mac)))  # fmt: skip

    def do_nic_remove(self, target: Target) -> None:
        """That under the cursor."""
        vm, mac = target.vms[0], self._nic(target)
        if mac is not None:
            from limen_tui.fleet.devicing import detach_nic  # noqa: PLC0415 - lxml, late

            self._propose(vm, f"Remove {mac} from {vm.name}?", "Remove",
                          lambda situation: detach_nic(vm, situation, mac))  # fmt: skip

    def do_nic_move(self, target: Target) -> None:
        """That under the cursor, to a network that is chosen."""
        vm, mac = target.vms[0], self._nic(target)
        if mac is None:
            return
        from limen_tui.fleet.devicing import change_network  # noqa: PLC0415 - lxml, late

        self._choose_network(vm, f"Connect {mac} to", lambda kind, name: self._propose(
            vm, f"{mac} of {vm.name} to {name}", "Connect",
            lambda situation: change_network(vm, situation, mac, source=name, kind=kind)))  # fmt: skip

    def do_nic_link(self, target: Target) -> None:
        """Pull its cable, or plug it in again."""
        from limen_tui.fleet.devicing import change_link  # noqa: PLC0415 - lxml, late
        from limen_tui.tui.devices.tabs import NetworkTab  # noqa: PLC0415

        tab = self._tab(target)
        if not isinstance(tab, NetworkTab) or tab.chosen is None:
            self._app.notify("Choose an interface in the tab Network (6)", markup=False, timeout=4)
            return
        vm, nic = target.vms[0], tab.chosen.nic
        up = not nic.link_up
        self._propose(vm, f"Link of {nic.mac} {'up' if up else 'down'}?", "Link up" if up else "Link down",
                      lambda situation: change_link(vm, situation, nic.mac, up=up))  # fmt: skip

    # -- inside -----------------------------------------------------------------------------------

    def _propose(self, vm: VM, title: str, yes: str, build: Callable[[Situation], JobPlan]) -> None:
        from limen_tui.tui.devices.proposal import ProposalDialog  # noqa: PLC0415 - lxml, late

        def confirmed(plan: JobPlan | None) -> None:
            if plan is not None:
                self._app.job_desk.start(plan)

        self._app.push_screen(ProposalDialog(self._app.fleet, vm, title, yes, build), confirmed)

    def _tab(self, target: Target) -> Widget | None:
        """The tab on show, if it is that of the target."""
        from limen_tui.tui.vm.screen import VMScreen  # noqa: PLC0415 - after the first paint

        screen = self._app.screen
        return screen.tab if isinstance(screen, VMScreen) and screen.key == target.vms[0].key else None

    def _disk(self, target: Target, *, drive: bool = False) -> str | None:
        from limen_tui.tui.devices.tabs import DisksTab  # noqa: PLC0415 - lxml, late

        tab = self._tab(target)
        row = tab.chosen if isinstance(tab, DisksTab) else None
        if row is None:
            self._app.notify("Choose a disk in the tab Disks (5)", markup=False, timeout=4)
            return None
        if drive and not row.disk.removable:
            self._app.notify(f"{clean(row.disk.target)} is no drive; N adds one", markup=False, timeout=4)
            return None
        return row.disk.target

    def _nic(self, target: Target) -> str | None:
        from limen_tui.tui.devices.tabs import NetworkTab  # noqa: PLC0415 - lxml, late

        tab = self._tab(target)
        if not isinstance(tab, NetworkTab) or tab.chosen is None:
            self._app.notify("Choose an interface in the tab Network (6)", markup=False, timeout=4)
            return None
        return tab.chosen.nic.mac

    def _choose_volume(self, vm: VM, title: str, then: Callable[[Volume], None], *, isos: bool) -> None:
        from limen_tui.fleet.devicing import free_volumes  # noqa: PLC0415 - lxml, late

        def call(verbs: HostVerbs) -> tuple[Volume, ...]:
            return free_volumes(verbs, isos=isos)

        def found(volumes: tuple[Volume, ...]) -> None:
            by_path = {volume.path: volume for volume in volumes}
            if not by_path:
                what = "image in a pool that is active" if isos else "volume in a pool that no VM uses"
                self._app.notify(f"{clean(vm.host_name)} has no {what}", markup=False, timeout=5)
                return
            picks = [
                Pick(volume.path, clean(volume.name), f"{size(volume.capacity)} {volume.format}  {clean(volume.pool)}",
                     search=f"{volume.name} {volume.pool}".lower()) for volume in volumes
            ]  # fmt: skip
            self._app.push_screen(
                Picker(title, picks, placeholder="The name of a volume"),
                lambda path: then(by_path[path]) if path in by_path else None,
            )

        self._ask_for(vm, call, found)

    def _choose_network(self, vm: VM, title: str, then: Callable[[str, str], None]) -> None:
        def found(networks: tuple[Network, ...]) -> None:
            picks = _network_picks(networks, self._app.fleet.view.vms)
            by_id = {pick.id: pick for pick in picks}

            def chosen(pick: str | None) -> None:
                if pick in by_id:
                    kind, _, name = pick.partition(":")
                    then(kind, name)

            self._app.push_screen(Picker(title, picks, placeholder="A network or bridge"), chosen)

        self._ask_for(vm, lambda verbs: verbs.networks(), found)

    def _ask_for(self, vm: VM, call: Callable[[HostVerbs], T], then: Callable[[T], None]) -> None:
        """Ask the host; what it says goes to ``then`` on this thread, unless another screen is on top by then."""
        from limen_tui.tui.devices.waiting import WaitingDialog  # noqa: PLC0415 - after the first paint

        def answered(answer: T | LimenError | None) -> None:
            if isinstance(answer, LimenError):
                self._app.notify(clean(paragraph(str(answer), answer.hint)), severity="error", markup=False, timeout=8)
            elif answer is not None:
                then(answer)

        self._app.push_screen(WaitingDialog(self._app.fleet, vm, call), answered)


def _network_picks(networks: Sequence[Network], vms: Sequence[VM]) -> list[Pick]:
    """The networks of the host, and the bridges that VMs are on already."""
    picks = [
        Pick(f"network:{each.name}", clean(each.name),
             f"network, {each.forward or 'isolated'}{'' if each.active else ', not active'}",
             search=each.name.lower()) for each in networks
    ]  # fmt: skip
    bridges = sorted({nic.source for vm in vms for nic in vm.facts.nics if nic.kind == "bridge" and nic.source})
    picks += [Pick(f"bridge:{name}", clean(name), "bridge of the host", search=name.lower()) for name in bridges]
    return picks
