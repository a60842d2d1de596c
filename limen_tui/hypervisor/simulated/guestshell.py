"""What a simulated guest says on its serial line: a boot log, a login, a shell with a few commands. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from limen_tui.hypervisor.simulated.machine import Machine

KERNEL: Final = "6.1.0-28-amd64"
OK: Final = "[\x1b[0;32m  OK  \x1b[0m] "
BOOT: Final[tuple[tuple[float, str], ...]] = (
    (0.00, f"[    0.000000] Linux version {KERNEL} (debian-kernel@lists.debian.org) (gcc-12 12.2.0) #1 SMP"),
    (0.00, f"[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-{KERNEL} root=/dev/vda1 ro console=ttyS0,115200n8"),
    (0.01, "[    0.000000] BIOS-provided physical RAM map:"),
    (0.01, "[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable"),
    (0.02, "[    0.000000] NX (Execute Disable) protection: active"),
    (0.03, "[    0.000000] DMI: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.3-debian-1.16.3-2 04/01/2014"),
    (0.04, "[    0.000000] Hypervisor detected: KVM"),
    (0.10, "[    0.018203] smp: Bringing up secondary CPUs ..."),
    (0.15, "[    0.093412] smp: Brought up 1 node, {vcpus} CPUs"),
    (0.20, "[    0.121877] Memory: {memory}K available"),
    (0.40, "[    0.402117] Trying to unpack rootfs image as initramfs..."),
    (0.60, "[    0.611235] Serial: 8250/16550 driver, 4 ports, IRQ sharing enabled"),
    (0.70, "[    0.634551] 00:00: ttyS0 at I/O 0x3f8 (irq = 4, base_baud = 115200) is a 16550A"),
    (0.90, "[    0.871904] virtio_blk virtio2: [vda] 83886080 512-byte logical blocks (42.9 GB/40.0 GiB)"),
    (1.00, "[    0.902210]  vda: vda1 vda14 vda15"),
    (1.10, "[    1.044018] virtio_net virtio0 enp1s0: renamed from eth0"),
    (1.30, "[    1.310882] EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none."),
    (1.50, "[    1.502271] systemd[1]: systemd 252.31-1~deb12u1 running in system mode"),
    (1.50, "[    1.502930] systemd[1]: Detected virtualization kvm."),
    (1.60, ""),
    (1.60, "Welcome to \x1b[1mDebian GNU/Linux 12 (bookworm)\x1b[0m!"),
    (1.60, ""),
    (1.70, f"{OK}Created slice \x1b[0;1;39msystem-getty.slice\x1b[0m - Slice /system/getty."),
    (1.90, f"{OK}Reached target \x1b[0;1;39mlocal-fs.target\x1b[0m - Local File Systems."),
    (2.10, f"{OK}Started \x1b[0;1;39msystemd-journald.service\x1b[0m - Journal Service."),
    (2.30, f"{OK}Started \x1b[0;1;39msystemd-networkd.service\x1b[0m - Network Configuration."),
    (2.50, f"{OK}Started \x1b[0;1;39mqemu-guest-agent.service\x1b[0m - QEMU Guest Agent."),
    (2.70, f"{OK}Started \x1b[0;1;39mcron.service\x1b[0m - Regular background program processing daemon."),
    (2.90, f"{OK}Started \x1b[0;1;39mssh.service\x1b[0m - OpenBSD Secure Shell server."),
    (3.10, f"{OK}Started \x1b[0;1;39mserial-getty@ttyS0.service\x1b[0m - Serial Getty on ttyS0."),
    (3.20, f"{OK}Reached target \x1b[0;1;39mmulti-user.target\x1b[0m - Multi-User System."),
    (3.30, ""),
)
CTRL_C, CTRL_D, CTRL_L, CTRL_U = "\x03", "\x04", "\x0c", "\x15"


class GuestShell:
    """One boot of a guest. ``typed`` takes keys, ``said`` gives what it printed since."""

    def __init__(self, machine: Machine, now: Callable[[], float]) -> None:
        self._machine = machine
        self._now = now
        self._booted = machine.started_at or now()
        self._told = 0
        self._out: list[str] = []
        self._line = ""
        self._user = ""
        self._reading = "boot"
        self._endless: Iterator[str] | None = None
        self._escape = False

    @property
    def booted(self) -> float:
        """When the boot began, in Unix time."""
        return self._booted

    def said(self, limit: int) -> str:
        """At most about ``limit`` characters."""
        self._boot()
        while self._endless is not None and sum(map(len, self._out)) < limit:
            self._out.append(next(self._endless))
        text = "".join(self._out)
        self._out = [text[limit:]] if len(text) > limit else []
        return text[:limit]

    def _boot(self) -> None:
        age = self._now() - self._booted
        facts = self._machine.facts
        while self._told < len(BOOT) and BOOT[self._told][0] <= age:
            line = BOOT[self._told][1].replace("{vcpus}", str(facts.vcpus)).replace("{memory}", str(facts.memory_kib))
            self._out.append(f"{line}\r\n")
            self._told += 1
            if self._told == len(BOOT):
                self._ask_login()

    def typed(self, text: str) -> None:
        """Keys, as a terminal driver in the guest takes them."""
        self._boot()
        for char in text:
            if char == CTRL_C:
                self._interrupt()
            elif self._endless is None and self._told == len(BOOT):
                self._key(char)

    def _interrupt(self) -> None:
        self._endless = None
        self._line = ""
        if self._reading == "shell":
            self._out.append("^C\r\n")
            self._prompt()

    def _key(self, char: str) -> None:
        if self._escape:
            self._escape = not (char.isalpha() or char == "~")
        elif char == "\x1b":
            self._escape = True
        elif char in "\r\n":
            self._out.append("\r\n")
            line, self._line = self._line, ""
            self._enter(line)
        elif char in "\x7f\x08":
            if self._line:
                self._line = self._line[:-1]
                self._echo("\x08 \x08")
        elif char == CTRL_U:
            self._echo("\x08 \x08" * len(self._line))
            self._line = ""
        elif char == CTRL_D and not self._line and self._reading == "shell":
            self._enter("exit")
        elif char == CTRL_L and self._reading == "shell":
            self._out.append("\x1b[H\x1b[2J")
            self._prompt()
            self._out.append(self._line)
        elif char.isprintable() and len(self._line) < 200:
            self._line += char
            self._echo(char)

    def _echo(self, text: str) -> None:
        if self._reading != "password":
            self._out.append(text)

    def _enter(self, line: str) -> None:
        if self._reading == "login":
            self._user = line.strip()
            self._reading = "password" if self._user else "login"
            self._out.append("Password: " if self._user else f"\r\n{self._machine.name} login: ")
        elif self._reading == "password":
            self._reading = "shell"
            self._out.append(
                f"Linux {self._machine.name} {KERNEL} #1 SMP PREEMPT_DYNAMIC Debian x86_64\r\n\r\n"
                "This guest is simulated: any password is right. Try: help\r\n"
            )
            self._prompt()
        else:
            self._run(line.strip())

    def _ask_login(self) -> None:
        self._reading = "login"
        self._out.append(f"\r\nDebian GNU/Linux 12 {self._machine.name} ttyS0\r\n\r\n{self._machine.name} login: ")

    def _prompt(self) -> None:
        mark = "#" if self._user == "root" else "$"
        self._out.append(f"\x1b[01;32m{self._user}@{self._machine.name}\x1b[00m:\x1b[01;34m~\x1b[00m{mark} ")

    def _run(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "exit":
            self._out.append("logout\r\n")
            self._ask_login()
            return
        if word == "yes":
            self._endless = iter(lambda: f"{rest or 'y'}\r\n" * 64, "")
            return
        if word == "clear":
            self._out.append("\x1b[H\x1b[2J")
        elif word:
            text = answers(self._machine, self._user, self._now()).get(line)
            if text is None:
                text = rest if word == "echo" else f"-bash: {word}: command not found"
            self._out.append(text.replace("\n", "\r\n") + "\r\n")
        self._prompt()


def answers(machine: Machine, user: str, now: float) -> dict[str, str]:
    """What the commands say that the simulated shell knows."""
    facts = machine.facts
    up = int(now - (machine.started_at or now))
    mib = facts.memory_kib // 1024
    address = machine.ips[0] if machine.ips else "-"
    mac = facts.nics[0].mac if facts.nics else "-"
    return {
        "help": "help  hostname  whoami  uname -a  uptime  date  free -m  df -h  ip a  ls  echo TEXT  yes  clear  exit",
        "hostname": machine.name,
        "whoami": user,
        "uname -a": f"Linux {machine.name} {KERNEL} #1 SMP PREEMPT_DYNAMIC Debian x86_64 GNU/Linux",
        "uptime": f" {time.strftime('%H:%M:%S', time.gmtime(now))} up {up // 86400} days, "
                  f"{up % 86400 // 3600}:{up % 3600 // 60:02},  1 user,  load average: 0.42, 0.37, 0.31",
        "date": time.strftime("%a %b %e %H:%M:%S UTC %Y", time.gmtime(now)),
        "free -m": "               total        used        free      shared  buff/cache   available\n"
                   f"Mem:    {mib:12}{mib // 3:12}{mib // 4:12}{12:12}{mib - mib // 3 - mib // 4:12}{mib // 2:12}\n"
                   f"Swap:   {0:12}{0:12}{0:12}",
        "df -h": "Filesystem      Size  Used Avail Use% Mounted on\n"
                 "/dev/vda1        40G   11G   27G  29% /\n/dev/vda15      124M   12M  113M  10% /boot/efi",
        "ip a": f"2: enp1s0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n    link/ether {mac}\n"
                f"    inet {address}/16 scope global enp1s0",
        "ls": "\x1b[01;34mbackup\x1b[0m  \x1b[01;32mdeploy.sh\x1b[0m  notes.txt",
    }  # fmt: skip
