"""Hosts whose every answer takes long, as over a satellite: slow is not silent, and waiting is done side by side."""

from __future__ import annotations

import threading
import time

import pytest

from limen_tui.hypervisor.atonce import at_once
from limen_tui.hypervisor.connection import open_libvirt
from limen_tui.model.host import HostState
from tests.unit.hypervisor.conftest import Counting

ANSWER = 0.15
TICK = frozenset({"getAllDomainStats", "getCPUStats", "getMemoryStats"})


class Far(Counting):
    """A virConnect behind a long line: each call takes ``answer`` seconds, those of several threads together."""

    answer = ANSWER
    tick = ANSWER
    """Seconds of the calls of which a tick is made."""

    def __getattr__(self, name: str):
        call = super().__getattr__(name)

        def late(*args):
            time.sleep(self.tick if name in TICK else self.answer)
            return call(*args)

        return late


def test_calls_are_made_together_where_the_first_took_long():
    together = threading.Barrier(3, timeout=10)
    assert at_once([lambda: 0, *(lambda n=n: n + 0 * together.wait() for n in (1, 2, 3))], far=0.0) == [0, 1, 2, 3]


def test_calls_are_made_one_after_the_other_where_the_first_did_not():
    threads = at_once([threading.current_thread] * 3, far=60.0)
    assert threads == [threading.current_thread()] * 3


def test_what_one_of_them_raises_comes_after_all_have_ended():
    ended = []

    def fails():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        at_once([lambda: None, fails, lambda: ended.append(1)], far=0.0)
    assert ended == [1]


def test_a_far_host_that_answers_every_call_is_connecting_not_down(watch_host):
    seen = []
    host = watch_host(
        "test:///default", open=lambda uri, read_only: Far(open_libvirt(uri, read_only)), connect_patience=5 * ANSWER,
    )
    host.until(lambda snap: seen.append(snap.state) or snap.state is HostState.UP)
    assert set(seen) == {HostState.CONNECTING, HostState.UP}


def test_a_tick_of_several_slow_answers_is_no_silence(watch_host):
    lines = []

    def opener(uri, read_only):
        lines.append(Far(open_libvirt(uri, read_only)))
        return lines[-1]

    # a tick is three calls: longer in all than what is silence in one
    host = watch_host("test:///default", open=opener, stale_after=8 * ANSWER)
    host.up()
    lines[0].answer, lines[0].tick = 0, 4 * ANSWER
    ticks, seen = host.now.load.ticks, []
    host.until(lambda snap: seen.append(snap.state) or snap.load.ticks > ticks + 3)
    assert set(seen) == {HostState.UP}
