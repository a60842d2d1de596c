"""What the guest agent says, as lines. May import model. UI thread. All of it comes from inside the guest."""

from __future__ import annotations

from collections.abc import Sequence
from time import localtime, strftime

from limen_tui.errors import LimenError
from limen_tui.model.units import UNKNOWN, clean, size
from limen_tui.model.verbs.agent import AgentVersion, GuestInfo, GuestNic
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.cells import heat
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.fleet.strip import DIM, KINDS
from limen_tui.tui.vm.facts import fact, heading

SKEWED = 2.0
"""Seconds from which a clock is called wrong."""


def health_lines(answer: GuestInfo | LimenError | None, reason: str, version: AgentVersion | None) -> list[Line]:
    """Whether the agent answers, and if not why and what to do."""
    if reason:
        return [fact("Guest agent", f"– {reason}", "dim")]
    if answer is None:
        return [fact("Guest agent", "◌ asking …", "dim")]
    if isinstance(answer, LimenError):
        lines = [fact("Guest agent", f"✗ {answer.title}", "bad")]
        lines += [fact("", text, "dim") for text in (answer.detail, answer.hint) if text]
        return lines
    lines = [fact("Guest agent", "● answers", "good")]
    if version is not None:
        lines.append(fact("Version", f"{version.version}, {len(version.commands)} commands"))
    return lines


def info_lines(info: GuestInfo) -> list[Line]:
    """System, users, file systems."""
    lines: list[Line] = [(), heading("System")]
    rows = [
        ("Host name", info.hostname), ("Operating system", info.os),
        ("Kernel", " ".join(part for part in (info.kernel, info.machine) if part)), ("Time zone", info.timezone),
    ]  # fmt: skip
    lines += [fact(label, value) for label, value in rows if value]
    if info.skew is not None:
        wrong = abs(info.skew) >= SKEWED
        way = "ahead of" if info.skew > 0 else "behind"
        text = f"{abs(info.skew):.1f} s {way} ours" if abs(info.skew) >= 0.05 else "as ours"
        lines.append(fact("Clock", text + ("; L sets it" if wrong else ""), "warn" if wrong else ""))
    names = [
        f"{user.domain}\\{user.name}" if user.domain else user.name for user in info.users
    ]  # fmt: skip
    since = [f" since {strftime('%d %b %H:%M', localtime(user.since))}" if user.since else "" for user in info.users]
    lines += [(), heading("Signed in")]
    lines += [fact(name, when.strip()) for name, when in zip(names, since, strict=True)] or [fact("", "nobody", "dim")]
    lines += [(), heading("File systems"), *disk_lines(info)]
    return lines


def disk_lines(info: GuestInfo) -> list[Line]:
    """Each file system, with how full it is."""
    widest = min(28, max((len(disk.mount) for disk in info.disks), default=0))
    lines: list[Line] = []
    for disk in info.disks:
        used = disk.used_pct
        line: list[tuple[str, str]] = [(f" {clean(disk.mount):<{max(16, widest)}} ", "")]
        if used is None:
            line.append((f"{UNKNOWN:>19} ", DIM))
        else:
            kind = KINDS[heat(used)] if heat(used) else ""
            line += [*fmt.meter(used, 12, kind, DIM), (f" {used:>3.0f} %  ", kind)]
        amount = f"{size(disk.used)} of {size(disk.total)}" if disk.total else ""
        line += [(f"{amount:<22}", ""), (clean("  ".join(filter(None, (disk.kind, disk.device)))), DIM)]
        lines.append(tuple(line))
    return lines or [fact("", "it says nothing of them", "dim")]


def address_lines(nics: Sequence[GuestNic]) -> list[Line]:
    """Addresses by interface, with who says so."""
    lines: list[Line] = [
        ((f" {clean(nic.name):<10} {clean(nic.mac):<18} ", DIM), (clean("  ".join(nic.addresses)), ""),
         (f"  {nic.source.value}", KINDS["dim"]))
        for nic in nics
    ]  # fmt: skip
    return [(), heading("Addresses", "by lease, guest agent and ARP"), *(lines or [fact("", "none known", "dim")])]


def output_lines(text: bytes, width: int = 400) -> list[str]:
    """What a program wrote, made inert; lines that are too long are cut."""
    lines = text.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [clean(line.expandtabs(8))[:width] for line in lines]

