"""The table on a real terminal: bytes typed in one write, and bytes written for one change."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import pytest

PROGRAM = """
import asyncio
from dataclasses import dataclass, replace
from limen_widgets.line_table import Column, LineTable
from textual.app import App

@dataclass(frozen=True)
class Row:
    id: int
    name: str

class Program(App):
    BINDINGS = [("t", "same"), ("u", "change"), ("r", "rest"), ("x", "leave")]
    def compose(self):
        yield LineTable([Column("name", "Name", lambda row: row.name, width=60)], lambda row: row.id)
    def on_mount(self):
        self.rows = [Row(n, f"machine-{n:05}") for n in range(1000)]
        self.query_one(LineTable).set_rows(self.rows)
    def action_same(self):
        for _ in range(10):
            self.query_one(LineTable).set_rows([replace(row) for row in self.rows])
    def action_change(self):
        self.rows = [replace(row, name="ALTERED") if row.id == 7 else row for row in self.rows]
        self.query_one(LineTable).set_rows(self.rows)
    async def action_rest(self):
        for _ in range(10):  # whatever is ready has its turn in each
            await asyncio.sleep(0.02)
        self._driver.write("AT-REST")
        self._driver.flush()
    def action_leave(self):
        self.exit(self.query_one(LineTable).cursor_key)

print("LEFT-AT", Program().run())
"""


class Program:
    """The program above on a terminal of 100 x 40."""

    def __init__(self) -> None:
        self.fd, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        env = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={**env, "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"},
            start_new_session=True,
        )
        os.close(inner)

    def until(self, needle: bytes) -> bytes:
        """All that it writes until ``needle`` is there."""
        seen, end = b"", time.monotonic() + 30
        while needle not in seen:
            ready, _, _ = select.select([self.fd], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{needle!r} was not written: {seen[-500:]!r}"
            seen += os.read(self.fd, 65536)
        return seen

    def rest(self) -> bytes:
        """What it still writes before it falls quiet: the first screen is painted more than once."""
        os.write(self.fd, b"r")
        return self.until(b"AT-REST")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.fd)


@pytest.fixture
def program() -> Iterator[Program]:
    made = Program()
    yield made
    made.close()


def test_keys_that_arrive_in_one_read_all_count(program: Program) -> None:
    program.until(b"machine-00030")
    os.write(program.fd, b"jjjjjx")
    program.until(b"LEFT-AT 5")


def test_equal_rows_write_nothing_and_one_change_writes_little(program: Program) -> None:
    screenful = len(program.until(b"machine-00038"))
    program.rest()
    os.write(program.fd, b"tu")
    written = program.until(b"ALTERED") + program.rest()
    # ten rounds of equal rows came before the one change: had they been painted, their names would be here
    assert b"machine-" not in written
    assert len(written) < screenful / 4
