"""A host whose key changed shows both fingerprints and the line to remove, whole, on the smallest usual terminal."""

from __future__ import annotations

from dataclasses import replace

from limen_tui.model.host import HostState, Problem
from limen_tui.tui.hosts.panel import HostsPanel
from tests.tui.shell.world import running

KNOWN = "SHA256:gweAKkHZNbr3bQVgui4MeqPdfZRWae6+4sSkKGq4I8g"
OFFERED = "SHA256:u7f9uU9fpvpzU/bQpbE/TkC3zWNglO4fCJaGewM5L0c"
REMOVE = "ssh-keygen -R '[kvm-server-with-a-name.example.org]:2222' -f /home/ann/.ssh/known_hosts"


async def test_nothing_of_it_is_cut_off() -> None:
    problem = Problem(
        "THE HOST KEY OF root@kvm1 HAS CHANGED",
        f"known: ssh-ed25519 {KNOWN} (/home/ann/.ssh/known_hosts:41)\noffered: ssh-ed25519 {OFFERED}",
        f"Somebody may be listening in, or the host was installed anew. Only if you know why: {REMOVE}",
    )
    async with running((80, 24)) as world:
        await world.press("2")
        panel = world.app.screen.query_one(HostsPanel)
        row = panel.rows(world.app.fleet.view)[0]
        host = replace(row.host, state=HostState.NEEDS_AUTH, problem=problem)
        lines = ["".join(part[0] for part in line).strip() for line in panel.details(replace(row, host=host))]
    shown = lines[: panel.DETAIL_LINES]
    assert all(len(line) <= 79 for line in shown[1:])
    assert KNOWN in " ".join(shown)
    assert OFFERED in " ".join(shown)
    assert REMOVE in " ".join(shown)
