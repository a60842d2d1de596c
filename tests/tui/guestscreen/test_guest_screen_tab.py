"""The guest's screen in the app over simulated VMs, whose screens are served by a small VNC server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from limen_widgets.pixels import PixelView
from textual import events
from textual.widgets import Input, Static

from limen_tui.errors import ConnectError
from limen_tui.fleet.display import Phase, Ways
from limen_tui.model.rfb.des import vnc_response
from limen_tui.model.rfb.stills import decode
from limen_tui.tui.guestscreen import tab as tab_module
from limen_tui.tui.guestscreen.password import VNCPasswordDialog
from limen_tui.tui.guestscreen.reach import ReachDialog
from limen_tui.tui.guestscreen.tab import GuestScreenTab
from limen_tui.tui.main.screen import MainScreen
from limen_tui.tui.palette.picker import Picker
from limen_tui.tui.vm.screen import VMScreen
from tests.patience import rounds
from tests.tui.shell.world import World, running
from tests.unit.model.rfb.encoder import hello, raw, some_pixels, update

MENU = "ctrl+right_square_bracket"


async def until(world: World, condition: Callable[[], Any], what: str = "it") -> None:
    """Told time goes on, and real time for the display's thread."""
    for _ in rounds():
        await world.go_on(0.05)
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"waited in vain for {what}")


async def opened(world: World) -> GuestScreenTab:
    vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "running")
    world.app.main.show_vm(vm.key)
    await world.press("w")
    screen = world.app.screen
    assert isinstance(screen, VMScreen)
    await until(world, lambda: isinstance(screen.tab, GuestScreenTab) and screen.tab._shot is not None, "a picture")
    assert isinstance(screen.tab, GuestScreenTab)
    return screen.tab


def text(tab: GuestScreenTab) -> str:
    assert tab._shot is not None
    return "\n".join(tab._shot.text.plain() if tab._shot.text else ())


def status(tab: GuestScreenTab) -> str:
    return str(tab.query_one("#screen-status", Static).render())


async def test_w_shows_the_screen_as_text_and_keys_go_to_the_guest() -> None:
    async with running() as world:
        tab = await opened(world)
        assert tab._status.phase is Phase.LIVE
        assert "login: _" in text(tab)
        assert tab.query_one(PixelView).reads
        assert "live · 720x400 · as text" in status(tab)
        await world.press("q", "S", "colon", "1", "ctrl+c", "question_mark")
        await until(world, lambda: "login: qS:1c?_" in text(tab), "the keys")
        assert world.app._exit is False
        log = world.app.fleet.inventory.audit_entries
        once = [("vm.screen", "begun", "keys and pointer")]
        await until(world, lambda: [(e.action, e.result, e.detail) for e in log()] == once, "a line without keys")
        await world.press("backspace", "enter")
        await until(world, lambda: text(tab).count("login:") == 2, "another line")


async def test_the_escape_key_opens_a_menu_and_twice_leaves() -> None:
    async with running() as world:
        tab = await opened(world)
        await world.press(MENU)
        assert "Ctrl+Alt+Del" in status(tab)
        await world.press("escape", "a")
        await until(world, lambda: "login: a_" in text(tab), "a key after the menu")
        await world.press(MENU, MENU)
        assert not world.app.screen.keys_taken  # type: ignore[attr-defined]
        display = tab._display
        await world.press("escape")
        assert isinstance(world.app.screen, MainScreen)
        assert display is not None
        assert display.join(20), "nobody looks: nothing follows the screen"


async def test_what_a_terminal_cannot_send_is_picked() -> None:
    async with running() as world:
        tab = await opened(world)
        sent: list[Any] = []
        assert tab._display is not None
        tab._display.strokes = sent.extend  # type: ignore[method-assign]
        await world.press(MENU, "d")
        await world.press(MENU, "f")
        assert isinstance(world.app.screen, Picker)
        await world.press(*"ctrl+alt+f7", "enter")
        await world.press(MENU, "right_square_bracket")
        assert [stroke.events[0][0] for stroke in sent] == [0xFFE3] * 3
        assert [stroke.keysym for stroke in sent] == [0xFFFF, 0xFFC4, 0x5D]


async def test_a_paste_and_a_typed_text_reach_the_guest() -> None:
    async with running() as world:
        tab = await opened(world)
        tab.post_message(events.Paste("ab\u202ecd"))
        await until(world, lambda: "login: abcd_" in text(tab), "the paste")
        assert "1 that no key types" in world.notices()
        await world.press(MENU, "t")
        world.app.screen.query_one(Input).value = "EF"
        await world.press("enter")
        await until(world, lambda: "login: abcdEF_" in text(tab), "the text")


async def test_pixels_zoom_and_pan_and_back_to_text() -> None:
    async with running() as world:
        tab = await opened(world)
        view = tab.query_one(PixelView)
        await world.press(MENU, "x")
        assert not view.reads
        assert "whole" in status(tab)
        await world.press(MENU, "plus", "plus", "right", "down")
        assert view.window.scale < view.window.fitting
        assert view.window.origin > (0.0, 0.0)
        await world.press("0", "escape")
        assert view.window.zoom is None
        await world.press(MENU, "x")
        assert view.reads


async def test_by_pictures_keys_are_pressed_without_vnc_and_the_layout_is_said() -> None:
    async with running() as world:
        tab = await opened(world)
        await world.press(MENU, "p")
        await until(world, lambda: tab._status.phase is Phase.PICTURES, "pictures")
        assert "login: _" in text(tab)
        await world.press("a", "B", "exclamation_mark", "slash")
        await until(world, lambda: "login: aB!/_" in text(tab), "the keys")
        assert "US keys" in status(tab)
        await world.press(MENU, "p")
        await until(world, lambda: tab._status.phase is Phase.LIVE, "live again")


async def test_read_only_is_looked_at_only() -> None:
    async with running(read_only=True) as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "running")
        world.app.main.show_vm(vm.key)
        await world.press("w")
        tab = world.app.screen.tab  # type: ignore[attr-defined]
        await until(world, lambda: tab._status.problem is not None or tab._shot is not None, "an answer")
        assert tab.view_only
        await world.press("a")
        assert "read-only" in world.notices()


async def test_the_screen_is_saved_as_png_and_not_over_a_file(tmp_path: Path) -> None:
    async with running() as world:
        tab = await opened(world)
        path = tmp_path / "screen.png"
        for notice in ("Saved", "Not saved: File exists"):
            await world.press(MENU, "w")
            world.app.screen.query_one(Input).value = str(path)
            await world.press("enter")
            await until(world, lambda notice=notice: notice in world.notices(), notice)
        assert tab._shot is not None
        assert decode(path.read_bytes()) == tab._shot.still
        assert path.stat().st_mode & 0o777 == 0o600


async def test_a_vm_that_stops_has_no_screen_and_one_that_starts_has_one_again() -> None:
    async with running() as world:
        tab = await opened(world)
        host_id, uuid = tab.key
        from limen_tui.model.lifecycle import Verb

        world.app.fleet.call(host_id, lambda verbs: verbs.lifecycle(Verb.FORCE_OFF, uuid))
        await until(world, lambda: tab._display is None, "the end of the screen")
        assert "stopped: no screen" in str(tab.query_one("#waiting", Static).render())
        world.app.fleet.call(host_id, lambda verbs: verbs.lifecycle(Verb.START, uuid))
        await until(world, lambda: tab._shot is not None, "a picture of the new run")


async def test_without_a_display_the_way_from_elsewhere_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    async with running() as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "running")
        world.app.main.show_vm(vm.key)
        await world.press("V")
        await until(world, lambda: isinstance(world.app.screen, ReachDialog), "the dialog")
        lines = world.app.screen._lines  # type: ignore[attr-defined]
        assert any("VNC at 127.0.0.1:59" in line for line in lines)


class Guarded:
    """A VNC server that wants ``secret``, and shows one picture to who knows it."""

    def __init__(self) -> None:
        self.pixels = some_pixels(64, 48, 4)

    def __call__(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._serve, args=(ours,), daemon=True).start()
        return theirs

    def _serve(self, stream: socket.socket) -> None:
        challenge = bytes(range(16))
        with stream, contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may be left at any moment
            stream.sendall(b"RFB 003.008\n\1\2" + challenge)
            said = b""
            while len(said) < 12 + 1 + 16:
                if not (data := stream.recv(100)):
                    return
                said += data
            if said[13:29] != vnc_response("secret", challenge):
                stream.sendall(b"\0\0\0\1\0\0\0\5wrong")
                return
            stream.sendall(hello(64, 48)[14:] + update(raw(0, 0, self.pixels)))
            while stream.recv(1000):
                pass


async def test_a_password_is_asked_for_again_when_wrong_and_never_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Any:
        raise ConnectError("no pictures here")

    monkeypatch.setattr(tab_module, "ways_to", lambda fleet, key: Ways(Guarded(), none))
    async with running() as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "running")
        world.app.main.show_vm(vm.key)
        await world.press("w")
        tab = next(s for s in world.app.screen_stack if isinstance(s, VMScreen)).tab
        assert isinstance(tab, GuestScreenTab)
        for password in ("wrong", "secret"):
            await until(world, lambda: isinstance(world.app.screen, VNCPasswordDialog), "the question")
            dialog = world.app.screen
            field = dialog.query_one(Input)
            await world.press(*password, "enter")
            await until(world, lambda dialog=dialog: world.app.screen is not dialog, "the end of the dialog")
            assert field.value == ""
        await until(world, lambda: tab._shot is not None, "the picture")
        assert tab._shot is not None
        assert (tab._shot.still.width, tab._shot.text) == (64, None)
        assert "secret" not in repr(vars(tab._display))
