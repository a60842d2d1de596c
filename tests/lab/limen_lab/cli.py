"""lab: several KVM hosts on one machine, to try Limen on and to break.

  lab up N                       hosts 1..N: 2 wants a password ("lab", user pw), 3 is reachable only through 1,
                                 4 forbids forwarding, 5 has a host certificate. User nolibvirt may only read.
  lab down                       end everything and leave nothing behind
  lab status [--json]            what runs, with URIs
  lab hosts                      NAME URI, a line each
  lab exec K CMD...              run CMD inside host K
  lab client CMD...              run CMD with the lab's ssh settings as ~/.ssh
  lab vm K NAME [options]        a guest on host K (lab vm -h)
  lab cut K [drop|reject|link]   take host K off the network;  lab heal K
  lab forget K                   drop the SSH connections there are, silently; new ones pass; lab heal K undoes it
  lab slow K MS                  MS milliseconds later in each direction; 0 undoes it
  lab lossy K PERCENT [S]        so many frames lost, and S seconds of silence in every ten; 0 undoes it
  lab start|stop|kill|freeze|thaw|crash K libvirtd|sshd|virtlogd
  lab kill-qemu|freeze-qemu|thaw-qemu K DOMAIN
  lab rotate-hostkey K           a new host key, unknown to known_hosts
  lab fill K [MIB]               a pool "small" of 64 MiB with MIB left (default 0)
  lab reboot K                   power off and on

Environment: LIMEN_LAB_NAME, LIMEN_LAB_STATE, LIMEN_LAB_CACHE, LIMEN_LAB_ACCEL.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable

from tests.lab.limen_lab import client, faults, guests, hosts
from tests.lab.limen_lab.plan import Lab
from tests.lab.limen_lab.shell import LabError, alive


def status(lab: Lab) -> list[dict[str, object]]:
    """What runs."""
    rows: list[dict[str, object]] = []
    for number in lab.numbers():
        plan = lab.host(number)
        row: dict[str, object] = {
            "number": number, "name": plan.name, "address": plan.address, "uri": client.uri(lab, number),
            "via": plan.behind, "up": bool(alive(lab.folder(number) / "init.pid")),
            "ssh_config": str(lab.state / "client/config"),
        }  # fmt: skip
        if row["up"]:
            listed = hosts.run(lab, number, "virsh", "-q", "list", "--name", check=False, timeout=10)
            row["running"] = listed.split()
        rows.append(row)
    return rows


def _show_status(lab: Lab, as_json: bool) -> None:
    rows = status(lab)
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print("  ".join(f"{key}={value}" for key, value in row.items() if value not in (None, [])))
    if not rows:
        print("no lab hosts")


def _up(lab: Lab, count: int) -> None:
    began = time.monotonic()
    hosts.up(lab, count)
    print(f"{count} hosts up in {time.monotonic() - began:.1f} s; ssh settings in {lab.state}/client")


def _exec(lab: Lab, number: int, command: list[str]) -> None:
    words = hosts.inside(lab, number, *command)
    os.execvp(words[0], words)


def _dispatch(lab: Lab, verb: str, rest: list[str]) -> None:
    number = int(rest[0]) if rest and rest[0].isdigit() else 0
    commands: dict[str, Callable[[], object]] = {
        "up": lambda: _up(lab, number or 3),
        "down": lambda: hosts.down(lab),
        "status": lambda: _show_status(lab, "--json" in rest),
        "hosts": lambda: print("\n".join(f"{lab.host(n).name} {client.uri(lab, n)}" for n in lab.numbers())),
        "exec": lambda: _exec(lab, number, rest[1:]),
        "client": lambda: client.run(lab, rest),
        "vm": lambda: print(guests.vm(lab, rest)),
        "cut": lambda: faults.cut(lab, number, *rest[1:2]),
        "heal": lambda: faults.heal(lab, number),
        "forget": lambda: print(f"{faults.forget(lab, number)} connections"),
        "lossy": lambda: faults.lossy(lab, number, *map(float, rest[1:3])),
        "slow": lambda: faults.slow(lab, number, float(rest[1])),
        **{v: lambda: faults.daemon(lab, number, verb, rest[1]) for v in ("start", *faults.SIGNALS)},
        **{
            f"{v}-qemu": lambda: faults.qemu(lab, number, verb.removesuffix("-qemu"), rest[1])
            for v in ("kill", "freeze", "thaw")
        },
        "rotate-hostkey": lambda: faults.rotate_host_key(lab, number),
        "fill": lambda: faults.fill(lab, number, int(rest[1]) if len(rest) > 1 else 0),
        "reboot": lambda: hosts.reboot(lab, number),
    }
    if verb not in commands:
        raise LabError(f"unknown command {verb}\n\n{__doc__}")
    commands[verb]()


def main() -> int:
    """The command."""
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0
    try:
        _dispatch(Lab.here(), words[0], words[1:])
    except (LabError, IndexError, ValueError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0
