"""The one registry of actions: what can be done, by which key, to what, and why it cannot be now. Pure.

Keys, key bar, palette, help, menus and the command line are all made from :data:`ACTIONS`. An action's id
is ``noun.verb``; the keymap in config.toml and the audit log use the same ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.lifecycle import RULES, Verb, refusal
from limen_tui.model.vm import VM


class Scope(StrEnum):
    """What an action needs to be aimed at."""

    APP = "app"
    """Nothing: works anywhere."""
    VIEW = "view"
    """The view on show."""
    VMS = "vms"
    """The VM under the cursor, or all marked ones."""
    VM = "vm"
    """Exactly one VM."""
    HOST = "host"
    """The host under the cursor, or that of the VM under it."""


class Section(StrEnum):
    """Headings of the help screen and the palette, in their order."""

    POWER = "Power"
    VM = "Virtual machine"
    HOST = "Hosts"
    STORAGE = "Storage"
    VIEW = "Views"
    TABLE = "Table"
    APP = "Limen"


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do. Keys are Textual key names; the first is the one shown."""

    id: str
    label: str
    help: str
    keys: tuple[str, ...] = ()
    scope: Scope = Scope.APP
    section: Section = Section.APP
    verb: Verb | None = None
    writes: bool = False
    """Changes something on a host: refused in read-only."""
    asks: bool = False
    """Names its targets and asks first."""
    bar: int = 0
    """Place in the key bar, low first; 0 is not in it."""


def _power(verb: Verb, label: str, text: str, *keys: str, bar: int = 0) -> Action:
    return Action(
        f"vm.{verb.value}", label, text, keys, Scope.VMS, Section.POWER, verb,
        writes=True, asks=RULES[verb].destructive, bar=bar,
    )  # fmt: skip


def _device(action_id: str, label: str, text: str) -> Action:
    return Action(action_id, label, text, (), Scope.VM, Section.VM, writes=True, asks=True)


def _guest(name: str, label: str, text: str, *, asks: bool = False) -> Action:
    return Action(f"guest.{name}", label, text, (), Scope.VM, Section.VM, writes=True, asks=asks)


ACTIONS: Final[tuple[Action, ...]] = (
    _power(Verb.START, "Start", "Start, or wake from sleep or from a saved state", "s", bar=10),
    _power(Verb.SHUTDOWN, "Shut down", "Ask the guest to shut down; offers to force after a while", "S", bar=11),
    _power(Verb.REBOOT, "Reboot", "Ask the guest to reboot", "B", bar=12),
    _power(Verb.RESET, "Reset", "Press the reset button: the guest is not asked, unsaved work is lost", "R"),
    _power(Verb.FORCE_OFF, "Force off", "Pull the plug: the guest is not asked, unsaved work is lost", "D", bar=13),
    Action("vm.pause-resume", "Pause", "Pause a running VM, resume a paused one", ("p",), Scope.VMS, Section.POWER,
           writes=True, bar=14),
    _power(Verb.PAUSE, "Pause", "Stop the vCPUs; memory is kept"),
    _power(Verb.RESUME, "Resume", "Let the vCPUs run again"),
    _power(Verb.SAVE, "Save to disk", "Save memory to the host's disk and power off; start restores it", "Z"),
    Action("vm.autostart", "Autostart", "Start with its host: on or off", ("A",), Scope.VMS, Section.VM, writes=True),
    Action("vm.tags", "Tags", "Edit the tags, kept in the VM's own libvirt metadata", ("T",), Scope.VMS, Section.VM,
           writes=True),
    Action("vm.notes", "Notes", "Title and description, kept where virsh and virt-manager see them", ("N",), Scope.VM,
           Section.VM, writes=True),
    Action("vm.ssh", "SSH", "Into the guest by ssh, through its host; asks for the user at first", ("o",), Scope.VM,
           Section.VM),
    Action("vm.ssh-as", "SSH as", "The same, asking for user, address and way", (), Scope.VM, Section.VM),
    Action("vm.open", "Open", "Facts, load and recent events of one VM", ("enter",), Scope.VM, Section.VM, bar=1),
    Action("vm.console", "Serial console", "Keys go to the guest; ctrl+] opens its menu, twice leaves", ("c",),
           Scope.VM, Section.VM, writes=True),
    Action("vm.screen", "Guest screen", "What the VM shows on its display; keys go to the guest; ctrl+] opens its menu",
           ("w",), Scope.VM, Section.VM),
    Action("vm.viewer", "Viewer", "Open remote-viewer where there is a display; else how to get at the screen", ("V",),
           Scope.VM, Section.VM),
    Action("vm.xml", "View XML", "The definition as libvirt has it", ("y",), Scope.VM, Section.VM),
    Action("vm.create", "New VM", "A form with its plan: from an image, an ISO, a disk, the network, or like another",
           ("n",), Scope.APP, Section.VM, writes=True, bar=15),
    Action("vm.resize", "Resize", "vCPUs, memory, disks and limits: what changes now, what at the next boot", ("r",),
           Scope.VM, Section.VM, writes=True, bar=16),
    Action("vm.edit-xml", "Edit XML", "The definition in $EDITOR; what differs is shown before it is defined", ("e",),
           Scope.VM, Section.VM, writes=True),
    _device("disk.add", "New disk", "A new volume, attached (n in the tab Disks)"),
    _device("disk.attach", "Attach a volume", "One that no VM uses (a in the tab Disks)"),
    _device("disk.remove", "Remove disk", "Its data stays (x in the tab Disks)"),
    _device("disk.insert", "Insert CD", "Another image into a drive (u in the tab Disks)"),
    _device("disk.eject", "Eject CD", "Take the image out of a drive (E in the tab Disks)"),
    _device("disk.drive", "Add CD drive", "An empty one, from the next boot on (N in the tab Disks)"),
    _device("nic.add", "Add interface", "On a network or bridge (n in the tab Network)"),
    _device("nic.remove", "Remove interface", "Unplug it for good (x in the tab Network)"),
    _device("nic.move", "Change network", "Connect an interface elsewhere (u in the tab Network)"),
    _device("nic.link", "Link up or down", "Pull the cable of an interface, or plug it in (L in the tab Network)"),
    Action("vm.delete", "Delete", "Show what goes and what stays, then delete: to the trash or for good", ("ctrl+d",),
           Scope.VMS, Section.VM, writes=True, asks=True),
    _guest("run", "Run in the guest", "A command inside the guest, by its agent (x in the tab Guest)"),
    _guest("read", "Read a guest file", "A file inside the guest, by its agent (F in the tab Guest)"),
    _guest("freeze", "Freeze or thaw", "Hold its file systems still, or let go (E in the tab Guest)", asks=True),
    _guest("thaw", "Thaw", "Let the guest's file systems go on"),
    _guest("password", "Guest password", "Set a user's password inside the guest (P in the tab Guest)"),
    _guest("time", "Guest clock", "Set the guest's clock by its hardware clock (L in the tab Guest)"),
    _guest("trim", "Trim", "Have the guest give back unused blocks (U in the tab Guest)"),
    Action("vm.menu", "Menu", "Everything that applies here", ("m",), Scope.VIEW, Section.APP, bar=20),
    Action("vm.copy", "Copy", "Copy the name, UUID or address to your terminal's clipboard", ("Y",), Scope.VM,
           Section.VM),
    Action("host.switch", "Switch host", "Find a host and show it alone, or the whole fleet", ("h",), Scope.APP,
           Section.HOST, bar=21),
    Action("host.all", "Whole fleet", "Show the VMs of every host", ("a",), Scope.APP, Section.HOST),
    Action("host.reconnect", "Reconnect", "Connect now, without waiting", (), Scope.HOST, Section.HOST),
    Action("host.add", "Add host", "A host by its address or libvirt URI, tested before it is saved (n under Hosts)",
           (), Scope.APP, Section.HOST),
    Action("host.edit", "Edit host", "Name, address, group, colour (e under Hosts)", (), Scope.HOST, Section.HOST),
    Action("host.test", "Test host", "Try each stage of the way to it, changing nothing (t under Hosts)", (),
           Scope.HOST, Section.HOST),
    Action("host.enable", "Enable or disable host", "A disabled host is listed and left alone (o under Hosts)", (),
           Scope.HOST, Section.HOST),
    Action("host.read-only", "Host read-only", "Refuse every change on it: on or off (w under Hosts)", (), Scope.HOST,
           Section.HOST),
    Action("host.up", "Host up", "Earlier in the order (shift+up under Hosts)", (), Scope.HOST, Section.HOST),
    Action("host.down", "Host down", "Later in the order (shift+down under Hosts)", (), Scope.HOST, Section.HOST),
    Action("host.import", "Import hosts", "From ~/.ssh/config, virsh, virt-manager or a list (I under Hosts)", (),
           Scope.APP, Section.HOST),
    Action("host.remove", "Remove host", "Take it off the list; nothing on the host is touched (ctrl+d under Hosts)",
           (), Scope.HOST, Section.HOST, asks=True),
    Action("image.upload", "Upload image", "A disk image of this machine, into a pool (u under Storage)", (), Scope.APP,
           Section.STORAGE, writes=True),
    Action("image.fetch", "Fetch cloud image", "By name or address from the web, into a pool (I under Storage)", (),
           Scope.APP, Section.STORAGE, writes=True),
    Action("image.copy", "Copy image", "To a pool of another host (c among the volumes of a pool)", (), Scope.APP,
           Section.STORAGE, writes=True),
    Action("image.delete", "Delete volume", "With its data; not one that is in use (x among the volumes of a pool)", (),
           Scope.APP, Section.STORAGE, writes=True, asks=True),
    Action("pool.create", "New pool", "Of a folder, a file system, an NFS share, a volume group (n under Storage)", (),
           Scope.APP, Section.STORAGE, writes=True),
    Action("pool.start", "Start pool", "Make its volumes known and usable (s under Storage)", (), Scope.VIEW,
           Section.STORAGE, writes=True),
    Action("pool.stop", "Stop pool", "Not while a running VM needs it; its data stays (S under Storage)", (),
           Scope.VIEW, Section.STORAGE, writes=True, asks=True),
    Action("pool.refresh", "Refresh pool", "Have libvirt look for new and gone volumes (R under Storage)", (),
           Scope.VIEW, Section.STORAGE, writes=True),
    Action("pool.autostart", "Pool autostart", "Start it with its host: on or off (A under Storage)", (), Scope.VIEW,
           Section.STORAGE, writes=True),
    Action("pool.delete", "Delete pool", "Forget its definition; its data stays (ctrl+d under Storage)", (), Scope.VIEW,
           Section.STORAGE, writes=True, asks=True),
    Action("image.list", "List image by path", "A base image or ISO outside of pools (+ among the volumes)", (),
           Scope.APP, Section.STORAGE),
    Action("image.unlist", "Unlist image", "List such a file no more; it stays (- among the volumes)", (), Scope.APP,
           Section.STORAGE),
    Action("host.sign-in", "Sign in", "Answer what a host asks: a host key, a password, a code", ("exclamation_mark",),
           Scope.APP, Section.HOST),
    Action("view.vms", "VMs", "The fleet's virtual machines", ("1",), Scope.APP, Section.VIEW),
    Action("view.hosts", "Hosts", "The hosts, with load, versions and errors", ("2",), Scope.APP, Section.VIEW),
    Action("view.storage", "Storage", "Storage pools and how full they are", ("3",), Scope.APP, Section.VIEW),
    Action("view.networks", "Networks", "Virtual networks and their leases", ("4",), Scope.APP, Section.VIEW),
    Action("view.jobs", "Jobs", "What runs and what came of it", ("5", "@"), Scope.APP, Section.VIEW),
    Action("view.events", "Events", "What happened: hosts' events and everybody's acts", ("6",), Scope.APP,
           Section.VIEW),
    Action("view.reconcile", "Reconcile", "VMs, disks and jobs that hypervisors and Limen do not agree on; the trash",
           ("equals_sign",), Scope.APP, Section.VIEW),
    Action("view.top", "Top", "The busiest VMs by CPU, memory, disk, network and waiting", ("7",), Scope.APP,
           Section.VIEW),
    Action("view.back", "Back", "The view before", ("left_square_bracket", "minus"), Scope.APP, Section.VIEW),
    Action("view.forward", "Forward", "The view after", ("right_square_bracket",), Scope.APP, Section.VIEW),
    Action("view.filter", "Filter", "Filter as you type: web state:running host:kvm1 cpu>80, ! inverts", ("slash",),
           Scope.VIEW, Section.TABLE, bar=22),
    Action("view.columns", "Columns", "Choose the columns", ("K",), Scope.VIEW, Section.TABLE),
    Action("view.group", "Group", "Group the table by host, then state, then tag, then not", ("ctrl+g",), Scope.VIEW,
           Section.TABLE),
    Action("view.freeze", "Freeze", "Hold the display still; collecting goes on", ("f",), Scope.VIEW, Section.TABLE),
    Action("view.refresh", "Refresh", "Ask the hosts on show now", ("ctrl+r",), Scope.VIEW, Section.TABLE),
    Action("view.tree", "Host tree", "Show or hide the hosts on the left", ("backslash",), Scope.VIEW, Section.VIEW),
    Action("view.strip", "Detail strip", "Show or hide the strip below", ("i",), Scope.VIEW, Section.VIEW),
    Action("app.palette", "Palette", "Every action and every VM, by name", ("colon", "ctrl+p"), Scope.APP, Section.APP,
           bar=23),
    Action("app.help", "Help", "Keys, filter language and glyphs", ("question_mark", "f1"), Scope.APP, Section.APP,
           bar=24),
    Action("app.theme", "Theme", "Dark, light, high contrast or the terminal's own colours", (), Scope.APP,
           Section.APP),
    Action("app.undo", "Undo", "Take back the last pause, resume, autostart or tags", ("z",), Scope.APP, Section.APP),
    Action("app.quit", "Quit", "Leave Limen; VMs are not touched", ("q", "ctrl+q"), Scope.APP, Section.APP, bar=25),
)  # fmt: skip

NO_AGENT: Final = "it has no guest agent"
NO_VM: Final = "no VM is selected"

BY_ID: Final[Mapping[str, Action]] = {action.id: action for action in ACTIONS}


@dataclass(frozen=True, slots=True)
class Target:
    """What an action is aimed at, captured at the key press and never looked up again by position."""

    vms: tuple[VM, ...] = ()
    hosts: tuple[HostSnapshot, ...] = ()
    """The hosts of those VMs, or the host itself for a host action."""
    read_only: bool = False
    """The whole run is read-only."""


def disabled_reason(action: Action, target: Target) -> str | None:
    """Why ``action`` cannot be used on ``target`` now, as a short clause; ``None`` when it can.

    With several VMs it can when it can for at least one; the others are then refused one by one.
    """
    if action.writes and target.read_only:
        return "Limen was started read-only"
    if action.scope in (Scope.APP, Scope.VIEW):
        return None
    if action.scope is Scope.HOST:
        return None if target.hosts else "no host is selected"
    if not target.vms:
        return NO_VM
    if action.scope is Scope.VM and len(target.vms) > 1:
        return "one VM at a time"
    hosts = {snapshot.host.id: snapshot for snapshot in target.hosts}
    reasons = [vm_reason(action, vm, hosts.get(vm.key.host_id)) for vm in target.vms]
    if None in reasons:
        return None
    return reasons[0] if len(reasons) == 1 else f"none of the {len(reasons)} VMs allows it: {reasons[0]}"


def vm_reason(action: Action, vm: VM, host: HostSnapshot | None) -> str | None:
    """Why ``action`` cannot be used on this one VM now; ``None`` when it can."""
    if action.writes and host is not None:
        if host.host.read_only or host.info.read_only:
            return f"{host.host.name} is read-only"
        if host.state is not HostState.UP:
            return f"{host.host.name} is {host.state.value}"
    if action.verb is not None:
        return refusal(action.verb, vm.state, vm.reason)
    if action.id in ("vm.ssh", "vm.ssh-as"):
        return None if vm.state.is_active else f"it is {vm.state.value}"
    if action.id.startswith("guest."):
        return f"it is {vm.state.value}" if not vm.state.is_active else None if vm.facts.has_agent else NO_AGENT
    if action.id == "vm.pause-resume":
        return _pause_or_resume_reason(vm)
    return None


def pause_or_resume(vms: Sequence[VM]) -> Verb:
    """Which of the two the one key means: resume only when nothing of ``vms`` can be paused."""
    return Verb.PAUSE if any(refusal(Verb.PAUSE, vm.state) is None for vm in vms) else Verb.RESUME


def resumes(vms: Sequence[VM]) -> bool:
    """Whether that key would wake at least one: it is then called so."""
    return pause_or_resume(vms) is Verb.RESUME and any(refusal(Verb.RESUME, vm.state) is None for vm in vms)


def _pause_or_resume_reason(vm: VM) -> str | None:
    if refusal(Verb.PAUSE, vm.state) is None or refusal(Verb.RESUME, vm.state) is None:
        return None
    return f"it is {vm.state.value}"
