"""What a user of the lab has in ~/.ssh, and the lab's hosts as Limen takes them."""

from __future__ import annotations

import os
from pathlib import Path

from tests.lab.limen_lab.plan import Lab


def write(lab: Lab) -> Path:
    """ssh config and known_hosts for every host that is up; returns their folder."""
    folder = lab.state / "client"
    config, known = [], []
    for number in lab.numbers():
        plan = lab.host(number)
        jump = f"  ProxyJump {lab.host(plan.behind).name}\n" if plan.behind else ""
        config.append(f"Host {plan.name} {plan.address}\n  HostName {plan.address}\n{jump}")
        if not plan.certificate:
            key = (lab.folder(number) / "ssh/host.pub").read_text().split()[:2]
            known.append(f"{plan.name},{plan.address} {' '.join(key)}\n")
    authority = " ".join((folder / "ca.pub").read_text().split()[:2])
    known.append(f"@cert-authority {lab.host(5).name},{lab.host(5).address} {authority}\n")
    (folder / "known_hosts").write_text("".join(known))
    (folder / "config").write_text(
        "".join(config) + f"Host *\n  User root\n  IdentityFile {folder}/id_lab\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
        "  StrictHostKeyChecking yes\n  ControlMaster no\n"
    )
    (folder / "config").chmod(0o600)
    (folder / "hosts").write_text("".join(f"{lab.host(n).name} {uri(lab, n)}\n" for n in lab.numbers()))
    wrapper = folder / "bin/ssh"
    wrapper.parent.mkdir(exist_ok=True)
    # first in PATH: libvirt's own ssh then uses the lab's settings, also for jump hosts
    wrapper.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {folder}/config "$@"\n')
    wrapper.chmod(0o755)
    if "SUDO_UID" in os.environ:  # for whoever had the lab made: ssh takes no key that others may read
        for path in (folder, *folder.rglob("*")):
            os.chown(path, int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"]))
    return folder


def uri(lab: Lab, number: int) -> str:
    """The URI under which Limen reaches a host."""
    plan = lab.host(number)
    return f"qemu+ssh://{'pw' if plan.password_only else 'root'}@{plan.name}/system"


def run(lab: Lab, command: list[str]) -> None:
    """Become ``command``, with the lab's settings as ~/.ssh. Does not return."""
    folder = lab.state / "client"
    environment = dict(os.environ, PATH=f"{folder}/bin:{os.environ['PATH']}", SSH_AUTH_SOCK="")
    mount = 'mkdir -p ~/.ssh; mount --bind "$0" ~/.ssh; exec "$@"'
    os.execvpe("unshare", ["unshare", "-m", "sh", "-c", mount, str(folder), *command], environment)
