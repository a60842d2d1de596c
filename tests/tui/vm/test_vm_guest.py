"""The guest from inside: what its agent says, what is done there, and that secrets stay secret."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest
from textual.widgets import Input

from limen_tui.errors import InputError
from limen_tui.fleet.guestacts import words_of
from limen_tui.hypervisor.simulated.agent import SimulatedAgents
from limen_tui.hypervisor.simulated.catalogue import STUBBORN
from limen_tui.tui.dialogs.text import YesNoDialog
from limen_tui.tui.textview import TextScreen
from limen_tui.tui.vm.facts import FactScroll
from limen_tui.tui.vm.guest import GuestTab
from limen_tui.tui.vm.guestdialogs import PasswordDialog, Secret
from limen_tui.tui.vm.guestlines import output_lines
from tests.patience import rounds
from tests.tui.shell.world import World, running
from tests.tui.vm.test_vm_frame import opened


async def on_show(world: World, name: str = "") -> GuestTab:
    screen = await opened(world, name)
    await world.press("7")
    for _ in range(3):
        await world.go_on()
    assert isinstance(screen.tab, GuestTab)
    return screen.tab


def shown(tab: GuestTab) -> str:
    return tab.query_one(FactScroll).plain


def screen_text(world: World) -> str:
    screen = world.app.screen
    assert isinstance(screen, TextScreen)
    return "\n".join(line.plain for line in screen.text.lines)


async def until(world: World, condition: Callable[[], object]) -> None:
    for _ in rounds():
        if condition():
            return
        await world.go_on(0.3)
        await world.pilot.pause(0.01)
    raise AssertionError("waited in vain")


async def test_what_the_agent_says_is_shown() -> None:
    async with running() as world:
        tab = await on_show(world)
        text = shown(tab)
        assert "● answers" in text and "Kernel" in text and "/boot/efi" in text and "agent" in text
        await world.press("I")
        await until(world, lambda: "9.2.0" in shown(tab))


async def test_a_dead_agent_is_said_to_be_and_is_asked_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = SimulatedAgents.guest

    def counted(self: SimulatedAgents, uuid: str) -> Any:
        asked.append(uuid)
        return real(self, uuid)

    monkeypatch.setattr(SimulatedAgents, "guest", counted)
    async with running() as world:
        tab = await on_show(world, STUBBORN)
        assert "✗ The guest agent does not answer" in shown(tab)
        assert "Start the agent inside the guest" in shown(tab)
        before = len(asked)
        for _ in range(10):
            await world.go_on(3.0)
        assert len(asked) == before
        await world.press("ctrl+r")
        await world.go_on()
        assert len(asked) == before + 1


async def test_read_only_does_not_ask() -> None:
    async with running(read_only=True) as world:
        tab = await on_show(world)
        assert "read-only" in shown(tab)
        assert "Addresses" in shown(tab)
        await world.press("x")
        assert "read-only" in world.notices()


async def test_a_command_shows_what_it_wrote_and_only_its_name_is_kept() -> None:
    async with running() as world:
        await on_show(world)
        await world.press("x")
        world.app.screen.query_one(Input).value = "echo 'top secret' $(reboot)"
        await world.press("enter")
        await until(world, lambda: "exit code 0" in screen_text(world))
        assert "top secret $(reboot)" in screen_text(world)
        await world.press("escape")
        assert isinstance(world.app.screen.query_one(GuestTab), GuestTab)
        world.app.fleet.inventory.set_setting("x", 1).result(10)
        (entry,) = world.app.fleet.inventory.audit_entries()
        assert (entry.action, entry.result, entry.detail) == ("guest.run", "ok", "echo")


async def test_a_command_that_is_not_there_says_so() -> None:
    async with running() as world:
        await on_show(world)
        await world.press("x")
        world.app.screen.query_one(Input).value = "nosuch"
        await world.press("enter")
        await until(world, lambda: "No such file" in screen_text(world))


async def test_a_file_is_shown() -> None:
    async with running() as world:
        tab = await on_show(world)
        await world.press("F", "enter")
        await until(world, lambda: "PRETTY_NAME" in screen_text(world))
        assert tab.is_attached


async def test_freezing_asks_and_thaws_with_the_same_key() -> None:
    async with running() as world:
        tab = await on_show(world)
        await world.press("E")
        assert isinstance(world.app.screen, YesNoDialog)
        await world.press("y")
        await until(world, lambda: "FROZEN" in shown(tab))
        await world.press("E")
        await until(world, lambda: "FROZEN" not in shown(tab))
        assert "thawed" in world.notices()


async def test_a_password_is_asked_twice_and_is_nowhere_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[tuple[str, int]] = []
    monkeypatch.setattr(
        SimulatedAgents, "set_password", lambda self, uuid, user, password: got.append((user, len(password)))
    )
    secret = "Zx9-" + "unlikely" * 3
    async with running() as world:
        await on_show(world)
        await world.press("P")
        dialog = world.app.screen
        assert isinstance(dialog, PasswordDialog)
        dialog.query_one("#first", Input).value = secret
        dialog.query_one("#second", Input).value = "another"
        await world.press("enter", "enter", "enter")
        assert world.app.screen is dialog, "the two are not the same"
        dialog.query_one("#second", Input).value = secret
        await world.press("enter")
        await until(world, lambda: got)
        assert got == [("root", len(secret))]
        await until(world, lambda: "was set" in world.notices())
        world.app.fleet.inventory.set_setting("x", 1).result(10)
        kept = " ".join(str(entry) for entry in world.app.fleet.inventory.audit_entries()) + world.notices()
        assert secret not in kept and "root" in kept
    assert secret not in repr(Secret(secret))
    gc.collect()


def test_a_secret_is_given_once() -> None:
    secret = Secret("a")
    assert (secret.take(), secret.take()) == ("a", "")


def test_commands_are_split_and_never_expanded() -> None:
    assert words_of("ls -l 'a b' $HOME;x") == ("ls", "-l", "a b", "$HOME;x")
    for bad in ("", "  ", "'open", "a\0b"):
        with pytest.raises(InputError):
            words_of(bad)


def test_output_of_a_guest_is_inert() -> None:
    lines = output_lines(b"\x1b]0;x\x07\x1b[2J[bold]hi\r\nna\xc3\xafve \xff\n" + b"y" * 5000)
    assert not any("\x1b" in line for line in lines)
    assert "[bold]hi" in lines[0] and lines[1].startswith("naïve") and len(lines[2]) == 400
