"""``limen ssh VM``: into a guest with this machine's ssh, through the VM's host. Main thread.

Limen waits for ssh and passes its exit code on: it does not replace itself, for then its sockets would stay behind.
"""

from __future__ import annotations

import argparse
import os
import select
import shlex
import signal
import subprocess
from typing import Final

from limen_tui.cli import output
from limen_tui.cli.asking import ask
from limen_tui.cli.resolve import require_up, vms_named
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import Conflict, InputError, LimenError, NotFound, StepFailed
from limen_tui.fleet import guestacts, guestssh
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.units import clean
from limen_tui.model.vm import VM

SIGNALLED: Final = 128
PASSED_ON: Final = (signal.SIGTERM, signal.SIGHUP)
ASK_SECONDS: Final = 10.0
"""For the addresses: a guest agent that hangs must not keep one from an address that is known already."""


def ssh(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """Find the guest's address and the way, then run ssh; its exit code."""
    if arguments.user:
        guestssh.check_user(arguments.user)
    waiter = Waiter(fleet)
    waiter.reach_named(arguments, needed=not arguments.address)
    user, vm = _vm(fleet, arguments)
    way, direct = _way(fleet, waiter, vm, user, arguments)
    host = fleet.view.host(vm.key.host_id)
    config = fleet.links.ssh_config if fleet.links is not None else ""
    words = guestssh.command(way, None if host is None else host.host, config=config) + arguments.command
    if arguments.print:
        print(shlex.join(words))
        return 0
    if arguments.demo:
        raise InputError("There is nobody to reach: the VMs of the demo are simulated", hint="--print shows the words.")
    if user or arguments.direct or arguments.through:
        guestssh.remember(fleet.inventory, vm.key, way.user, direct=direct)
    guestacts.note(fleet, vm, "vm.ssh", way.label)
    fleet.close()  # ssh may stay open for days: nobody is to be sampled meanwhile
    return _run(words, way)


def _vm(fleet: Fleet, arguments: argparse.Namespace) -> tuple[str, VM]:
    """The user that was named, if any, and the VM; ``root@web1`` names both, unless a VM is called so."""
    every, name, user = fleet.view.vms, str(arguments.name), str(arguments.user)
    front, at, back = name.partition("@")
    if at and not user and not any(name == vm.name for vm in every):
        guestssh.check_user(front)
        name, user = back, front
    [vm] = vms_named([name], every, arguments.host)
    return user, vm


def _way(
    fleet: Fleet, waiter: Waiter, vm: VM, user: str, arguments: argparse.Namespace
) -> tuple[guestssh.Way, bool]:
    """The way, and whether it goes past the host. Raises ``Conflict``, ``NotFound`` where there is none."""
    kept_user, kept_direct = guestssh.remembered(fleet.inventory, vm.key)
    direct = arguments.direct or (kept_direct and not arguments.through)
    found = [arguments.address] if arguments.address else _addresses(fleet, waiter, vm)
    host = fleet.view.host(vm.key.host_id)
    jump = "" if direct or host is None else guestssh.jump_of(host.host)
    return guestssh.Way(user or kept_user or "root", found[0], jump), direct


def _addresses(fleet: Fleet, waiter: Waiter, vm: VM) -> list[str]:
    if not vm.state.is_active and not vm.stale:
        raise Conflict(f"{clean(vm.name)} is {vm.state.value}", hint=f"limen start {shlex.quote(clean(vm.name))}")
    try:
        nics = ask(fleet, waiter, vm.key.host_id, lambda verbs: verbs.agent.addresses(vm.key.uuid), ASK_SECONDS)
    except LimenError:
        nics = ()  # what the leases said is known all the same
    if not (found := guestssh.addresses(nics, vm.ips)):
        if (host := fleet.view.host(vm.key.host_id)) is not None:
            require_up(host)
        raise NotFound(f"No address of {clean(vm.name)} is known", "neither a lease, nor the agent, nor ARP tells one",
                       "Say --address ADDRESS.")  # fmt: skip
    return list(found)


def _run(words: list[str], way: guestssh.Way) -> int:
    """ssh has the terminal, and ctrl+c; what is to end Limen ends ssh."""
    output.say(f"limen: ssh to {clean(way.label)}")
    heard: list[int] = []
    # a handler, unlike SIG_IGN, is not handed down: ctrl+c is ssh's
    old = {signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None)}
    old |= {number: signal.signal(number, lambda got, _: heard.append(got)) for number in PASSED_ON}
    try:
        code = _wait(subprocess.Popen(words), heard)
    except OSError as error:
        raise StepFailed("ssh cannot be started", error.strerror or "", "Install openssh-client.") from error
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
    return code if code >= 0 else SIGNALLED - code


def _wait(child: subprocess.Popen[bytes], heard: list[int]) -> int:
    """Its exit code. What is heard meanwhile is passed on, also what the kernel gave to another thread of ours: then
    nothing would interrupt a plain wait."""
    try:
        end = os.pidfd_open(child.pid)
    except OSError:  # an old kernel, or a container that forbids it
        return child.wait()
    ears, bell = os.pipe()
    os.set_blocking(ears, False)
    os.set_blocking(bell, False)
    before = signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
    try:
        while child.poll() is None:
            while heard:
                child.send_signal(heard.pop())
            if ears in select.select([end, ears], [], [])[0]:
                os.read(ears, 1024)
    finally:
        signal.set_wakeup_fd(before)
        for number in (ears, bell, end):
            os.close(number)
    return child.returncode
