"""Bringing hosts up and taking them down again, with nothing left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.lab.limen_lab import client, files, network
from tests.lab.limen_lab.plan import HostPlan, Lab
from tests.lab.limen_lab.shell import LabError, alive, end, record, sh, wait_for

INIT = Path(__file__).with_name("host-init.sh")
NEEDED = ("libvirtd", "virtlogd", "virsh", "qemu-img", "qemu-system-x86_64", "sshd", "ip", "iptables", "nsenter",
          "dnsmasq", "openssl")  # fmt: skip


def check_machine() -> None:
    """Root, and the programs a host is made of. Raises ``LabError`` that says what to install."""
    if os.geteuid():
        raise LabError("the lab needs root (it makes network namespaces)")
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [name for name in NEEDED if shutil.which(name, path=path) is None]
    if missing:
        raise LabError(f"missing: {', '.join(missing)}; `make test` installs them")


def up(lab: Lab, count: int) -> None:
    """Hosts 1 to ``count``; those that run are left alone."""
    check_machine()
    lab.state.mkdir(parents=True, exist_ok=True)
    network.up(lab)
    plans = [lab.host(number) for number in range(1, count + 1)]
    jumps = {plan.behind for plan in plans}
    for plan in plans:
        if not alive(lab.folder(plan.number) / "init.pid"):
            _begin(lab, plan, count, plan.number in jumps)
    for plan in plans:
        if not alive(lab.folder(plan.number) / "init.pid"):
            _wait(lab, plan)
    client.write(lab)


def _begin(lab: Lab, plan: HostPlan, count: int, jump: bool) -> None:
    folder = files.write(lab, plan, count)
    network.plug(lab, plan, jump)
    (folder / "ready").unlink(missing_ok=True)
    with (folder / "logs/init.log").open("a") as log:
        outer = subprocess.Popen(
            ["bash", str(INIT), "outer", plan.name, str(folder), str(lab.state), str(lab.octet)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    record(folder / "outer.pid", outer.pid)
    outer.returncode = 0  # it outlives us: `lab down` ends it by its record


def _wait(lab: Lab, plan: HostPlan) -> None:
    folder = lab.folder(plan.number)
    wait_for((folder / "ready").exists, 100, f"{plan.name} (see {folder}/logs)")
    outer = alive(folder / "outer.pid")
    children = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()
    record(folder / "init.pid", int(children[0]))


def down(lab: Lab) -> None:
    """End every host and remove all that was made."""
    for number in lab.numbers():
        end_host(lab, number)
    network.down(lab)
    shutil.rmtree(lab.state, ignore_errors=True)


def end_host(lab: Lab, number: int) -> None:
    """Kill PID 1 of a host: the kernel takes every process in it along, QEMU and sshd included."""
    folder, plan = lab.folder(number), lab.host(number)
    for name in ("slow.pid", "init.pid", "outer.pid"):
        end(folder / name)
    network.unplug(lab, plan)
    for group in Path("/sys/fs/cgroup").glob(f"*/{plan.name}"):
        with contextlib.suppress(LabError):
            wait_for(lambda group=group: _emptied(group), 2, f"{group} to empty")


def _emptied(group: Path) -> bool:
    for path in sorted((p for p in group.rglob("*") if p.is_dir()), reverse=True):
        with contextlib.suppress(OSError):
            path.rmdir()
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def reboot(lab: Lab, number: int) -> None:
    """As if the power had gone: the host's processes end at once and it starts again. Its disks stay."""
    count = max(lab.numbers())
    end_host(lab, number)
    jumps = {lab.host(n).behind for n in lab.numbers()}
    plan = lab.host(number)
    _begin(lab, plan, count, number in jumps)
    _wait(lab, plan)


def inside(lab: Lab, number: int, *command: object) -> list[str]:
    """The command line that runs ``command`` in a host. Raises ``LabError`` when it is not up."""
    pid = alive(lab.folder(number) / "init.pid")
    if not pid:
        raise LabError(f"{lab.host(number).name} is not up")
    return ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "-C", "--", *map(str, command)]


def run(lab: Lab, number: int, *command: object, check: bool = True, **more: object) -> str:
    """Run ``command`` in a host and return what it says."""
    return sh(*inside(lab, number, *command), check=check, **more).stdout.strip()
