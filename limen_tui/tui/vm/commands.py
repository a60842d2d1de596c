"""What is done to one VM from its screen: inside the guest, its notes, ssh. May import textual, fleet. UI thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from limen_tui.errors import InputError, LimenError
from limen_tui.fleet import guestacts, guestssh
from limen_tui.model.actions import Target
from limen_tui.model.ports import HostVerbs
from limen_tui.model.units import clean, paragraph
from limen_tui.model.verbs.agent import AgentVerbs, GuestNic
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.dialogs.text import TextDialog, YesNoDialog
from limen_tui.tui.vm import ssh
from limen_tui.tui.vm.guestdialogs import FileScreen, OutputScreen, PasswordDialog, Secret
from limen_tui.tui.vm.ssh import SSHDialog

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

T = TypeVar("T")


class VMCommands:
    """A part of the app's commands. The target was captured at the key press."""

    _app: LimenApp

    @cached_property
    def frozen(self) -> set[VMKey]:
        """VMs whose file systems were frozen from here, and not thawed since."""
        return set()

    def _act(self, vm: VM, action: str, detail: str, call: Callable[[AgentVerbs], T], said: Callable[[T], str]) -> None:
        """Ask the guest's agent, and say what came of it."""
        self._do(vm, action, detail, lambda verbs: call(verbs.agent), said)

    def _do(self, vm: VM, action: str, detail: str, call: Callable[[HostVerbs], T], said: Callable[[T], str]) -> None:
        """Do it and say what came of it, whatever is on screen by then."""
        app = self._app

        def done(future: Future[T]) -> None:
            try:
                text, bad = said(future.result()), False
            except LimenError as error:
                text, bad = paragraph(str(error), error.hint), True
            except CancelledError:
                return
            # only a message: safe on the host's thread
            app.notify(f"{clean(vm.name)}: {clean(text)}", severity="warning" if bad else "information", markup=False,
                       timeout=8)  # fmt: skip

        guestacts.do(app.fleet, vm, action, detail, call).add_done_callback(done)

    # -- notes ------------------------------------------------------------------------------------

    def do_vm_notes(self, target: Target) -> None:
        """Title and description."""
        from limen_tui.tui.vm.notes import NotesDialog  # noqa: PLC0415 - its editor is heavy

        vm = target.vms[0]
        before = vm.facts.title, vm.facts.description

        def chosen(answer: tuple[str, str] | None) -> None:
            if answer is not None and answer != before:
                uuid, (title, text) = vm.key.uuid, answer
                self._do(vm, "vm.notes", title, lambda verbs: verbs.describe(uuid, title, text),
                         lambda _: "the notes were saved")  # fmt: skip

        self._app.push_screen(NotesDialog(clean(vm.name), *before), chosen)

    # -- ssh --------------------------------------------------------------------------------------

    def do_vm_ssh(self, target: Target) -> None:
        """Into the guest: at once where the user is known, else after a question."""
        self._find_address(target.vms[0], ask=False)

    def do_vm_ssh_as(self, target: Target) -> None:
        """The same, asking for user, address and way."""
        self._find_address(target.vms[0], ask=True)

    def _find_address(self, vm: VM, *, ask: bool) -> None:
        app, uuid = self._app, vm.key.uuid

        def done(future: Future[tuple[GuestNic, ...]]) -> None:
            try:
                nics = future.result()
            except (LimenError, CancelledError):
                nics = ()  # what the leases said is known all the same
            # a message: on the UI thread in its turn
            app.call_later(self._ssh, vm, guestssh.addresses(nics, vm.ips), ask)

        app.fleet.call(vm.key.host_id, lambda verbs: verbs.agent.addresses(uuid)).add_done_callback(done)

    def _ssh(self, vm: VM, found: tuple[str, ...], ask: bool) -> None:
        app = self._app
        host = next((host for host in app.fleet.hosts if host.id == vm.key.host_id), None)
        try:
            jump = guestssh.jump_of(host) if host is not None else ""
        except InputError:
            jump = ""
        user, direct = guestssh.remembered(app.fleet.inventory, vm.key)
        if user and found and not ask:
            self._go(vm, guestssh.Way(user, found[0], "" if direct else jump), direct)
            return

        def chosen(answer: tuple[guestssh.Way, bool] | None) -> None:
            if answer is not None:
                self._go(vm, *answer)

        app.push_screen(SSHDialog(clean(vm.name), user or "root", found, jump, direct=direct), chosen)

    def _go(self, vm: VM, way: guestssh.Way, direct: bool) -> None:
        app = self._app
        guestssh.remember(app.fleet.inventory, vm.key, way.user, direct=direct)
        guestacts.note(app.fleet, vm, "vm.ssh", way.label)
        host = next((host for host in app.fleet.hosts if host.id == vm.key.host_id), None)
        try:
            code = ssh.go(app, way, host)
        except InputError as error:
            app.notify(paragraph(str(error), error.hint), severity="warning", markup=False, timeout=8)
            return
        if code is None:
            app.notify("ssh needs a terminal of its own", severity="warning", markup=False, timeout=4)
        elif code:
            app.notify(f"{clean(vm.name)}: ssh ended with {code}; SSH as in the palette changes user and way",
                       markup=False, timeout=6)  # fmt: skip

    # -- inside the guest -------------------------------------------------------------------------

    def do_guest_run(self, target: Target) -> None:
        """A command."""
        vm = target.vms[0]
        self._app.push_screen(
            TextDialog(
                f"Run inside {vm.name}", "Command", check=guestacts.words_of,
                note="As root, by the guest agent; split into words, but by no shell: sh -c '…' for one.",
            ),
            lambda text: self._run(vm, text) if text else None,
        )  # fmt: skip

    def _run(self, vm: VM, text: str) -> None:
        words, uuid, fleet = guestacts.words_of(text), vm.key.uuid, self._app.fleet
        # its words may hold secrets: of the command, only its name is kept
        start = partial(
            guestacts.act, fleet, vm, "guest.run", words[0], lambda agent: agent.start_command(uuid, words)
        )
        self._app.push_screen(OutputScreen(
            f"{vm.name}: {text}", start,
            lambda pid: fleet.call(vm.key.host_id, lambda verbs: verbs.agent.command_result(uuid, pid)),
        ))  # fmt: skip

    def do_guest_read(self, target: Target) -> None:
        """A file."""
        vm = target.vms[0]

        def read(path: str | None) -> None:
            if path:
                uuid = vm.key.uuid
                self._app.push_screen(FileScreen(f"{vm.name}: {path}", partial(
                    guestacts.act, self._app.fleet, vm, "guest.read", path,
                    lambda agent: agent.read_file(uuid, path))))  # fmt: skip

        self._app.push_screen(
            TextDialog(f"Read a file inside {vm.name}", "Path", "/etc/os-release", check=_a_path,
                       note="As root, by the guest agent; the first 256 KiB."), read)  # fmt: skip

    def do_guest_freeze(self, target: Target) -> None:
        """Freeze, after a question; or thaw what was frozen from here."""
        vm = target.vms[0]
        if vm.key in self.frozen:
            self.do_guest_thaw(target)
            return
        text = (
            f"Freeze the file systems inside {clean(vm.name)} on {clean(vm.host_name)}?\n"
            "Whatever writes in the guest stands still until they are thawed: do it for a moment only."
        )
        self._app.push_screen(YesNoDialog("Freeze", text, "Freeze"), lambda yes: self._freeze(vm) if yes else None)

    def _freeze(self, vm: VM) -> None:
        def said(count: int) -> str:
            self.frozen.add(vm.key)
            return f"{count} file systems are frozen; thaw them soon"

        self._act(vm, "guest.freeze", "", lambda agent: agent.freeze(vm.key.uuid), said)

    def do_guest_thaw(self, target: Target) -> None:
        """Thaw."""
        vm = target.vms[0]

        def said(count: int) -> str:
            self.frozen.discard(vm.key)
            return f"{count} file systems are thawed"

        self._act(vm, "guest.thaw", "", lambda agent: agent.thaw(vm.key.uuid), said)

    def do_guest_trim(self, target: Target) -> None:
        """Give back unused blocks."""
        vm = target.vms[0]
        self._act(vm, "guest.trim", "", lambda agent: agent.trim(vm.key.uuid), lambda _: "it gave back unused blocks")

    def do_guest_time(self, target: Target) -> None:
        """Set the clock."""
        vm = target.vms[0]
        self._act(vm, "guest.time", "", lambda agent: agent.sync_time(vm.key.uuid), lambda _: "the clock was set")

    def do_guest_password(self, target: Target) -> None:
        """Set a password."""
        vm = target.vms[0]

        def chosen(answer: tuple[str, Secret] | None) -> None:
            if answer is not None:
                user, secret = answer
                self._act(vm, "guest.password", f"of {user}",
                          lambda agent: agent.set_password(vm.key.uuid, user, secret.take()),
                          lambda _: f"the password of {user} was set")  # fmt: skip

        self._app.push_screen(PasswordDialog(clean(vm.name)), chosen)


def _a_path(text: str) -> None:
    if not text.strip() or "\0" in text:
        raise InputError("No file was named")
