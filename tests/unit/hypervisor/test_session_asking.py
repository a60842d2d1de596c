"""A person may take their time: a session that waits for one is not stuck, and must not ask twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

from limen_tui.hypervisor.session import HostSession
from limen_tui.model.host import Host, HostState
from tests.unit.hypervisor.libvirt_daemon import wait_for


def test_a_sign_in_that_takes_long_is_not_taken_for_a_host_that_hangs() -> None:
    answered, calls = threading.Event(), []

    def transport(host: Host) -> tuple[str, Callable[[], None]]:
        calls.append(host.id)
        answered.wait(60)
        return "test:///default", lambda: None

    session = HostSession(
        Host("h1", "kvm1", "qemu+ssh://kvm1/system"),
        lambda event: None,
        transport=transport,
        connect_patience=0.2,
        give_up_after=0.4,
    )
    session.start()
    wait_for(lambda: calls, 60.0, what="the first attempt")
    deadline = threading.Event()
    for _ in range(12):
        deadline.wait(0.1)
        assert session.snapshot.state is HostState.CONNECTING
        session.refresh()
    assert calls == ["h1"], "it asked again while the person was typing"
    session._connect_patience = session._give_up_after = 60.0  # a busy machine is not a host that hangs, either
    answered.set()
    wait_for(lambda: session.snapshot.state is HostState.UP, 60.0, what="the host")
    assert calls == ["h1"]
    session.close()
    assert session.join(60)
