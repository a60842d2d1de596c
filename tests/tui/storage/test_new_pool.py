"""Pools made, switched and forgotten by key: the form as it is typed in, what is asked, refused and written down."""

from __future__ import annotations

from typing import Any

import pytest
from limen_widgets.tick import Tick
from textual.widgets import Button, Input, Label, Static

from limen_tui.errors import ConnectError
from limen_tui.hypervisor.simulated.storage import SimulatedStorage
from limen_tui.model.actions import BY_ID
from limen_tui.tui.creating.entries import Choice
from limen_tui.tui.help.screen import help_lines
from limen_tui.tui.keybar import KeyBar
from limen_tui.tui.storage.newpool import NewPoolDialog
from limen_tui.tui.tablepanel import Details
from tests.tui.shell.world import World, running
from tests.tui.storage.test_pools import all_off, audit, dialog_text, go_to, now, refused
from tests.tui.storage.test_volumes import until

STEPS = (
    "1. Define pool fast at /var/lib/libvirt/fast\n2. Make /var/lib/libvirt/fast where it is missing\n"
    "3. Start pool fast\n4. Start fast with the host\n"
    "What lies there already stays as it is, and shows as its volumes."
)  # fmt: skip


async def open_form(world: World, pool: str = "iso") -> Any:
    await go_to(world, pool)
    await world.press("n")
    dialog: Any = world.app.screen
    assert isinstance(dialog, NewPoolDialog)
    await until(world, lambda: dialog._pools)
    return dialog


def said(dialog: Any) -> str:
    return str(dialog.query_one("#note", Label).content)


async def fill(world: World, dialog: Any, **fields: str) -> None:
    for key, text in fields.items():
        dialog.query_one(f"#{key}", Choice if key in ("kind", "host") else Input).value = text
    await world.pilot.pause()


def pools_of(panel: Any, host_id: str) -> dict[str, Any]:
    return {pool.name: pool for pool in panel._answers[host_id][0]}


def forget_all(verbs: Any) -> None:
    for pool in verbs.pools():
        if pool.active:
            verbs.storage.stop(pool.name)
        verbs.pool_definitions.undefine(pool.name)


async def test_a_name_is_enough_and_the_steps_are_shown_before_they_are_done() -> None:
    async with running() as world:
        dialog = await open_form(world)
        panel = world.app.main.panel
        host_id, host_name = panel.table.cursor_row.host_id, panel.table.cursor_row.host_name
        assert dialog._host_id == host_id
        assert said(dialog) == "What is it to be called?\nThere are: default, vg0, iso"
        assert [row.id for row in dialog.query(".row") if row.display] == [
            "name-row", "host-row", "kind-row", "path-row", "autostart-row",
        ]  # fmt: skip
        await world.press("enter")  # not without a name
        assert world.app.screen is dialog
        await world.press("f", "a", "s", "t")
        assert said(dialog) == STEPS
        assert dialog.query_one("#path", Input).placeholder == "/var/lib/libvirt/fast"
        await world.press("enter")
        await until(world, lambda: "done on" in world.notices())
        await until(world, lambda: "fast" in pools_of(panel, host_id))
        made = pools_of(panel, host_id)["fast"]
        assert (made.path, made.kind, made.active, made.autostart) == ("/var/lib/libvirt/fast", "dir", True, True)
        assert audit(world) == [("pool.create", host_name, "ok", "Create pool fast")]


async def test_the_kind_says_which_fields_there_are_and_what_is_missing_is_asked_for() -> None:
    async with running() as world:
        dialog = await open_form(world)
        await fill(world, dialog, name="share", kind="netfs")
        assert [row.id for row in dialog.query(".row") if row.display][3:6] == ["source-row", "server-row", "path-row"]
        assert said(dialog).startswith("Exported:")
        dialog.query_one("#ok", Button).press()
        await world.pilot.pause()
        assert world.app.screen is dialog and world.app.focused.id == "source"
        await fill(world, dialog, source="/srv/export")
        assert said(dialog).startswith("Which server")
        await fill(world, dialog, server="nas1")
        assert said(dialog).startswith("1. Define pool share at /var/lib/libvirt/share, of nas1:/srv/export\n")
        await fill(world, dialog, kind="logical", source="vg9")
        assert not dialog.query_one("#path-row").display
        assert said(dialog).startswith("1. Define pool share at /dev/vg9\n2. Start pool share\n3.")
        dialog.query_one("#autostart", Tick).value = False
        await world.pilot.pause()
        assert "with the host" not in said(dialog)
        await fill(world, dialog, kind="fs", source="/dev/sdb1", path="/srv//x/")
        assert said(dialog).startswith("1. Define pool share at /srv/x, of /dev/sdb1\n2. Make /srv/x where")
        dialog.query_one("#ok", Button).press()
        panel: Any = world.app.main.panel
        await until(world, lambda: "share" in pools_of(panel, dialog._host_id))
        await until(world, lambda: pools_of(panel, dialog._host_id)["share"].active)
        made = pools_of(panel, dialog._host_id)["share"]
        assert (made.path, made.kind, made.autostart) == ("/srv/x", "fs", False)


@pytest.mark.parametrize(("fields", "problem"), [
    ({"name": "default"}, "A pool default is there already"),
    ({"name": "new", "path": "/srv/iso/"}, "The pool iso has that place"),
    ({"name": "new", "path": "srv"}, "must be absolute"),
    ({"name": "new", "path": "/srv/../etc"}, "without .."),
    ({"name": "../new"}, "A pool's name is a file name"),
    ({"name": "a\u202eb"}, "cannot be shown"),
    ({"name": "new", "kind": "logical", "source": "vg0/../x"}, "name of a volume group"),
    ({"name": "new", "kind": "fs", "source": "sdb1"}, "absolute path"),
])  # fmt: skip
async def test_what_cannot_be_is_said_as_it_is_typed(fields: dict[str, str], problem: str) -> None:
    async with running((80, 24)) as world:
        dialog = await open_form(world)
        await fill(world, dialog, **fields)
        assert problem in said(dialog)
        assert dialog.query_one("#note").has_class("dialog--problem") and "\u202e" not in said(dialog)
        await world.press("enter")
        assert world.app.screen is dialog and problem in said(dialog)
        await world.press("escape")
        assert world.app.screen is world.app.main and not audit(world)


async def test_another_host_has_names_of_its_own() -> None:
    async with running() as world:
        dialog = await open_form(world)
        first = dialog._host_id
        other = next(host for host in dialog._hosts if host != first)
        world.app.fleet.call(other, lambda verbs: verbs.storage.stop("vg0"))
        world.app.fleet.call(other, lambda verbs: verbs.pool_definitions.undefine("vg0"))
        await world.go_on()
        await fill(world, dialog, name="vg0", kind="logical", source="vg0")
        assert "is there already" in said(dialog)
        await fill(world, dialog, host=other)
        await until(world, lambda: said(dialog).startswith("1. Define pool vg0"))
        await world.press("enter")
        panel: Any = world.app.main.panel
        await until(world, lambda: "vg0" in pools_of(panel, other) and pools_of(panel, other)["vg0"].active)


async def test_a_host_that_does_not_tell_its_pools_is_no_hindrance(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as world:
        await go_to(world, "iso")

        def silent(_: object) -> None:
            raise ConnectError("It hangs")

        with monkeypatch.context() as patch:
            patch.setattr(SimulatedStorage, "pools", silent)
            await world.press("n")
            dialog: Any = world.app.screen
            await until(world, lambda: dialog._answers)
        await fill(world, dialog, name="fast")
        assert "What pools there are is not known: It hangs" in said(dialog)
        await world.press("enter")
        await until(world, lambda: "done on" in world.notices())


async def test_autostart_is_switched_and_shown() -> None:
    async with running() as world:
        panel = await go_to(world, "iso")
        host_name = panel.table.cursor_row.host_name
        for on in (False, True):
            await world.press("A")
            await until(world, lambda on=on: now(panel).autostart is on)
            lines = "".join(piece[0] for line in panel.query_one(Details)._lines for piece in line)
            assert ("autostart" in lines) is on
        assert "does not start with its host" in world.notices() and "starts with its host" in world.notices()
        assert audit(world) == [("pool.autostart", host_name, "ok", f"pool iso, {word}") for word in ("off", "on")]


async def test_a_pool_is_forgotten_after_a_question_that_says_what_stays() -> None:
    async with running() as world:
        panel = await go_to(world, "vg0")
        host_id, host_name = panel.table.cursor_row.host_id, panel.table.cursor_row.host_name
        await all_off(world, host_id)
        count, vms = now(panel).volumes, world.app.fleet.view.host(host_id).vms.values()
        await world.press("ctrl+d")
        await until(world, lambda: world.app.screen is not world.app.main)
        text = dialog_text(world)
        assert text.startswith(f"vg0 on {host_name}, with {count} volumes.\nIt is stopped, and its definition")
        assert "Its data stays where it is: /dev/vg0" in text
        await world.press("n")
        assert "vg0" in pools_of(panel, host_id) and not audit(world)
        await go_to(world, "default")
        await world.press("ctrl+d")
        await until(world, lambda: world.app.screen is not world.app.main)
        assert any(vm.name in dialog_text(world) for vm in vms) and "may not start without it" in dialog_text(world)
        await world.press("escape")
        await go_to(world, "vg0")
        await world.press("ctrl+d")
        await until(world, lambda: world.app.screen is not world.app.main)
        await world.press("y")
        await until(world, lambda: "vg0" not in pools_of(panel, host_id))
        await until(world, lambda: audit(world))
        assert audit(world) == [("pool.delete", host_name, "ok", "Delete pool vg0")]


async def test_a_pool_that_running_vms_need_is_not_forgotten() -> None:
    async with running() as world:
        panel = await go_to(world, "default")
        await world.press("ctrl+d")
        await until(world, lambda: "is in use" in world.notices())
        assert world.app.screen is world.app.main and now(panel).name == "default" and not audit(world)


async def test_a_host_without_pools_says_the_key_and_bar_and_help_name_what_is_true_here() -> None:
    async with running((80, 24)) as world:
        bar = world.app.main.query_one(KeyBar)
        panel = await go_to(world, "iso")
        assert "New VM" not in "".join(text for text, _ in bar._lines[0])  # n is a new pool here
        keys = panel.query_one("#storage-keys", Static)
        assert "n New" in str(keys.content) and "^d Delete" in str(keys.content)
        assert len(str(keys.content)) <= 78
        host_id = panel.table.cursor_row.host_id
        await all_off(world, host_id)
        world.app.fleet.call(host_id, forget_all)
        await world.press("ctrl+r")
        await until(world, lambda: not pools_of(panel, host_id))
        (row,) = [row for row in panel.rows(world.app.fleet.view) if row.host_id == host_id]
        assert row.note == "no storage pools: n makes one"
        assert panel.table.move_to(panel.identity(row))
        await world.press("n")
        assert isinstance(world.app.screen, NewPoolDialog) and world.app.screen._host_id == host_id
        told = "\n".join(line.plain for line in help_lines(world.app.keys, 120))
        assert "New pool" in told and "Pool autostart" in told and "Delete pool" in told
        await world.press("escape", "1")
        assert "New VM" in "".join(label for _, label, _ in bar._told)


async def test_read_only_refuses_each_with_the_reason() -> None:
    async with running(read_only=True) as world:
        await go_to(world, "iso")
        await refused(world, ("n", "A", "ctrl+d"), "read-only")
        assert not audit(world)
    async with running() as world:
        panel = await go_to(world, "iso")
        host_id = panel.table.cursor_row.host_id
        world.app.commands.do_host_read_only(panel.target())
        await until(world, lambda: world.app.fleet.view.host(host_id).host.read_only)
        await refused(world, ("n", "A", "ctrl+d"), "is read-only")
        await world.press("1")
        for action in ("pool.delete", "pool.autostart"):
            assert world.app.main.reason(BY_ID[action]) == "not on this screen"
