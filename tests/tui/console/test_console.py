"""Serial consoles in the app: who has the keys, what stays open, what is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual import events

from limen_tui.fleet.consoles import Phase
from limen_tui.hypervisor.simulated.consoles import MORE_EVERY, TAKEN_EVERY
from limen_tui.model.lifecycle import Verb
from limen_tui.model.verbs.consoles import ConsoleDevice
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.console.lines import LineDialog
from limen_tui.tui.console.panel import ConsoleLines, ConsolePanel
from limen_tui.tui.console.screen import ConsoleScreen
from limen_tui.tui.console.strip import ConsoleStrip
from limen_tui.tui.dialogs.text import YesNoDialog
from limen_tui.tui.main.screen import MainScreen
from limen_tui.tui.vm.screen import VMScreen
from tests.patience import rounds
from tests.tui.shell.world import World, running

ESCAPE = "ctrl+right_square_bracket"


def machines(world: World, *, state: str = "running", taken: bool = False) -> list[VM]:
    """VMs in their order whose console is free, or is not."""
    found = []
    for host in world.sim._ports:
        for uuid, machine in host._machines.items():
            vm = world.app.fleet.view.vm(VMKey(host.host.id, uuid))
            if vm is not None and vm.state == state and (machine.made.seed % TAKEN_EVERY == 1) == taken:
                found.append(vm)
    return found


async def until(world: World, condition: Callable[[], object]) -> None:
    for _ in rounds():
        if condition():
            return
        await world.go_on(0.25)
        await asyncio.sleep(0)
    raise AssertionError(shown(world))


async def opened(world: World, vm: VM) -> ConsolePanel:
    world.app.main.show_vm(vm.key)
    await world.press("c")
    assert isinstance(world.app.screen, ConsoleScreen)
    return world.app.screen.panel


def shown(world: World) -> str:
    """Terminal, state and menu."""
    panel = world.app.screen.query_one(ConsolePanel)
    lines = [lines.plain for lines in world.app.screen.query(ConsoleLines) if lines.display]
    return "\n".join([panel.terminal.shown_text(), *lines])


async def log_in(world: World) -> None:
    await until(world, lambda: "login:" in shown(world))
    await world.press(*"root", "enter", *"pw", "enter")
    await until(world, lambda: "~#" in shown(world))


async def test_every_key_reaches_the_guest_and_one_leaves() -> None:
    async with running() as world:
        panel = await opened(world, machines(world)[0])
        await log_in(world)
        # keys of Limen's own, letters that are actions, and those that end programs
        await world.press(*"echo qZ", "colon", "slash", "backspace", "ctrl+q", "ctrl+g", "enter")
        await until(world, lambda: "\nqZ:\n" in shown(world))
        await world.press("ctrl+c")
        await until(world, lambda: "^C" in shown(world))
        assert world.app.screen.query_one(ConsolePanel) is panel
        log = world.app.fleet.inventory.audit_entries
        await until(world, lambda: [(e.action, e.result) for e in log()] == [("vm.console", "begun")])
        await world.press(ESCAPE)
        assert "leave" in shown(world)
        await world.press("escape", *"hostname", "enter")
        await until(world, lambda: f"\n{panel._open.console.name}\n" in shown(world))
        await world.press(ESCAPE, ESCAPE)
        assert isinstance(world.app.screen, MainScreen)
        assert "stays open" in world.notices()


async def test_keys_typed_ahead_of_the_screen_arrive_in_order() -> None:
    async with running() as world:
        vm = machines(world)[0]
        world.app.main.show_vm(vm.key)
        for key in ("c", *"abc", ESCAPE, "escape", *"def", "enter"):
            world.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await world.pilot.pause()
        await until(world, lambda: "login: abcdef" in shown(world))


async def test_consoles_stay_open_and_tell_when_they_print() -> None:
    async with running() as world:
        first, second = machines(world)[:2]
        await opened(world, first)
        await log_in(world)
        await world.press(ESCAPE, "q")
        await opened(world, second)
        world.app.fleet.call(first.key.host_id, lambda verbs: verbs.lifecycle(Verb.REBOOT, first.key.uuid))
        strip = world.app.screen.query_one("#console-strip", ConsoleLines)
        await until(world, lambda: "● new" in strip.plain)
        assert first.name in strip.plain and second.name in strip.plain
        await world.press(ESCAPE, "tab")
        await until(world, lambda: f"{first.name} login:" in shown(world))
        assert world.app.consoles is not None
        assert not world.app.consoles.get(first.key).unseen  # type: ignore[union-attr]
        await world.press(ESCAPE, "x")
        assert [each.key for each in world.app.consoles.consoles] == [second.key]
        await world.press(ESCAPE, "x")
        assert isinstance(world.app.screen, MainScreen) and world.app.consoles.consoles == ()


async def test_a_console_in_use_is_taken_after_a_question_only() -> None:
    async with running() as world:
        vm = machines(world, taken=True)[0]
        panel = await opened(world, vm)
        await until(world, lambda: "in use" in shown(world))
        assert "takes it by force" in shown(world)
        await world.press(*"yyyf", "enter")  # typed ahead for the guest: nothing of it may take it
        assert panel._open.console.phase is Phase.IN_USE
        await world.press(ESCAPE, "f")
        assert isinstance(world.app.screen, YesNoDialog)
        await world.press("enter")  # the safe answer has the keyboard
        await world.go_on(1)
        assert panel._open.console.phase is Phase.IN_USE
        await world.press(ESCAPE, "f", "y")
        await until(world, lambda: panel._open.console.phase is Phase.OPEN)
        await log_in(world)


async def test_it_waits_for_the_vm_and_comes_back_after_a_restart() -> None:
    async with running() as world:
        vm = machines(world, state="stopped")[0]
        panel = await opened(world, vm)
        await until(world, lambda: "waiting for the VM" in shown(world))
        world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.lifecycle(Verb.START, vm.key.uuid))
        await log_in(world)
        world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.lifecycle(Verb.FORCE_OFF, vm.key.uuid))
        await until(world, lambda: panel._open.console.phase is Phase.VM_OFF)
        assert "[the line ended]" in shown(world)
        world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.lifecycle(Verb.START, vm.key.uuid))
        await until(world, lambda: shown(world).rstrip().count("login:") and panel._open.console.opened == 2)
        assert panel._open.console.phase is Phase.OPEN


async def test_search_scroll_copy_and_save(tmp_path: Path) -> None:
    async with running((80, 24)) as world:
        panel = await opened(world, machines(world)[0])
        await log_in(world)
        await world.press(ESCAPE, "slash", *"kernel", "backspace", *"l dma", *["backspace"] * 6, "enter")
        assert "no 'kern'" not in shown(world) and "find" in shown(world)
        await world.press("slash", *"virtio_blk", "enter")
        assert "1 of 1 finds" in shown(world) and "virtio_blk" in panel.terminal.shown_text()
        assert panel.terminal.back > 0
        await world.press("y")
        assert "virtio_blk" in world.app.clipboard
        await world.press(ESCAPE, "end")
        assert panel.terminal.back == 0
        await world.press("escape", "shift+pageup")
        assert panel.terminal.back > 0 and "lines back" in shown(world)
        await world.press("x")  # a key for the guest shows where the guest is
        assert panel.terminal.back == 0
        target = tmp_path / "console.log"
        await world.press(ESCAPE, "w")
        await world.press("ctrl+u")
        panel.terminal.post_message(events.Paste(str(target)))
        await world.press("enter")
        for _ in rounds():
            if "Saved" in world.notices():
                break
            await asyncio.sleep(0.02)
        assert "Linux version" in target.read_text() and target.stat().st_mode & 0o777 == 0o600
        await world.press(ESCAPE, "w")
        await world.press("ctrl+u")
        panel.terminal.post_message(events.Paste(str(target)))
        await world.press("enter")
        for _ in rounds():
            if "not saved" in world.notices():
                break
            await asyncio.sleep(0.02)
        assert "exists" in world.notices()


async def test_the_size_is_typed_for_the_guest() -> None:
    async with running((100, 30)) as world:
        await opened(world, machines(world)[0])
        await log_in(world)
        await world.press(ESCAPE, "z")
        await until(world, lambda: "~# stty rows 28 cols 100" in shown(world))


async def test_read_only_refuses() -> None:
    async with running(read_only=True) as world:
        world.app.main.show_vm(machines(world)[0].key)
        await world.press("c")
        assert isinstance(world.app.screen, MainScreen)
        assert "read-only" in world.notices()


async def test_as_a_tab_it_gives_the_keys_back() -> None:
    async with running() as world:
        vm = machines(world)[0]
        world.app.main.show_vm(vm.key)
        await world.press("enter", "3")
        await log_in(world)
        await world.press(*"echo 1q", "ctrl+c")
        assert isinstance(world.app.screen, VMScreen)
        await world.press(ESCAPE, ESCAPE, "1")
        assert world.app.screen.tab is not None and world.app.screen.tab.tab_id == "overview"
        await world.press("3")
        await until(world, lambda: "echo 1q" in shown(world))
        await world.press(ESCAPE, ESCAPE, "escape")
        assert isinstance(world.app.screen, MainScreen)
        assert world.app.consoles is not None and len(world.app.consoles.consoles) == 1


async def test_the_tab_below_goes_on_after_the_screen_above_showed_the_same_console() -> None:
    async with running() as world:
        vm = machines(world)[0]
        world.app.main.show_vm(vm.key)
        await world.press("enter", "3")
        await log_in(world)
        await world.press(ESCAPE, ESCAPE, "c")
        assert isinstance(world.app.screen, ConsoleScreen)
        assert world.app.screen.panel.terminal.emulator.size == (120, 38)
        await world.press(*"echo above", "enter", ESCAPE, "q")
        assert isinstance(world.app.screen, VMScreen)
        await world.press("enter", *"echo below", "enter")
        await until(world, lambda: "\nbelow\n" in shown(world))
        panel = world.app.screen.query_one(ConsolePanel)
        assert "\nabove\n" in shown(world) and panel.terminal.emulator.size == tuple(panel.terminal.size)


def of_lines(world: World, count: int) -> VM:
    """A running VM with so many serial lines, whose console is free."""
    port = world.sim._ports[0]
    free = [vm for vm in machines(world) if vm.key.host_id == port.host.id]
    return next(vm for vm in free if (port._machines[vm.key.uuid].made.seed % MORE_EVERY == 0) == (count == 2))


async def test_another_line_is_chosen_and_has_a_tab_of_its_own() -> None:
    async with running() as world:
        vm = of_lines(world, 2)
        panel = await opened(world, vm)
        await log_in(world)
        await world.press(*"echo one", "enter")
        await world.press(ESCAPE, "l")
        await until(world, lambda: isinstance(world.app.screen, LineDialog))
        await world.press("down", "enter")
        await until(world, lambda: panel.place == (vm.key, "serial1"))
        await log_in(world)
        assert "serial1" in shown(world) and "echo one" not in shown(world)
        strip = world.app.screen.query_one("#console-strip", ConsoleLines)
        assert f" {vm.name}  " in strip.plain and f" {vm.name} serial1 " in strip.plain
        await world.press(ESCAPE, "tab")
        await until(world, lambda: "echo one" in shown(world))
        assert panel.place == (vm.key, "")
        # the default by its number is the one that is open, not the same line once more
        await world.press(ESCAPE, "l")
        await until(world, lambda: isinstance(world.app.screen, LineDialog))
        await world.press("1")
        assert world.app.consoles is not None and len(world.app.consoles.consoles) == 2
        await world.press(ESCAPE, "x")
        await until(world, lambda: panel.place == (vm.key, "serial1"))
        assert [each.place for each in world.app.consoles.consoles] == [(vm.key, "serial1")]


async def test_one_line_is_no_choice() -> None:
    async with running() as world:
        await opened(world, of_lines(world, 1))
        await world.press(ESCAPE, "l")
        await until(world, lambda: "no other serial line" in world.notices())


async def test_what_cannot_be_opened_cannot_be_chosen() -> None:
    async with running() as world:
        kinds = {"serial0": "pty", "[b]\x1bunix1": "unix", "console2": "pty"}
        devices = tuple(ConsoleDevice(alias, kind) for alias, kind in kinds.items())
        chosen: list[str | None] = []
        world.app.push_screen(LineDialog("x", devices, ""), chosen.append)
        await world.press("2")
        assert chosen == []
        await world.press("down", "enter")  # past the one that cannot
        assert chosen == ["console2"]


async def test_the_tab_of_a_vm_shows_its_lines_once_it_has_several_open() -> None:
    async with running() as world:
        vm = of_lines(world, 2)
        world.app.main.show_vm(vm.key)
        await world.press("enter", "3")
        await log_in(world)
        panel = world.app.screen.query_one(ConsolePanel)
        strip = world.app.screen.query_one(ConsoleStrip)
        # with one line there is nothing to go to, and nothing to close: the tab is the console
        await world.press(ESCAPE, "x")
        assert world.app.consoles is not None and world.app.consoles.get(vm.key) is not None
        assert not strip.display
        await world.press(*"echo one", "enter", ESCAPE, "l")
        await until(world, lambda: isinstance(world.app.screen, LineDialog))
        await world.press("2")
        await until(world, lambda: panel.place == (vm.key, "serial1"))
        await until(world, lambda: strip.display and "  default   serial1 " in strip.plain)
        await world.press(ESCAPE)
        assert "next console" in shown(world) and "close" in shown(world)
        await world.press("tab")
        await until(world, lambda: panel.place == (vm.key, ""))
        assert "echo one" in shown(world)
        await world.press(ESCAPE, "tab", ESCAPE, "x")
        await until(world, lambda: panel.place == (vm.key, ""))
        await until(world, lambda: not strip.display)
        assert [each.place for each in world.app.consoles.consoles] == [(vm.key, "")]
