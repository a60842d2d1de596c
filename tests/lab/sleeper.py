"""A Limen without a screen in a process of its own, to be stopped and continued: one JSON line for each new snapshot.

    python -m tests.lab.sleeper FOLDER SSH_CONFIG URI
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.questions import QuestionDesk
from limen_tui.fleet.remoting import Remoting
from limen_tui.hypervisor.session import session_connector
from limen_tui.inventory import open_inventory
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host, HostSnapshot
from limen_tui.model.ports import Watch
from limen_tui.model.vm import VMLoad

LATE, NAP = 0.25, 5.0
"""Seconds between two looks that count at most, and those after which something is said at once."""


def rates(load: VMLoad) -> tuple[float | None, ...]:
    """Bytes a second that a VM moves."""
    return load.disk_rd_bps, load.disk_wr_bps, load.net_rx_bps, load.net_tx_bps


def line(snapshot: HostSnapshot, lived: float) -> str:
    """What is seen of a host now; ``lived`` are the seconds in which this process had a processor."""
    loads = [vm.load for vm in snapshot.vms.values()]
    return json.dumps({
        "state": snapshot.state.value, "problem": snapshot.problem.title if snapshot.problem else "",
        "lived": lived, "sampled_at": snapshot.sampled_at, "host_cpu": snapshot.load.cpu_pct,
        "cpu": [load.cpu_pct for load in loads if load.cpu_pct is not None],
        "bytes": [rate for load in loads for rate in rates(load) if rate is not None],
    })  # fmt: skip


def main() -> None:
    """Until it is killed."""
    folder, config, uri = sys.argv[1:4]
    fleets: list[Fleet] = []
    desk = QuestionDesk()

    def reconnect(host_id: str) -> None:
        fleets[0].reconnect(host_id)

    remoting = Remoting(desk, Path(folder) / "run", reconnect, ssh_config=[config])
    fleet = Fleet(
        (Host("h1", "kvm1", uri),), session_connector(transport=remoting.transport), open_inventory(None),
        clock=SystemClock(), actor=Actor("test", "test"), questions=desk, watchers=(remoting.watch_view,),
    )  # fmt: skip
    fleets.append(fleet)
    fleet.watch("h1", Watch(interval=1.0))
    fleet.start()
    said, lived, before = -1, 0.0, time.monotonic()
    while True:
        late = time.monotonic() - before
        lived, before = lived + min(LATE, late), time.monotonic()
        fleet.poll()
        snapshot = fleet.view.by_host["h1"]
        if snapshot.rev != said or late > NAP:
            said = snapshot.rev
            print(line(snapshot, lived), flush=True)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
