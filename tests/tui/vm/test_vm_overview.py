"""The overview of a VM: what it says, what it warns of, and its notes."""

from __future__ import annotations

from dataclasses import replace

from textual.widgets import Input, TextArea

from limen_tui.hypervisor.simulated.host import SimulatedHost
from limen_tui.tui.vm.facts import FactScroll
from limen_tui.tui.vm.notes import NotesDialog
from limen_tui.tui.vm.overview import OverviewTab
from tests.tui.shell.world import World, running
from tests.tui.vm.test_vm_frame import opened


async def on_show(world: World) -> OverviewTab:
    screen = await opened(world)
    for _ in range(3):
        await world.go_on()
    assert isinstance(screen.tab, OverviewTab)
    return screen.tab


def shown(tab: OverviewTab) -> str:
    return tab.query_one(FactScroll).plain


def machine_of(world: World, tab: OverviewTab):  # type: ignore[no-untyped-def]
    port = world.app.fleet._ports[tab.key.host_id]
    assert isinstance(port, SimulatedHost)
    return port._machines[tab.key.uuid]


async def test_it_tells_where_addresses_come_from_and_what_disks_hold() -> None:
    async with running() as world:
        tab = await on_show(world)
        text = shown(tab)
        assert "lease" in text and "agent" in text and "40 GiB, 17 GiB written" in text
        for words in ("Load", "Identity", tab.key.uuid, "Processor and memory", "Firmware and boot", "Interfaces"):
            assert words in text


async def test_it_warns() -> None:
    async with running() as world:
        tab = await on_show(world)
        assert "▲" not in shown(tab)
        machine = machine_of(world, tab)
        machine.facts = replace(machine.facts, has_agent=False, kind="qemu")
        await world.go_on()
        await world.go_on()
        assert "▲ has no guest agent" in shown(tab) and "▲ is emulated" in shown(tab)


async def test_the_definition_is_asked_for_once_while_it_stays_the_same() -> None:
    async with running() as world:
        tab = await on_show(world)
        asked: list[str] = []
        from limen_tui.hypervisor.simulated.verbs import SimulatedVerbs

        real = SimulatedVerbs.xml
        try:
            SimulatedVerbs.xml = lambda self, uuid, **more: (asked.append(uuid), real(self, uuid, **more))[1]  # type: ignore[method-assign]
            for _ in range(5):
                await world.go_on()
            assert asked == []
            await world.press("ctrl+r")
            await world.go_on()
            assert len(asked) == 1
        finally:
            SimulatedVerbs.xml = real  # type: ignore[method-assign]
        assert tab.is_attached


async def test_notes_are_written_and_hostile_ones_are_inert() -> None:
    async with running() as world:
        tab = await on_show(world)
        await world.press("N")
        dialog = world.app.screen
        assert isinstance(dialog, NotesDialog)
        dialog.query_one(Input).value = "[bold]Mail & more"
        dialog.query_one(TextArea).text = "first line\nsecond \u202eline"
        await world.press("ctrl+s")
        for _ in range(3):
            await world.go_on()
        text = shown(tab)
        assert "[bold]Mail & more" in text and "first line" in text and "second �line" in text
        assert machine_of(world, tab).facts.description == "first line\nsecond \u202eline"
        assert "the notes were saved" in world.notices()


async def test_a_title_xml_cannot_hold_is_refused_in_words() -> None:
    async with running() as world:
        await on_show(world)
        await world.press("N")
        world.app.screen.query_one(TextArea).text = "a\x01b"
        await world.press("ctrl+s")
        await world.go_on()
        assert "cannot be kept" in world.notices()


async def test_read_only_has_no_notes_key() -> None:
    async with running(read_only=True) as world:
        await on_show(world)
        await world.press("N")
        assert not isinstance(world.app.screen, NotesDialog)
        assert "read-only" in world.notices()
