"""What can be done with the list of hosts: add, edit, test, import, order, remove. UI thread."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING

from limen_tui.fleet.hostbook import moved
from limen_tui.fleet.stages import OfflineTester, Tester
from limen_tui.model.actions import Target
from limen_tui.model.host import Host
from limen_tui.model.units import clean
from limen_tui.tui.hosts.hostform import HostForm
from limen_tui.tui.hosts.hostimport import ImportDialog
from limen_tui.tui.hosts.hostremove import RemoveHostDialog
from limen_tui.tui.hosts.hosttest import HostTestDialog

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class HostCommands:
    """Methods ``do_<action id>``; mixed into the app's commands."""

    _app: LimenApp

    @property
    def _tester(self) -> Tester:
        return self._app.fleet.tester or OfflineTester()

    def do_host_add(self, _: Target) -> None:
        """By a form."""
        self._app.push_screen(HostForm(self._app.fleet.hosts, self._tester), self._added)

    def _added(self, host: Host | None) -> None:
        if host is not None:
            self._save(host)
            self._say(f"Added {clean(host.name)}")

    def do_host_edit(self, target: Target) -> None:
        """By the same form."""
        host = self._own(target)
        if host is not None:
            self._app.push_screen(HostForm(self._app.fleet.hosts, self._tester, host), self._edited)

    def _edited(self, host: Host | None) -> None:
        if host is not None:
            self._save(host)
            self._say(f"Saved {clean(host.name)}")

    def do_host_test(self, target: Target) -> None:
        """Stage by stage, changing nothing."""
        host = self._own(target)
        if host is not None:
            self._app.push_screen(HostTestDialog(host, self._tester, saves=False))

    def do_host_enable(self, target: Target) -> None:
        """On or off."""
        host = self._own(target)
        if host is not None:
            self._save(replace(host, enabled=not host.enabled))
            self._say(f"{clean(host.name)} is {'disabled' if host.enabled else 'enabled'}")

    def do_host_read_only(self, target: Target) -> None:
        """On or off."""
        host = self._own(target)
        if host is not None:
            self._save(replace(host, read_only=not host.read_only))
            self._say(f"{clean(host.name)} {'may be changed' if host.read_only else 'is read-only'}")

    def do_host_up(self, target: Target) -> None:
        """One place up in the order."""
        self._move(target, -1)

    def do_host_down(self, target: Target) -> None:
        """One place down in the order."""
        self._move(target, 1)

    def _move(self, target: Target, by: int) -> None:
        host = self._own(target)
        changed = moved(self._app.fleet.hosts, host.id, by) if host is not None else []
        for each in changed:
            self._save(each)
        if host is not None and changed:
            # the table may be sorted by something else: then only this tells
            order = [each.id for each in self._app.fleet.hosts]
            self._say(f"{clean(host.name)} is number {order.index(host.id) + 1} of {len(order)}")

    def do_host_remove(self, target: Target) -> None:
        """Off the list, after a question."""
        snapshot = target.hosts[0]

        def answered(how: str | None) -> None:
            if how is not None and self._own(target) is not None:
                self._watch_write(self._app.fleet.remove_host(snapshot.host.id, forget=how == "forget"))
                self._say(f"Removed {clean(snapshot.host.name)}")
                if self._app.main.host_id == snapshot.host.id:
                    self._app.main.show_host(None)
                self._app.tick()

        self._app.push_screen(RemoveHostDialog(snapshot), answered)

    def do_host_import(self, _: Target) -> None:
        """From other programs' lists."""
        self._app.push_screen(ImportDialog(self._app.fleet.hosts), self._imported)

    def _imported(self, hosts: list[Host] | None) -> None:
        for host in hosts or ():
            self._save(host)
        if hosts:
            self._say(f"Imported {len(hosts)} host{'' if len(hosts) == 1 else 's'}")

    def _own(self, target: Target) -> Host | None:
        """The host as configured now; a run that is read-only has changed the one in the snapshot."""
        wanted = target.hosts[0].host.id if target.hosts else ""
        return next((host for host in self._app.fleet.hosts if host.id == wanted), None)

    def _save(self, host: Host) -> None:
        self._watch_write(self._app.fleet.save_host(replace(host, saved=True)))
        self._app.tick()

    def _watch_write(self, future: Future[None]) -> None:
        """A list that cannot be written is said so; the future is done on the inventory's thread."""
        app = self._app

        def done(written: Future[None]) -> None:
            if not written.cancelled() and (error := written.exception()) is not None:
                app.call_later(app.notify, clean(f"The list of hosts was not saved: {error}"), severity="error",
                               markup=False)  # fmt: skip

        future.add_done_callback(done)

    def _say(self, text: str) -> None:
        self._app.notify(text, markup=False, timeout=3)
