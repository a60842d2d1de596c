"""A guest's screen as the terminal's own picture: the real program on a pty whose other side can show pictures."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from limen_tui.hypervisor.simulated.screens import picture
from tests.tui.guestscreen.picture_terminal import PictureTerminal

PROGRAM = """
import sys
from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.settings import parse_settings
from limen_tui.tui.run import run
sim = simulated_fleet(7, 1, 20)
fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"))
sys.exit(run(fleet, parse_settings("[screen]\\ngraphics = '" + sys.argv[1] + "'"), demo=True))
"""
YES, NO = b"\x1b_Gi=31;OK\x1b\\\x1b[?62;4;22c", b"\x1b[?62;4;22c"
SILENT = b""
KITTY = {"TERM": "xterm-kitty", "TMUX": "", "STY": ""}
NONE = {"TERM": "xterm-256color", "TERM_PROGRAM": "", "KITTY_WINDOW_ID": "", "TMUX": "", "STY": ""}
MENU = b"\x1d"


@contextmanager
def opened(
    answer: bytes = YES, environ: dict[str, str] = KITTY, graphics: str = "auto", size: tuple[int, int] = (120, 40)
) -> Iterator[tuple[PictureTerminal, list[str]]]:
    """The screen of a VM as pixels, and the lines of text that are on it."""
    argv = [sys.executable, "-c", PROGRAM, graphics]
    terminal = PictureTerminal(argv, answer=answer, environ=environ, columns=size[0], rows=size[1])
    try:
        terminal.wait_text("backup10")
        terminal.key(b"w")
        terminal.wait_text("login: _")
        terminal.wait_text("as text")
        yield terminal, guest_lines(terminal)
    finally:
        terminal.close()


def guest_lines(terminal: PictureTerminal) -> list[str]:
    lines = terminal.screen.display[2:]
    first = next(at for at, line in enumerate(lines) if "tty1" in line)
    left = len(lines[first]) - len(lines[first].lstrip())
    shown = [line[left : left + 80] for line in lines[first:-2]]
    last = max(at for at, line in enumerate(shown) if "login:" in line)
    return shown[: last + 1]


def as_picture(terminal: PictureTerminal, lines: list[str]) -> None:
    """Ask for pixels, and get the guest's."""
    terminal.key(MENU + b"x")
    wait_for_picture(terminal, lines)


def wait_for_picture(terminal: PictureTerminal, lines: list[str]) -> None:
    pictures, expected = terminal.pictures, (720, 400, picture(tuple(lines)))

    def there() -> bool:
        return len(pictures.shown) == 1 and pictures.images == dict.fromkeys(pictures.shown, expected)

    terminal.wait(there, "the guest's pixels")


def blocks(terminal: PictureTerminal) -> bool:
    return any("▀" in line for line in terminal.screen.display)


def test_the_terminal_gets_the_guests_pixels_and_those_of_what_is_typed() -> None:
    with opened() as (terminal, lines):
        assert terminal.pictures.commands == 0, "text is shown as text, and nobody is asked"
        as_picture(terminal, lines)
        (shown,) = terminal.pictures.shown.values()
        assert {name: shown.keys[name] for name in "xywhcr"} == {
            "x": "0", "y": "0", "w": "720", "h": "400", "c": "120", "r": "34",
        }  # fmt: skip
        assert (shown.column, shown.row) == (0, 3)
        terminal.wait(lambda: not blocks(terminal), "empty cells under it")
        terminal.key(b"a")
        wait_for_picture(terminal, [*lines[:-1], lines[-1].replace("_", "a_")])


def test_no_bytes_when_idle() -> None:
    with opened() as (terminal, lines):
        as_picture(terminal, lines)
        terminal.wait(lambda: not blocks(terminal), "empty cells under it")
        terminal.quiet(0.5)
        commands, before = terminal.pictures.commands, len(terminal.raw)
        for _ in range(20):
            terminal.pump(0.1)
        assert terminal.pictures.commands == commands
        assert len(terminal.raw) - before < 2000, "the VM's figures, not its picture"


@pytest.mark.parametrize(("key", "back"), [(MENU + b"f", b"\x1b"), (MENU + b"t", b"\x1b"), (MENU + b"w", b"\x1b")])
def test_what_lies_above_takes_the_picture_away(key: bytes, back: bytes) -> None:
    with opened() as (terminal, lines):
        as_picture(terminal, lines)
        terminal.key(key)
        terminal.wait(lambda: not terminal.pictures.images, "the end of the picture")
        assert not terminal.pictures.shown
        terminal.wait(lambda: blocks(terminal), "half blocks in its place")
        terminal.key(back)
        wait_for_picture(terminal, lines)


def test_help_a_notice_and_another_tab_take_it_away_and_it_comes_back() -> None:
    with opened() as (terminal, lines):
        as_picture(terminal, lines)
        terminal.key(MENU + b"y")  # a notice, below the picture
        terminal.wait_text("Copied")
        assert terminal.pictures.images
        terminal.key("\x1b[200~\u202e\x1b[201~".encode())  # a paste that no key types: a second one, over it
        terminal.wait(lambda: not terminal.pictures.images, "the notices")
        wait_for_picture(terminal, lines)
        terminal.key(MENU * 2)
        terminal.wait(lambda: terminal.quiet(0.3) is None, "rest")
        assert terminal.pictures.images
        terminal.key(b"?")
        terminal.wait(lambda: not terminal.pictures.images, "the help")
        terminal.key(b"\x1b")
        wait_for_picture(terminal, lines)
        terminal.key(b"1")
        terminal.wait(lambda: not terminal.pictures.images, "another tab")
        terminal.quiet(0.5)
        assert not terminal.pictures.shown


def test_zoom_and_menu_move_it_without_sending_it_again() -> None:
    with opened() as (terminal, lines):
        as_picture(terminal, lines)
        sent = len(re.findall(rb"a=t,", terminal.raw))
        terminal.key(MENU + b"+")
        terminal.wait(lambda: [s.keys["w"] for s in terminal.pictures.shown.values()] == ["480"], "a part of it")
        terminal.key(b"\x1b[C")
        terminal.wait(lambda: [s.keys["x"] for s in terminal.pictures.shown.values()] == ["240"], "another part")
        terminal.key(b"0\x1b")
        terminal.wait(lambda: [s.keys["w"] for s in terminal.pictures.shown.values()] == ["720"], "all of it")
        assert len(re.findall(rb"a=t,", terminal.raw)) == sent


@pytest.mark.parametrize("answer", [SILENT, NO, b"\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\" + NO])
def test_a_terminal_that_says_nothing_or_no_gets_blocks_and_nothing_is_typed(answer: bytes) -> None:
    with opened(answer) as (terminal, lines):
        terminal.key(MENU + b"x")
        terminal.wait(lambda: terminal.pictures.queries == 1, "the question")
        terminal.wait(lambda: blocks(terminal), "half blocks")
        terminal.key(b"bc" + MENU)
        terminal.wait_text("Ctrl+Alt+Del")
        terminal.key(b"x")
        terminal.wait_text("login: bc_")
        assert guest_lines(terminal) == [*lines[:-1], lines[-1].replace("_  ", "bc_")]
        assert terminal.pictures.commands == 1


def test_an_answer_in_pieces_and_among_keys_is_neither_typed_nor_lost() -> None:
    with opened(SILENT) as (terminal, lines):
        terminal.key(MENU + b"x")
        terminal.wait(lambda: terminal.pictures.queries == 1, "the question")
        for piece in (b"a\x1b_G", b"i=31;O", b"K\x1b", b"\\b\x1b[?6", b"2;4cd"):
            terminal.key(piece)
            terminal.pump(0.02)
        wait_for_picture(terminal, [*lines[:-1], lines[-1].replace("_   ", "abd_")])


@pytest.mark.parametrize(("environ", "graphics"), [
    (NONE, "auto"), ({**KITTY, "TMUX": "/tmp/x,1,0"}, "auto"), (KITTY, "blocks"),
])  # fmt: skip
def test_others_are_not_even_asked(environ: dict[str, str], graphics: str) -> None:
    with opened(YES, environ, graphics) as (terminal, _):
        terminal.key(MENU + b"x")
        terminal.wait(lambda: blocks(terminal), "half blocks")
        terminal.quiet(0.5)
        assert terminal.pictures.commands == 0


def test_who_wants_it_may_ask_any_terminal() -> None:
    with opened(YES, NONE, "kitty") as (terminal, lines):
        as_picture(terminal, lines)


def test_another_program_gets_a_terminal_without_the_picture(tmp_path: Path) -> None:
    (tmp_path / "ssh").write_text("#!/bin/sh\necho INSIDE-SSH\nread line\n")
    (tmp_path / "ssh").chmod(0o700)
    with opened(environ={**KITTY, "PATH": f"{tmp_path}:{os.environ['PATH']}"}) as (terminal, lines):
        as_picture(terminal, lines)
        terminal.key(MENU * 2)
        terminal.quiet(0.3)
        terminal.key(b"o")
        terminal.wait_text("Address")
        terminal.key(b"\r")
        terminal.wait_text("INSIDE-SSH")
        assert not terminal.pictures.images
        terminal.key(b"\n")
        wait_for_picture(terminal, lines)


def test_the_end_takes_it_away() -> None:
    with opened() as (terminal, lines):
        as_picture(terminal, lines)
        os.kill(terminal.pid, signal.SIGTERM)
        terminal.wait(lambda: not terminal.pictures.images, "the end of the picture")


def test_a_terminal_that_does_not_keep_up_gets_the_newest_picture_and_not_all() -> None:
    typed = "abcdefghijklmnopqrst"
    with opened() as (terminal, lines):
        as_picture(terminal, lines)
        terminal.quiet(0.3)
        sent = len(re.findall(rb"a=t,", terminal.raw))
        for letter in typed:  # and nothing is read
            terminal.key(letter.encode())
            at_rest(terminal)
        wait_for_picture(terminal, [*lines[:-1], lines[-1].replace("_" + " " * len(typed), typed + "_")])
        assert len(re.findall(rb"a=t,", terminal.raw)) - sent <= 3


def at_rest(terminal: PictureTerminal) -> None:
    """Until the program has done what it can without being read: its CPU time stands still."""
    before, pause = -1.0, threading.Event()
    while (now := terminal.cpu_seconds()) != before:
        before = now
        pause.wait(0.06)
