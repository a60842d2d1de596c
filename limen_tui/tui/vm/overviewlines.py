"""The overview of a VM as sections of lines. May import fleet and model. UI thread. Every text comes from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import localtime, strftime

from limen_tui.model.cautions import cautions, old_snapshots
from limen_tui.model.detail import VMDetail
from limen_tui.model.events import HostEvent
from limen_tui.model.history import Series
from limen_tui.model.units import clean, size
from limen_tui.model.verbs.agent import GuestInfo, GuestNic
from limen_tui.model.verbs.lineage import ChainMember, Lineage
from limen_tui.model.vm import VM
from limen_tui.model.xml.overview import DiskPart, NicPart, Overview
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.fleet.strip import DIM, KINDS, graph_lines
from limen_tui.tui.vm.facts import LABEL, beside, fact, heading, wrapped

TWO_COLUMNS = 116
"""Cells from which there are two columns."""


@dataclass(slots=True)
class Known:
    """All that there is to say of one VM, as far as it has come in."""

    vm: VM
    overview: Overview | None = None
    problem: str = ""
    """Why the definition is not there."""
    detail: VMDetail | None = None
    nics: tuple[GuestNic, ...] = ()
    info: GuestInfo | None = None
    history: Mapping[Series, Sequence[float]] = field(default_factory=dict)
    events: Sequence[HostEvent] = ()
    lineage: Lineage | None = None
    now: float = 0.0
    """Unix time at which the ages are told."""
    snapshot_days: float = 30.0
    """From how many days on a snapshot is old."""


def overview_lines(known: Known, width: int) -> list[Line]:
    """Everything, in one column or two."""
    wide = width >= TWO_COLUMNS
    column = (width - 2) // 2 if wide else width
    graphs = graph_lines(known.vm, known.history, max(10, min(40, column - 34))) if known.vm.state.is_active else []
    left = [
        heading("Load"), *(graphs or [fact("", f"It is {known.vm.state.value}", "dim")]), (),
        *_notes(known, column), *_identity(known), *_cpu(known), *_boot(known),
    ]  # fmt: skip
    right = [*_disks(known, column), *_snapshots(known), *_nics(known), *_devices(known, column), *_events(known)]
    return [*_warnings(known), *(beside(left, right, column + 2) if wide else [*left, *right])]


def _warnings(known: Known) -> list[Line]:
    rows = list(cautions(known.vm, known.overview, known.info))
    if known.lineage is not None:
        rows += old_snapshots(known.lineage.snapshots, known.now, known.snapshot_days)
    if known.problem:
        rows.insert(0, known.problem)
    lines: list[Line] = [((" ▲ ", KINDS["warn"]), (clean(row), KINDS["warn"])) for row in rows]
    return [*lines, ()] if lines else []


def _notes(known: Known, width: int) -> list[Line]:
    facts = known.vm.facts
    if not facts.title and not facts.description:
        return [heading("Notes", "N writes some"), ()]
    lines = [heading("Notes", "N edits")]
    if facts.title:
        lines.append(fact("Title", facts.title))
    return [*lines, *(wrapped("Description", facts.description, width) if facts.description else []), ()]


def _identity(known: Known) -> list[Line]:
    vm, facts = known.vm, known.vm.facts
    flags = [word for word, on in (("autostart", facts.autostart), ("transient", not facts.persistent)) if on]
    emulator = known.overview.emulator if known.overview is not None else ""
    rows = [
        ("Name", vm.name), ("UUID", vm.key.uuid), ("Host", vm.host_name), ("Tags", " ".join(facts.tags)),
        ("Flags", ", ".join(flags)), ("System", facts.os),
        ("Made from", _made_from(known)),
        ("Machine", " ".join(filter(None, (facts.machine, facts.arch, facts.kind)))), ("Emulator", emulator),
    ]  # fmt: skip
    return [heading("Identity"), *(fact(label, value) for label, value in rows if value), ()]


def _made_from(known: Known) -> str:
    """By our own note, else what the first disk lies on."""
    if known.overview is not None and known.overview.origin:
        return known.overview.origin
    disks = known.lineage.disks if known.lineage is not None else ()
    return disks[0].members[-1].source.rpartition("/")[2] if disks and len(disks[0].members) > 1 else ""


def _snapshots(known: Known) -> list[Line]:
    kept = known.lineage.snapshots if known.lineage is not None else ()
    if not kept:
        return []
    lines: list[Line] = [heading("Snapshots", "" if len(kept) == 1 else f"{len(kept)}, the newest first")]
    for snapshot in reversed(kept[-5:]):
        days = max(0, int(snapshot.age_days(known.now)))
        age = "age not known" if not snapshot.made_at else "today" if days == 0 else f"{days} d old"
        old = bool(snapshot.made_at) and snapshot.age_days(known.now) > known.snapshot_days
        lines.append(fact(age, snapshot.name, "warn" if old else ""))
    return [*lines, *([fact("", f"and {len(kept) - 5} older", "dim")] if len(kept) > 5 else []), ()]


def _cpu(known: Known) -> list[Line]:
    facts, over = known.vm.facts, known.overview
    count = f"{facts.vcpus} of at most {facts.vcpus_max}" if facts.vcpus_max > facts.vcpus else str(facts.vcpus)
    memory = fmt.memory(facts.memory_kib)
    if facts.memory_max_kib > facts.memory_kib:
        memory += f" of at most {fmt.memory(facts.memory_max_kib)}"
    lines = [heading("Processor and memory"), fact("vCPUs", count)]
    if over is not None:
        lines += [fact(label, value) for label, value in (("Topology", over.topology), ("Model", over.cpu)) if value]
        lines += _several("Pinning", over.pinning)
    lines.append(fact("Memory", memory))
    if over is not None:
        lines += [*_several("Kept as", (", ".join(over.memory_traits),)), *_several("NUMA", over.numa)]
    return [*lines, ()]


def _boot(known: Known) -> list[Line]:
    over = known.overview
    if over is None:
        return [heading("Firmware"), fact("Firmware", known.vm.facts.firmware), ()]
    rows = [
        ("Firmware", over.firmware), ("Boot order", ", then ".join(over.boot)), ("NVRAM", over.nvram),
        ("Clock", over.clock), ("On", ", ".join(over.on_events)), ("Features", " ".join(over.features)),
    ]  # fmt: skip
    return [heading("Firmware and boot"), *(fact(label, value) for label, value in rows if value), ()]


def _several(label: str, values: Sequence[str]) -> list[Line]:
    """One a line, at most eight, the label beside the first."""
    values = [value for value in values if value]
    shown = [fact(label if number == 0 else "", value) for number, value in enumerate(values[:8])]
    return [*shown, *([fact("", f"and {len(values) - 8} more", "dim")] if len(values) > 8 else [])]


def _disks(known: Known, width: int) -> list[Line]:
    over = known.overview
    parts = over.disks if over is not None else tuple(
        DiskPart(disk.target, disk.device, disk.bus, disk.format, disk.source) for disk in known.vm.facts.disks
    )  # fmt: skip
    sizes = {disk.name: disk for disk in known.detail.disks} if known.detail is not None else {}
    chains = {disk.target: disk.members for disk in known.lineage.disks} if known.lineage is not None else {}
    lines: list[Line] = [heading("Disks")] if parts else [heading("Disks", "none")]
    for part in parts:
        what = [
            part.device if part.device != "disk" else "", part.bus, part.format,
            f"cache {part.cache}" if part.cache else "", *part.traits, f"boot {part.boot}" if part.boot else "",
        ]  # fmt: skip
        lines.append(fact(part.target, "  ".join(filter(None, what))))
        lines += wrapped("", part.source or "(empty)", width, 2)
        load = sizes.get(part.target)
        if load is not None and load.capacity:
            held = load.allocation if load.allocation is not None else load.physical
            text = f"{size(load.capacity)}" + (f", {size(held)} written" if held is not None else "")
            if load.physical is not None and held != load.physical:
                text += f", {size(load.physical)} on the host"
            lines.append(fact("", text, "dim"))
        lines += _chain(chains.get(part.target, ()) or [ChainMember(source) for source in ("", *part.chain)])
    return [*lines, ()]


def _chain(members: Sequence[ChainMember]) -> list[Line]:
    """What is below a disk, and what all of it takes on the host."""
    below = members[1:]
    if not below:
        return []
    lines: list[Line] = [
        ((" " * (LABEL + 2), ""), ("└ ", DIM), (f"{size(each.taken):>9}  " if each.taken is not None else "", ""),
         (clean(each.source), DIM))
        for each in below[:6]
    ]  # fmt: skip
    if len(below) > 6:
        lines.append(fact("", f"└ and {len(below) - 6} more below", "dim"))
    known = [each.taken for each in members if each.taken is not None]
    if len(known) == len(members):
        lines.append(fact("", f"the chain of {len(members)} takes {size(sum(known))} on the host", "dim"))
    return lines


def _nics(known: Known) -> list[Line]:
    over = known.overview
    parts = over.nics if over is not None else tuple(
        NicPart(nic.mac, nic.kind, nic.source, nic.model, nic.target) for nic in known.vm.facts.nics
    )  # fmt: skip
    found: dict[str, dict[str, str]] = {}
    for nic in known.nics:
        for address in nic.addresses:
            found.setdefault(nic.mac, {}).setdefault(address.partition("/")[0], nic.source.value)
    lines: list[Line] = [heading("Interfaces")] if parts else [heading("Interfaces", "none")]
    for part in parts:
        what = [part.kind, part.source, part.model, part.target, "link down" if part.down else "",
                "limited" if part.limited else "", f"boot {part.boot}" if part.boot else ""]  # fmt: skip
        lines.append(((f" {clean(part.mac):<18} ", DIM), (clean("  ".join(filter(None, what))), "")))
        lines += [
            ((" " * (LABEL + 2), ""), (clean(address), ""), (f"  {source}", KINDS["dim"]))
            for address, source in found.get(part.mac, {}).items()
        ]
    if parts and not found and known.vm.ips:
        lines.append(fact("Addresses", "  ".join(known.vm.ips)))
    return [*lines, ()]


def _devices(known: Known, width: int) -> list[Line]:
    over = known.overview
    if over is None:
        return [heading("Display"), fact("Graphics", known.vm.facts.graphics or "none"), ()]
    lines = [heading("Devices"), *_several("Graphics", over.graphics or ("none",))]
    agent = {"connected": "connected", "disconnected": "its channel is there, it is not", "there": "has a channel"}
    lines.append(fact("Guest agent", agent.get(over.agent_channel, "none")))
    if over.devices:
        lines += wrapped("Others", ", ".join(over.devices), width)
    return [*lines, ()]


def _events(known: Known) -> list[Line]:
    if not known.events:
        return []
    lines: list[Line] = [heading("Recent events")]
    for event in known.events:
        style = {"warning": KINDS["warn"], "error": KINDS["bad"]}.get(event.level, "")
        lines.append(((f" {strftime('%H:%M:%S', localtime(event.at))}  ", DIM), (clean(event.text), style)))
    return lines

