"""The one loop of all SSH connections."""

from __future__ import annotations

import threading
from functools import cache

import pytest

from limen_tui.remote import loop


def test_hosts_that_connect_side_by_side_share_one_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    inside, go_on = threading.Event(), threading.Event()

    def make() -> object:
        made.append(object())
        inside.set()
        go_on.wait(0.2)  # so that others come while the first is still at it
        return made[-1]

    monkeypatch.setattr(loop, "_the_loop", cache(make))
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(loop.remote_loop())) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert inside.wait(10)
    for thread in threads:
        thread.join(10)
    assert len(made) == 1
    assert got == made * 8
