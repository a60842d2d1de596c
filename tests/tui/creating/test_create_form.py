"""The form of a new VM by keys, over the simulated fleet; and the spec that it makes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input, OptionList, Select

from limen_tui.model.jobs import JobState
from limen_tui.model.spec import CloudImage, CopyOf, DirectKernel, ImportDisk, IsoInstall, NicSpec, Pxe, Topology
from limen_tui.tui.creating.draft import OWN_SIZE, Draft, names_of, spec_of, with_preset
from limen_tui.tui.creating.entries import Choice
from limen_tui.tui.creating.fields import FIELDS, SECTIONS, field_of
from limen_tui.tui.creating.screen import CreateScreen
from tests.patience import rounds
from tests.tui.shell.world import World, running

GIB = 1 << 30


def test_every_row_has_its_field_and_says_what_to_type() -> None:
    known = {field.name for field in fields(Draft)} | {"password"}
    for field in FIELDS.values():
        assert field.id in known
        assert field.hint or field.flag or field.choices is not None, field.id
    assert len(FIELDS) == sum(len(section.fields) for section in SECTIONS)


def test_a_draft_makes_the_spec() -> None:
    draft = Draft(
        name="web1", host="h", image="default/deb/ian.qcow2", vcpus="2", memory="4 GiB", topology="1x2x1",
        vcpus_max="4", pool="p", size="30G", more_disks="10G, 1T raw", networks="default, bridge:br0 52:54:00:00:00:01",
        user="ann", keys="ssh-ed25519 A\n\nssh-rsa B\n", packages="a b", address="10.0.0.5/24", gateway="10.0.0.1",
        dns="10.0.0.1, 9.9.9.9", tags="web, prod web",
    )  # fmt: skip
    spec, wrong = spec_of(draft)
    assert wrong == ()
    assert (spec.name, spec.source) == ("web1", CloudImage("default", "deb/ian.qcow2"))
    assert (spec.vcpus, spec.memory_kib, spec.topology) == (2, 4 << 20, Topology(1, 2, 1))
    assert [(disk.pool, disk.capacity, disk.format) for disk in spec.disks] == [
        ("p", 30 * GIB, "qcow2"), ("p", 10 * GIB, "qcow2"), ("p", 1 << 40, "raw"),
    ]  # fmt: skip
    assert spec.nics == (NicSpec(), NicSpec("bridge", "br0", "52:54:00:00:00:01"))
    assert spec.cloud_init is not None
    assert spec.cloud_init.ssh_keys == ("ssh-ed25519 A", "ssh-rsa B")
    assert spec.cloud_init.addressing[0].dns == ("10.0.0.1", "9.9.9.9")
    assert spec.tags == ("web", "prod")


@pytest.mark.parametrize(
    ("source", "made"),
    [("iso", IsoInstall("p", "v")), ("import", ImportDisk("p", "v")), ("pxe", Pxe()), ("copy", CopyOf("u")),
     ("kernel", DirectKernel("/k", "", "x"))],
)  # fmt: skip
def test_each_source(source, made) -> None:
    spec, _ = spec_of(Draft(source=source, image="p/v", like="u", kernel="/k", cmdline="x"))
    assert spec.source == made
    assert spec.cloud_init is None
    assert len(spec.disks) == (0 if source in ("import", "copy") else 1)


@pytest.mark.parametrize(
    ("field", "text"),
    [("memory", "-1"), ("memory", "1e99"), ("size", "0"), ("size", "20 Gnomes"), ("vcpus", "two"), ("vcpus", "²"),
     ("topology", "4"), ("networks", "wifi:x"), ("more_disks", "10G, ${7*7}"), ("vcpus_max", "9" * 30)],
)  # fmt: skip
def test_what_cannot_be_read_is_said_beside_its_field_and_nothing_is_lost(field, text) -> None:
    draft = replace(Draft(name="x"), **{field: text})
    _, wrong = spec_of(draft)
    assert [field_of(finding.field) for finding in wrong] == [field]
    assert getattr(draft, field) == text


def test_presets_and_patterns() -> None:
    tiny = with_preset(Draft(), "tiny")
    assert (tiny.vcpus, tiny.memory, tiny.size) == ("1", "512M", "5G")
    assert with_preset(tiny, "mine").preset == OWN_SIZE
    assert names_of(Draft(name="web{1..3}")) == ("web1", "web2", "web3")
    assert names_of(Draft()) == ()
    assert "secret" not in repr(Draft(password_hash="secret", user_data="secret"))


# -- by keys ------------------------------------------------------------------------------------------


async def until(world: World, condition: Callable[[], object]) -> None:
    for _ in rounds():
        if condition():
            return
        await world.go_on(0.1)
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")


def form(world: World) -> CreateScreen:
    screen = world.app.screen
    assert isinstance(screen, CreateScreen)
    return screen


async def opened(world: World) -> CreateScreen:
    await world.press("n")
    screen = form(world)
    await until(world, lambda: screen.ground)
    return screen


async def test_a_vm_is_created_by_keys_alone() -> None:
    async with running() as world:
        screen = await opened(world)
        await world.press(*"web-new")
        await until(world, lambda: screen._prepared and screen._prepared.plan)
        await world.press("ctrl+s")
        await until(world, lambda: world.app.fleet.jobs.jobs and not world.app.fleet.jobs.active)
        (job,) = world.app.fleet.jobs.jobs
        assert (job.state, job.problem) == (JobState.DONE, None)
        await until(world, lambda: any(vm.name == "web-new" for vm in world.app.fleet.view.vms))
        assert "web-new" in world.notices()


async def test_a_taken_name_is_said_and_nothing_is_done() -> None:
    async with running() as world:
        screen = await opened(world)
        taken = next(vm.name for vm in world.app.fleet.view.vms if vm.key.host_id == screen._draft.host)
        await world.press(*taken)
        await until(world, lambda: screen.query_one("#label-name").has_class("-wrong"))
        await world.press("ctrl+s")
        await until(world, lambda: "name" in world.notices())
        assert form(world).focused is screen.query_one("#name")
        assert not world.app.fleet.jobs.jobs


async def test_what_was_typed_stays_when_the_form_is_left() -> None:
    async with running() as world:
        await opened(world)
        await world.press(*"half")
        await world.press("escape", "n")
        assert form(world).query_one("#name", Input).value == "half"


async def test_rows_follow_the_source_and_sizes_the_preset() -> None:
    async with running() as world:
        screen = await opened(world)
        screen.query_one("#source", Select).value = "pxe"
        await until(world, lambda: not screen.query_one("#row-image").display)
        assert not screen.query_one("#section-cloud-init").display
        screen.query_one("#preset", Select).value = "large"
        await until(world, lambda: screen.query_one("#vcpus", Input).value == "4")
        screen.query_one("#vcpus", Input).value = "3"
        await until(world, lambda: screen.query_one("#preset", Select).value == OWN_SIZE)


async def test_the_form_opens_while_every_host_hangs() -> None:
    async with running() as world:
        for port in world.app.fleet._ports.values():
            port.submit = lambda call, **more: __import__("concurrent.futures").futures.Future()  # never answers
        await world.press("n")
        screen = form(world)
        await world.press(*"x")
        assert screen.query_one("#name", Input).value == "x"
        await world.press("ctrl+s")
        assert "Asking the host" in world.notices()


async def test_read_only_creates_nothing() -> None:
    async with running(read_only=True) as world:
        await world.press("n")
        assert not isinstance(world.app.screen, CreateScreen)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
async def test_looks(size) -> None:
    """The plan is in sight at each size."""
    async with running(size) as world:
        screen = await opened(world)
        await world.press(*"web1")
        await until(world, lambda: screen._prepared and screen._prepared.plan)
        plan, name = screen.query_one("#plan-pane").region, screen.query_one("#name").region
        assert plan.height >= 8
        assert name.width >= 30
        assert screen.region.contains_region(plan)


async def test_keys_are_taken_while_the_form_is_still_being_laid_out() -> None:
    async with running() as world:
        for key in ("n", "w", "e", "b"):
            world.app.simulate_key(key)
        await world.pilot.pause()
        screen = world.app.screen
        assert isinstance(screen, CreateScreen)
        while not screen.complete:
            await world.pilot.pause(0.01)
        assert screen.query_one("#name", Input).value == "web"
        assert {widget.id for widget in screen.query(".row")} == {f"row-{name}" for name in FIELDS}


@pytest.mark.parametrize("turns", range(8))
async def test_it_can_be_left_at_any_moment(turns) -> None:
    async with running() as world:
        world.app.simulate_key("n")
        for _ in range(turns * 3):
            await asyncio.sleep(0)
        world.app.simulate_key("escape")
        await world.pilot.pause()
        if isinstance(world.app.screen, CreateScreen):  # it came after the key
            await world.press("escape")
        assert not isinstance(world.app.screen, CreateScreen)


async def test_a_choice_that_is_on_its_way_out_has_no_parts_to_look_for(monkeypatch) -> None:
    monkeypatch.setattr(Choice, "compose", lambda _: iter(()))  # as Textual does with one whose screen was left
    async with App[None]().run_test() as pilot:
        await pilot.app.mount(Choice([("a", "a")], allow_blank=False, value="a"))
        await pilot.pause()


async def test_each_host_to_choose_from_takes_one_line_on_a_narrow_terminal() -> None:
    async with running((60, 24)) as world:
        await world.press("n", "tab", "enter")
        await world.pilot.pause()
        choices = world.app.screen.query_one("#host SelectOverlay", OptionList)
        assert choices.option_count == len(world.app.fleet.hosts)
        assert choices.virtual_size.height == choices.option_count


async def test_labels_are_plain_text_whatever_names_from_outside_have_in_them() -> None:
    names = ["[/x].iso", "[red]base[/red].img", "[@click=app.quit]x"]

    class Form(App[None]):
        def compose(self) -> ComposeResult:
            yield Choice([(name, name) for name in names], value=names[1], allow_blank=False)

    app = Form()
    async with app.run_test() as pilot:
        choice = app.query_one(Choice)
        assert names[1] in str(choice.query("SelectCurrent Static").first().render())
        await pilot.press("tab", "enter")
        shown = choice.query_one(OptionList)
        assert [str(shown.get_option_at_index(place).prompt) for place in range(3)] == names
        await pilot.press("[", "/", "enter")  # what is typed looks for a label
        assert choice.value == names[0]
        choice.set_options([("[/y]", "y")])
        await pilot.pause()
        assert "[/y]" in str(choice.query("SelectCurrent Static").first().render())
