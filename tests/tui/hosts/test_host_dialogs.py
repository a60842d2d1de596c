"""The list of hosts by keys: add, edit, test, switch off, order, remove, import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Button, Checkbox, Input, SelectionList, Static

from limen_tui.errors import ConnectError
from limen_tui.hypervisor.simulated.weather import Weather
from limen_tui.model.host import HostState
from limen_tui.tui.hosts.hostform import HostForm
from limen_tui.tui.hosts.hostimport import ImportDialog
from limen_tui.tui.hosts.hostremove import RemoveHostDialog
from limen_tui.tui.hosts.hosttest import HostTestDialog
from limen_tui.tui.signin.prompts import PromptDialog
from tests.patience import rounds
from tests.tui.hosts.scripted import ScriptedTester
from tests.tui.shell.world import World, running


async def until(world: World, condition: Callable[[], object]) -> None:
    for _ in rounds():
        if condition():
            return
        await world.pilot.pause(0.02)
    raise AssertionError("it never came")


def shown(world: World, selector: str) -> str:
    return str(world.app.screen.query_one(selector, Static).content)


def verdict(world: World) -> str:
    return shown(world, "#verdict") if isinstance(world.app.screen, HostTestDialog) else ""


async def hosts_view(world: World) -> None:
    await world.press("2")
    await world.pilot.pause()


async def typed(world: World, field: str, text: str) -> None:
    world.app.screen.query_one(f"#{field}", Input).focus()
    await world.pilot.pause()
    await world.press(*text)


async def test_a_host_is_added_by_its_address_after_a_test() -> None:
    async with running((80, 24)) as world:
        tester = world.app.fleet.tester = ScriptedTester()
        await hosts_view(world)
        await world.press("n")
        assert isinstance(world.app.screen, HostForm)
        await typed(world, "address", "kvm9")
        await typed(world, "user", "root")
        await typed(world, "jump", "gate")
        assert world.app.screen.query_one("#uri", Input).value == "qemu+ssh://root@kvm9/system?jump=gate"
        await world.pilot.click("#test")
        await until(world, lambda: "All is well" in verdict(world))
        assert "QEMU 7.2.9" in shown(world, "#stages")
        await world.press("enter")
        assert [host.uri for host in tester.tried] == ["qemu+ssh://root@kvm9/system?jump=gate"]
        added = [host for host in world.app.fleet.hosts if host.name == "kvm9"]
        assert len(added) == 1
        assert added[0].saved
        assert added[0].position > 0
        # written on the inventory's own thread
        await until(world, lambda: list(world.app.fleet.inventory.hosts()) == added)


async def test_a_uri_fills_the_fields_and_what_is_wrong_is_said_at_once() -> None:
    async with running((80, 24)) as world:
        await hosts_view(world)
        await world.press("n")
        await typed(world, "uri", "qemu+ssh://ann@kvm9:2222/system")
        values = [world.app.screen.query_one(f"#{name}", Input).value for name in ("address", "user", "port")]
        assert values == ["kvm9", "ann", "2222"]
        await typed(world, "port", "x")
        assert "port" in shown(world, "#says")
        await world.pilot.click("#save")
        assert isinstance(world.app.screen, HostForm)
        await world.press("escape")
        assert not [host for host in world.app.fleet.hosts if host.name == "kvm9"]


async def test_checks_are_switched_off_only_by_a_tick_that_is_flagged() -> None:
    async with running((80, 24)) as world:
        await hosts_view(world)
        await world.press("n")
        assert not world.app.screen.query_one("#insecure", Checkbox).display
        await typed(world, "uri", "qemu+ssh://kvm9/system?no_verify=1")
        await world.pilot.click("#save")
        assert isinstance(world.app.screen, HostForm)
        await world.pilot.click("#insecure")
        assert "pose as this host" in shown(world, "#says")
        await world.pilot.click("#save")
        added = [host for host in world.app.fleet.hosts if host.name == "kvm9"]
        assert [host.insecure for host in added] == [True]
        panel = world.app.main.panel
        panel.table.move_to(added[0].id)
        await world.pilot.pause()
        row = panel.table.cursor_row
        assert "INSECURE" in "".join(piece[0] for piece in panel.details(row)[0])


async def test_a_failed_stage_is_named_with_its_hint_and_can_be_tried_again() -> None:
    async with running((80, 24)) as world:
        tester = world.app.fleet.tester = ScriptedTester(
            "tcp", ConnectError("kvm9 refuses", "port 22 [bold]", "Is sshd \x1b[31mrunning?")
        )
        await hosts_view(world)
        await world.press("t")
        await until(world, lambda: "refuses" in verdict(world))
        assert "[bold]" in verdict(world)
        assert "\x1b" not in verdict(world)
        assert "fails TCP" in shown(world, "#stages").replace("  ", " ")
        tester.fails_at = ""
        await world.pilot.click("#again")
        await until(world, lambda: "All is well" in verdict(world))
        await world.press("escape")
        assert len(tester.tried) == 2


async def test_a_host_that_waited_is_connected_when_its_test_went_well() -> None:
    async with running((80, 24)) as world:
        world.app.fleet.tester = ScriptedTester()
        await hosts_view(world)
        host = world.app.main.panel.target().hosts[0].host
        world.app.fleet._ports[host.id]._weather = Weather(fair=0.1, outage=1000.0)
        await world.go_on(30.0)
        assert world.app.fleet.view.by_host[host.id].state is HostState.DOWN
        tried = [event for event in world.app.fleet.events if event.text == "still down"]
        await world.press("t")
        await until(world, lambda: "All is well" in verdict(world))
        await world.go_on()
        now = [event.host_id for event in world.app.fleet.events if event.text == "still down"]
        assert now == [*(event.host_id for event in tried), host.id]


async def test_a_question_of_the_test_opens_above_it() -> None:
    async with running((80, 24)) as world:
        tester = world.app.fleet.tester = ScriptedTester(desk=world.app.fleet.questions)
        await hosts_view(world)
        await world.press("t")
        await until(world, lambda: isinstance(world.app.screen, PromptDialog))
        await world.press(*"secret", "enter")
        await until(world, lambda: "All is well" in verdict(world))
        assert len(tester.tried) == 1


async def test_leaving_a_test_that_hangs_does_not_wait_for_it() -> None:
    async with running((80, 24)) as world:
        tester = world.app.fleet.tester = ScriptedTester(wait_at="ssh")
        await hosts_view(world)
        await world.press("t")
        await until(world, lambda: "open" in shown(world, "#stages"))
        await world.press("escape")
        assert not isinstance(world.app.screen, HostTestDialog)
        tester.go.set()


async def test_editing_keeps_the_id_and_refuses_a_taken_name() -> None:
    async with running((80, 24)) as world:
        await hosts_view(world)
        host = world.app.main.panel.target().hosts[0].host
        other = next(each for each in world.app.fleet.hosts if each.id != host.id)
        await world.press("e")
        world.app.screen.query_one("#name", Input).value = other.name.upper()
        await world.pilot.pause()
        assert "already" in shown(world, "#says")
        world.app.screen.query_one("#name", Input).value = "renamed"
        await world.pilot.pause()
        await world.pilot.click("#save")
        assert {each.id: each.name for each in world.app.fleet.hosts}[host.id] == "renamed"


async def test_switches_and_order() -> None:
    async with running((120, 40)) as world:
        await hosts_view(world)
        first, second = (host.id for host in world.app.fleet.hosts)
        world.app.main.panel.table.move_to(first)
        await world.press("o")
        await world.go_on()
        assert world.app.fleet.view.by_host[first].state is HostState.DISABLED
        await world.press("o", "w")
        assert next(host for host in world.app.fleet.hosts if host.id == first).read_only
        await world.press("shift+down")
        assert [host.id for host in world.app.fleet.hosts] == [second, first]
        await world.press("shift+up", "shift+up")
        assert [host.id for host in world.app.fleet.hosts] == [first, second]


@pytest.mark.parametrize(("button", "left"), [("cancel", 2), ("keep", 1), ("forget", 1)])
async def test_removing_asks_first(button: str, left: int) -> None:
    async with running((80, 24)) as world:
        await hosts_view(world)
        await world.press("ctrl+d")
        assert isinstance(world.app.screen, RemoveHostDialog)
        assert isinstance(world.app.focused, Button)
        assert world.app.focused.id == "cancel"
        await world.pilot.click(f"#{button}")
        await world.pilot.pause()
        assert len(world.app.fleet.hosts) == len(world.app.fleet.view.hosts) == left


async def test_import_lists_what_is_known_and_takes_what_is_ticked(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_text("Host kvm7 kvm8 -oEvil\n")
    (tmp_path / "list").write_text("kvm10\n")
    async with running((80, 24)) as world:
        await hosts_view(world)
        await world.press("I")
        dialog = world.app.screen
        assert isinstance(dialog, ImportDialog)
        listed = dialog.query_one(SelectionList)
        await until(world, lambda: listed.option_count == 3)
        await world.press("space")
        await typed(world, "more", "root@kvm9")
        await world.press("enter")
        await until(world, lambda: listed.option_count == 4)
        await typed(world, "more", str(tmp_path / "list"))
        await world.press("enter")
        await until(world, lambda: listed.option_count == 5)
        before = len(world.app.fleet.hosts)
        await world.pilot.click("#import")
        await world.pilot.pause()
        names = [host.name for host in world.app.fleet.hosts][before:]
        assert names == ["kvm7", "kvm9", "kvm10"]


async def test_where_nothing_is_known_what_is_typed_is_a_host_and_ticked(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    async with running((80, 24)) as world:
        await hosts_view(world)
        await world.press("I")
        dialog = world.app.screen
        await until(world, lambda: dialog.focused is dialog.query_one("#more"))
        await world.press(*"kvm7", "enter")
        listed = dialog.query_one(SelectionList)
        await until(world, lambda: listed.option_count == 1)
        assert listed.selected == [0]


async def test_the_keys_mean_hosts_only_under_hosts() -> None:
    async with running((80, 24)) as world:
        for key in ("t", "I"):
            await world.press(key)
            assert world.app.screen is world.app.main
