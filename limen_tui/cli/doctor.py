"""``limen doctor``: what is wrong on this machine, and the command that mends it. Main thread."""

from __future__ import annotations

import argparse
import grp
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from limen_tui import __version__
from limen_tui.cli import exits, output
from limen_tui.errors import LimenError
from limen_tui.fleet.compose import local_uri, open_store, store_path
from limen_tui.model.actions import ACTIONS
from limen_tui.model.units import clean
from limen_tui.settings import Settings, config_path, load_settings, validate_keymap

SYSTEMD = Path("/run/systemd/system")
"""There where systemd runs (sd_booted)."""
SOCKETS = {"/run/libvirt/libvirt-sock": "libvirtd", "/run/libvirt/virtqemud-sock": "virtqemud"}
"""Where libvirt listens, and the daemon behind it: the one for everything, or the one for QEMU alone."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    level: str
    """``ok``, ``warn`` or ``fail``."""
    what: str
    text: str
    mend: str = ""


def examine(arguments: argparse.Namespace) -> int:
    """Look at everything; exit code 1 when something fails."""
    findings = [finding for check in CHECKS for finding in check()]
    findings += _files(Path(arguments.config) if arguments.config else None)
    if arguments.json:
        output.as_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            print(clean(f"{finding.level:<4}  {finding.what:<18} {finding.text}"))
            if finding.mend:
                print(clean(f"      {'':<18} -> {finding.mend}"))
    return exits.FAILED if any(finding.level == "fail" for finding in findings) else exits.OK


def _versions() -> Iterator[Finding]:
    yield Finding("ok", "limen", f"{__version__} on Python {sys.version.split()[0]}")


def _socket() -> Iterator[Finding]:
    there = [Path(path) for path in SOCKETS if Path(path).exists()]
    if not there:
        yield Finding(
            "warn", "libvirt", "no system daemon listens on this machine",
            f"{_start_mend()} (not needed for remote hosts)",
        )  # fmt: skip
        return
    for path in there:
        yield _listening(path)


def _listening(path: Path) -> Finding:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(5.0)
        try:
            caller.connect(str(path))
        except PermissionError:
            return Finding("fail", "libvirt", f"{path} is closed to you", _group_mend())
        except OSError as error:
            mend = f"{_start_mend([SOCKETS[str(path)]])}; if it is only a file left behind: sudo rm {path}"
            return Finding("warn", "libvirt", f"{path} is there, but nothing answers: {error.strerror or error}", mend)
    return Finding("ok", "libvirt", f"{path} is open to you")


def _start_mend(daemons: Sequence[str] = ("libvirtd", "virtqemud")) -> str:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"  # a user's own has no sbin on Debian
    for daemon in daemons:
        if shutil.which(daemon, path=path) is not None:
            return f"sudo systemctl start {daemon}.socket" if SYSTEMD.exists() else f"sudo {daemon} -d"
    return "sudo apt-get install libvirt-daemon-system"


def _group_mend() -> str:
    try:
        members = grp.getgrnam("libvirt").gr_mem
    except KeyError:
        return "sudo usermod -aG libvirt $USER, then log in again"
    user = os.environ.get("USER", "")
    if user in members:
        return "you are in the group libvirt, but this login does not know yet: log out and in again"
    return "sudo usermod -aG libvirt $USER, then log in again"


def _hypervisor() -> Iterator[Finding]:
    answers, problems = local_uri()
    for uri, problem in problems:
        level = "warn" if answers else "fail"
        yield Finding(level, "hypervisor", f"{uri}: {problem.title}", problem.hint)
    if answers:
        yield Finding("ok", "hypervisor", f"{answers} answers")


def _kvm() -> Iterator[Finding]:
    if not Path("/dev/kvm").exists():
        yield Finding("warn", "kvm", "/dev/kvm is missing: guests here run under emulation, slowly",
                      "switch virtualisation on in the firmware, or nested virtualisation on the host")  # fmt: skip
    elif not os.access("/dev/kvm", os.R_OK | os.W_OK):
        yield Finding("warn", "kvm", "/dev/kvm is closed to you (the system daemon may still use it)",
                      _kvm_mend(Path("/dev/kvm").stat()))  # fmt: skip
    else:
        yield Finding("ok", "kvm", "/dev/kvm is open to you")


def _kvm_mend(device: os.stat_result) -> str:
    try:
        group = grp.getgrgid(device.st_gid).gr_name
    except KeyError:
        group = str(device.st_gid)  # usermod takes numbers, too
    joined = f"sudo usermod -aG {group} $USER, then log in again"
    if device.st_gid and device.st_mode & 0o060 == 0o060:
        return joined
    return "sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm; sudo usermod -aG kvm $USER, then log in again"


def _programs() -> Iterator[Finding]:
    for program, flag, why, package in (
        ("qemu-system-x86_64", "--version", "to run guests on this machine", "qemu-system-x86"),
        ("virsh", "--version", "a second opinion on what Limen shows", "libvirt-clients"),
        ("ssh", "-V", "only for transport=native and HashKnownHosts", "openssh-client"),
    ):
        if shutil.which(program) is None:
            yield Finding("warn", program, f"missing: {why}", f"sudo apt-get install {package}")
            continue
        try:
            done = subprocess.run([program, flag], capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            yield Finding("warn", program, f"does not run: {error}", f"sudo apt-get install --reinstall {package}")
            continue
        said = (done.stdout or done.stderr).strip().splitlines()
        yield Finding("ok", program, said[0] if said else "present")
    agent = os.environ.get("SSH_AUTH_SOCK")
    yield Finding("ok" if agent else "warn", "ssh agent", agent or "none",
                  "" if agent else "eval $(ssh-agent); ssh-add: else Limen asks for passphrases itself")  # fmt: skip


def _terminal() -> Iterator[Finding]:
    term, colour = os.environ.get("TERM", ""), os.environ.get("COLORTERM", "")
    if term in ("", "dumb"):
        level = "fail" if sys.stdout.isatty() else "warn"
        yield Finding(level, "terminal", f"TERM is {term or 'not set'}", "export TERM=xterm-256color")
    else:
        yield Finding("ok", "terminal", f"TERM={term}" + (f" COLORTERM={colour}" if colour else ""))
    encoding = (sys.stdout.encoding or "").lower()
    if "utf" not in encoding:
        yield Finding("fail", "encoding", f"{encoding or 'unknown'}: glyphs will break", "export LANG=C.UTF-8")
    if sys.stdout.isatty():
        size = shutil.get_terminal_size()
        small = size.columns < 80 or size.lines < 24
        yield Finding("warn" if small else "ok", "size", f"{size.columns}x{size.lines}",
                      "80x24 shows everything" if small else "")  # fmt: skip
    if os.environ.get("TMUX"):
        yield Finding("ok", "tmux", "for copying (Y): tmux set -g set-clipboard on")


def _files(config: Path | None) -> Iterator[Finding]:
    settings = Settings()
    try:
        settings = load_settings(config)
        # keys in tables and under Hosts are known to the screen alone, which looks at them when it starts
        keys = {name: text for name, text in settings.keymap.items() if not name.startswith(("table.", "hosts."))}
        validate_keymap(keys, ACTIONS, settings.source)
    except LimenError as error:
        yield Finding("fail", "config", f"{error}", error.hint)
    else:
        path = config or config_path()
        yield Finding("ok", "config", f"{path}" if path.exists() else f"defaults ({path} is not there)")
    yield from _inventory(settings)


def _inventory(settings: Settings) -> Iterator[Finding]:
    path = store_path(settings)
    if not path.exists():
        yield Finding("ok", "inventory", f"not made yet ({path})")
        return
    try:
        inventory = open_store(settings)
    except LimenError as error:
        yield Finding("fail", "inventory", f"{error}", error.hint)
        return
    if inventory.notice is not None:
        yield Finding("warn", "inventory", inventory.notice.title, inventory.notice.detail)
    yield Finding("ok", "inventory", f"{path}, {len(inventory.hosts())} hosts saved")
    inventory.close()


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _versions, _socket, _hypervisor, _kvm, _programs, _terminal,
)  # fmt: skip
