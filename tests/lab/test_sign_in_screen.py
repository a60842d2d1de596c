"""The whole way in through the screen: unknown key, two prompts, a one-time code, then a real host's VMs.

The SSH server is one of this process that asks in rounds and passes on to a lab host's real libvirt.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.questions import QuestionDesk
from limen_tui.fleet.remoting import Remoting
from limen_tui.hypervisor.session import session_connector
from limen_tui.inventory import open_inventory
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host, HostState
from limen_tui.model.questions import Question
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp
from limen_tui.tui.signin.hostkey import HostKeyDialog
from limen_tui.tui.signin.prompts import PromptDialog
from tests.lab.conftest import RunningLab
from tests.lab.limen_lab.shell import alive
from tests.unit.remote.sshserver import Rules, Server

PASSWORD, COLOUR, CODE = "hunter2pw", "blue", "492817"
ROUNDS = [
    ("Sign in", "\x1b[2JTwo things", [("Password: ", False), ("Colour: ", True)], [PASSWORD, COLOUR]),
    ("", "Second factor", [("One-time code: ", False)], [CODE]),
]


class Relay(Server):
    """Forwards to any socket of this machine, as sshd does."""

    def unix_connection_requested(self, dest_path: str) -> bool:
        return Path(dest_path).exists()


@dataclass
class Screen:
    """The app with one host that asks."""

    app: LimenApp
    pilot: Pilot[int]
    fleet: Fleet
    folder: Path
    answered: list[Question] = field(default_factory=list)

    async def wait(self, condition: Callable[[], object], what: str) -> None:
        async with asyncio.timeout(90):
            while not condition():
                await self.pilot.pause(0.02)
        assert condition(), what

    async def question(self, kind: type[HostKeyDialog | PromptDialog]) -> None:
        """Wait for the next to be announced, and open it as the announcement says."""

        def dialog() -> HostKeyDialog | PromptDialog | None:
            top = self.app.screen
            return top if isinstance(top, kind) and top._question not in self.answered else None

        await self.wait(lambda: [each for each in self.fleet.questions.pending if each not in self.answered],
                        "a question")  # fmt: skip
        async with asyncio.timeout(90):
            while dialog() is None:
                if not isinstance(self.app.screen, HostKeyDialog | PromptDialog):
                    await self.pilot.press("!")  # as a person does: once more where nobody had announced it yet
                await self.pilot.pause(0.1)
        opened = dialog()
        assert opened is not None
        self.answered.append(opened._question)
        await self.wait(lambda: self.app.focused in opened.query("*"), "the keys to go there")

    async def fill(self, *values: str) -> None:
        assert len(self.app.screen.query(Input)) == len(values)
        for value in values:
            await self.pilot.press(*value)
            shown = self.app.export_screenshot()
            assert PASSWORD not in shown
            assert CODE not in shown
            await self.pilot.press("enter")

    @property
    def state(self) -> HostState:
        return self.fleet.view.by_host["h1"].state

    @property
    def problem(self) -> str:
        problem = self.fleet.view.by_host["h1"].problem
        return problem.title if problem is not None else ""


@pytest.fixture
async def screen(lab: RunningLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Screen]:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    rules, key = Rules(rounds=ROUNDS), asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], server_factory=lambda: Relay(rules))
    config = tmp_path / "config"
    config.write_text(f"Host kvm\n  HostName 127.0.0.1\nHost *\n  UserKnownHostsFile {tmp_path}/known_hosts\n")
    pid = alive(lab.lab.folder(1) / "init.pid")
    uri = f"qemu+ssh://ann@kvm:{server.get_port()}/system?socket=/proc/{pid}/root/run/libvirt/libvirt-sock"
    desk, fleets = QuestionDesk(), []

    def reconnect(host_id: str) -> None:
        fleets[0].reconnect(host_id)

    remoting = Remoting(desk, tmp_path / "run", reconnect, ssh_config=[str(config)])
    fleet = Fleet(
        (Host("h1", "kvm", uri),), session_connector(transport=remoting.transport, asker=desk),
        open_inventory(tmp_path / "inventory.db"), clock=SystemClock(), actor=Actor("ann", "tui"), questions=desk,
        watchers=(remoting.watch_view,),
    )  # fmt: skip
    fleets.append(fleet)
    app = LimenApp(fleet, Settings())
    try:
        async with app.run_test(size=(100, 30)) as pilot:
            yield Screen(app, pilot, fleet, tmp_path)
    finally:
        await asyncio.to_thread(fleet.close)
        server.close()
        await server.wait_closed()


async def test_the_whole_way_in(screen: Screen, lab: RunningLab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    lab.vm(1, "behind-codes", "--define", "--disk", "none")
    await screen.question(HostKeyDialog)
    await screen.pilot.press("alt+s")
    await screen.question(PromptDialog)
    first, second = screen.app.screen.query(Input)
    assert (first.password, second.password) == (True, False)
    await screen.fill(PASSWORD, COLOUR)
    await screen.question(PromptDialog)
    assert "Second" in screen.app.export_screenshot()
    await screen.fill(CODE)
    await screen.wait(lambda: screen.state is HostState.UP, "the host")
    await screen.wait(lambda: "behind-codes" in screen.app.export_screenshot(), "its VMs on the screen")
    assert (screen.folder / "known_hosts").read_text().count("ssh-ed25519") == 1
    kept = b"".join(file.read_bytes() for file in screen.folder.glob("inventory.db*"))
    for secret in (PASSWORD, CODE):
        assert secret.encode() not in kept, "in the database"
        assert secret not in caplog.text, "in a log"
        assert secret not in repr(vars(screen.fleet)), "in a repr"


async def test_a_wrong_code_is_asked_for_again_and_esc_leaves_it_waiting(screen: Screen) -> None:
    await screen.question(HostKeyDialog)
    await screen.pilot.press("alt+o")
    await screen.question(PromptDialog)
    await screen.fill(PASSWORD, COLOUR)
    await screen.question(PromptDialog)
    await screen.fill("000000")
    await screen.question(PromptDialog)  # from the first round again, as the server wants it
    assert len(screen.app.screen.query(Input)) == 2
    await screen.pilot.press("escape")
    await screen.wait(lambda: "cancelled" in screen.problem, "the word that it was cancelled")
    assert screen.state is HostState.NEEDS_AUTH
    assert not screen.fleet.questions.pending
