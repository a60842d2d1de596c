"""The volumes of a pool on the screen: opened, looked into, filled, deleted, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Button, Input, Label

from limen_tui.model.jobs import JobState
from limen_tui.tui.dialogs.text import YesNoDialog
from limen_tui.tui.storage.bring import FetchDialog, UploadDialog
from limen_tui.tui.storage.pathinput import complete
from limen_tui.tui.storage.volumes import VolumesScreen
from limen_tui.tui.tablepanel import Details
from tests.jobs import images
from tests.tui.shell.world import World, running


async def until(world: World, condition: Callable[[], object], steps: int = 400) -> None:
    for _ in range(steps):
        await world.go_on(0.05)
        await world.pilot.pause(0.005)
        if condition():
            return
    raise AssertionError(f"in vain; on screen: {world.app.screen}, told: {world.notices()}")


async def open_pool(world: World) -> VolumesScreen:
    await world.press("3")
    table = world.app.main.panel.table
    await until(world, lambda: table.row_count >= 6)
    await world.press("g", "enter")
    screen = world.app.screen
    assert isinstance(screen, VolumesScreen)
    await until(world, lambda: screen.table.row_count)
    return screen


async def go_to(world: World, screen: VolumesScreen, wanted: Callable[..., object]) -> None:
    row = next(row for row in screen._rows() if wanted(row))
    assert screen.table.move_to((row.volume.pool, row.volume.path))
    await world.pilot.pause()


def words(screen: VolumesScreen, id: str) -> str:
    lines = screen.query_one(id, Details)._lines
    return "\n".join("".join(piece[0] for piece in line) for line in lines)


async def test_a_pool_opens_and_tells_who_uses_what() -> None:
    async with running() as world:
        screen = await open_pool(world)
        assert screen.pool == "default"
        await go_to(world, screen, lambda image: image.above)
        assert "kept:" in words(screen, "#volume-details")
        before = screen.table.row_count
        await world.press("o")
        assert screen.table.row_count < before
        assert all(image.kind != "disk" for image in screen._rows())
        await world.press("P")
        assert {image.volume.pool for image in screen._rows()} >= {"default"}
        await world.press("plus", *"../x", "enter")
        assert "not the path" in str(world.app.screen.query_one("#note", Label).content)
        world.app.screen.query_one("#text", Input).value = "/srv/[b]x.iso"
        await world.press("enter")
        await until(world, lambda: any(image.volume.path == "/srv/[b]x.iso" for image in screen._rows()))
        await go_to(world, screen, lambda image: image.volume.path == "/srv/[b]x.iso")
        await world.press("x")
        assert "is in no pool" in world.notices()
        await world.press("minus")
        await until(world, lambda: not any(image.volume.path == "/srv/[b]x.iso" for image in screen._rows()))
        await world.press("slash", *"debian", "enter")
        assert screen.table.rows_shown < screen.table.row_count
        await world.press("escape")
        assert screen.table.rows_shown == screen.table.row_count
        await world.press("escape")
        assert world.app.screen is world.app.main


async def test_a_key_looks_inside_none_reaches_vms_and_what_is_in_use_stays() -> None:
    async with running() as world:
        screen = await open_pool(world)
        await go_to(world, screen, lambda image: image.chain)
        await world.press("enter")
        await until(world, lambda: "inside" in words(screen, "#volume-details"))
        assert "changes on top of another file" in words(screen, "#volume-details")
        for wanted, why in ((lambda image: image.above, "on top of it"), (lambda image: image.users, "uses it")):
            await go_to(world, screen, wanted)
            await world.press("x")
            assert world.app.screen is screen
            assert why in world.notices()
        await world.press("s", "S", "D", "ctrl+d")
        assert world.app.screen is screen
        assert not world.app.fleet.acts.acts
        assert not world.app.fleet.jobs.jobs


async def test_an_image_is_uploaded_copied_and_deleted_by_keys(tmp_path: Path) -> None:
    (tmp_path / "tiny.qcow2").write_bytes(images.qcow2())
    async with running() as world:
        screen = await open_pool(world)

        def done(count: int) -> bool:
            return [job.state for job in world.app.fleet.jobs.jobs] == [JobState.DONE] * count

        await world.press("u")
        dialog = world.app.screen
        assert isinstance(dialog, UploadDialog)
        dialog.query_one("#path", Input).value = f"{tmp_path}/ti"
        await world.press("tab")
        await until(world, lambda: dialog.query_one("#path", Input).value == f"{tmp_path}/tiny.qcow2")
        await world.press("enter")
        await until(world, lambda: done(1))
        await until(world, lambda: any(image.volume.name == "tiny.qcow2" for image in screen._rows()))
        await go_to(world, screen, lambda image: image.volume.name == "tiny.qcow2")
        await world.press("c")
        await world.press(*"birch", "enter")
        await until(world, lambda: "into" in getattr(world.app.screen, "_title", ""))
        await world.press("v", "g", "0", "enter")
        await until(world, lambda: done(2))
        there = world.app.fleet.call(world.app.fleet.hosts[1].id, lambda v: v.storage.volume("vg0", "tiny.qcow2"))
        await until(world, there.done)
        assert there.result(0).pool == "vg0"
        await world.press("x", "y")
        await until(world, lambda: done(3))
        await until(world, lambda: not any(image.volume.name == "tiny.qcow2" for image in screen._rows()))


async def test_an_image_on_top_of_others_is_copied_as_one_after_a_question() -> None:
    async with running() as world:
        screen = await open_pool(world)
        chained = sorted((row for row in screen._rows() if row.chain), key=lambda row: row.volume.allocation)
        name = chained[0].volume.name
        await go_to(world, screen, lambda image: image.volume.name == name)
        await world.press("c")
        await world.press(*"birch", "enter")
        await until(world, lambda: "into" in getattr(world.app.screen, "_title", ""))
        await world.press(*"default", "enter")
        await until(world, lambda: isinstance(world.app.screen, YesNoDialog))
        assert f"{name} holds only the changes to" in world.app.screen._text
        await world.press("n")
        assert not world.app.fleet.jobs.jobs
        await world.press("c", *"birch", "enter")
        await until(world, lambda: "into" in getattr(world.app.screen, "_title", ""))
        await world.press(*"default", "enter")
        await until(world, lambda: isinstance(world.app.screen, YesNoDialog))
        await world.press("y")
        await until(world, lambda: world.app.fleet.jobs.jobs)
        (job,) = world.app.fleet.jobs.jobs
        assert job.steps[0].plan.op == "image.flatten"
        world.app.fleet.jobs.cancel(job.id)
        await until(world, lambda: world.app.fleet.jobs.job(job.id).state.is_over)


async def test_a_bad_file_is_told_in_the_dialog(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(images.qcow2(backing=b"[red]/etc/shadow\x1b[2J"))
    async with running() as world:
        await open_pool(world)
        await world.press("u")
        dialog = world.app.screen
        dialog.query_one("#path", Input).value = str(tmp_path / "bad")
        await world.press("enter")
        note = dialog.query_one("#note", Label)
        await until(world, lambda: "not usable" in str(note.content))
        assert "[red]/etc/shadow" in str(note.content) and "\x1b" not in str(note.content)
        assert world.app.screen is dialog
        await world.press("escape")
        assert not world.app.fleet.jobs.jobs


async def test_without_internet_the_dialog_says_how_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    async with running() as world:
        await open_pool(world)
        await world.press("I")
        dialog = world.app.screen
        assert isinstance(dialog, FetchDialog)
        assert "cloud.debian.org" in str(dialog.query_one("#url", Label).content)
        await world.press("enter")
        note = dialog.query_one("#note", Label)
        await until(world, lambda: "curl -fLO" in str(note.content))
        dialog.query_one("#address", Input).value = "file:///etc/shadow"
        dialog.query_one("#ok", Button).press()
        await until(world, lambda: "not an address" in str(note.content))


async def test_read_only_changes_nothing() -> None:
    async with running(read_only=True) as world:
        screen = await open_pool(world)
        for key in ("u", "I", "c", "x"):
            await world.press(key)
            assert world.app.screen is screen
            assert "read-only" in world.notices()


@pytest.mark.parametrize(("typed", "whole", "left"), [
    ("al", "alp", ("alpha.iso", "alpine.iso")), ("b", "beta/", ()), ("zz", "zz", ()), ("", "", None),
    ("alpha", "alpha.iso", ()), (".h", ".hidden", ()),
])  # fmt: skip
def test_paths_are_completed(tmp_path: Path, typed: str, whole: str, left: tuple[str, ...] | None) -> None:
    for name in ("alpha.iso", "alpine.iso", "evil\x1b[2J", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "beta").mkdir()
    path, names = complete(f"{tmp_path}/{typed}")
    assert path == f"{tmp_path}/{whole}"
    if left is not None:
        assert names == left
    assert not any("\x1b" in name for name in names)
