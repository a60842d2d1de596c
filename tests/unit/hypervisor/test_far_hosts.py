"""Hosts whose every answer takes long, as over a satellite: slow is not silent, and waiting is done side by side."""

from __future__ import annotations

import threading
import time

import pytest

from limen_tui.hypervisor.atonce import at_once
from limen_tui.hypervisor.connection import open_libvirt
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import HostState
from limen_tui.model.ports import Watch
from tests.unit.hypervisor.conftest import Counting

ANSWER = 0.15
"""Seconds that an answer takes."""
LATE = 0.04
"""Seconds that one really takes: enough for the others to be asked side by side."""
TICK = frozenset({"getAllDomainStats", "getCPUStats", "getMemoryStats"})


class Line(SystemClock):
    """The time on a long line: what its answers take, and a twentieth of what passes besides, for on a busy machine
    a thread may have to wait for its turn as long as for an answer."""

    def __init__(self) -> None:
        self._answers = 0.0
        self._lock = threading.Lock()

    def mono(self) -> float:
        return self._answers + super().mono() / 20

    def answer(self, seconds: float, look) -> None:
        """An answer comes, those of several threads together; ``look`` just before it does."""
        with self._lock:
            at = self._answers + seconds
        time.sleep(LATE if seconds else 0.0)
        with self._lock:
            self._answers = max(self._answers, at)
        look()


class Far(Counting):
    """A virConnect behind a long line: each call takes ``answer`` seconds. What is shown at their ends is ``seen``."""

    def __init__(self, raw, line: Line, session) -> None:
        super().__init__(raw)
        self.answer = self.tick = ANSWER
        self.line, self.session, self.seen = line, session, []

    def look(self) -> None:
        self.seen.append(self.session().snapshot.state)

    def __getattr__(self, name: str):
        call = super().__getattr__(name)

        def late(*args):
            self.line.answer(self.tick if name in TICK else self.answer, self.look)
            return call(*args)

        return late


@pytest.fixture
def far_host(watch_host):
    """Makes a session over a long line; and the line's ends, one for each connection."""

    def make(**patience):
        line, ends, hosts = Line(), [], []

        def opener(uri, read_only):
            ends.append(Far(open_libvirt(uri, read_only), line, lambda: hosts[0].session))
            return ends[-1]

        hosts.append(watch_host(
            "test:///default", start=False, open=opener, clock=line, watch=Watch(interval=0.01), **patience,
        ))
        return hosts[0].start(), ends

    return make


def test_calls_are_made_together_where_the_first_took_long():
    together = threading.Barrier(3, timeout=60)
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


def test_a_far_host_that_answers_every_call_is_connecting_not_down(far_host):
    host, ends = far_host(connect_patience=5 * ANSWER)
    host.up()
    (end,) = ends
    before = end.seen[: end.calls.index("getAllDomainStats")]
    assert set(before) == {HostState.CONNECTING}
    assert len(before) > 8, "in all they take longer than what is silence in one"


def test_a_tick_of_several_slow_answers_is_no_silence(far_host):
    # a tick is three calls: longer in all than what is silence in one
    host, ends = far_host(stale_after=8 * ANSWER)
    host.up()
    (end,) = ends
    end.answer, end.tick = 0, 4 * ANSWER
    ticks = host.now.load.ticks
    host.until(lambda snap: snap.load.ticks > ticks + 3)
    assert set(end.seen[end.seen.index(HostState.UP):]) == {HostState.UP}
    assert end.seen.count(HostState.UP) > 6
