"""A host that was cut off is connected to as soon as its SSH server speaks again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from limen_tui.model.host import Host
from limen_tui.model.questions import NoAsker
from limen_tui.remote import nudge
from limen_tui.remote.connect import SignIn
from limen_tui.remote.nudge import Nudger
from tests.unit.hypervisor.libvirt_daemon import wait_for


class Mute:
    """Takes every call, as a forwarded port does, and speaks only while ``speaks``."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.calls = 0
        self.speaks = False
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                each, _ = self.listener.accept()
            except OSError:
                return
            if self.speaks:
                each.sendall(b"SSH-2.0-test\r\n")
            self._open.append(each)
            self.calls += 1

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for each in (*self._open, self.listener):
            each.close()


@pytest.fixture
def mute() -> Iterator[Mute]:
    made = Mute()
    yield made
    made.close()


def test_a_host_is_back_when_it_speaks_not_when_something_takes_the_call(
    mute: Mute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nudge, "EVERY", 0.05)
    monkeypatch.setattr(nudge, "PATIENCE", 0.3)
    (tmp_path / "config").write_text("")
    nudged: list[str] = []

    def nudge_once(host_id: str) -> None:
        nudged.append(host_id)
        nudger.watch({})

    nudger = Nudger(SignIn(NoAsker(), config=[str(tmp_path / "config")]), nudge_once)
    nudger.watch({"h1": Host("h1", "kvm", f"qemu+ssh://ann@127.0.0.1:{mute.port}/system")})
    try:
        wait_for(lambda: mute.calls >= 2, 60.0, what="two calls")
        assert nudged == []
        mute.speaks = True
        wait_for(lambda: nudged, 60.0, what="the nudge")
    finally:
        nudger.watch({})
    assert nudged == ["h1"]
