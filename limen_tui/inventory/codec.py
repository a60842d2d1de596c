"""VMs as compact JSON and back, decoded only when looked at. Imports model and a sibling; any thread.

Values are stored by position to save space and time. The order here is that of the database, not of the
dataclasses: append only.
"""

from __future__ import annotations

import json
from operator import attrgetter
from typing import Any, Final

from limen_tui.inventory.text import get
from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import NO_FACTS, NO_LOAD, VM, Disk, Nic, VMFacts, VMLoad

FACTS: Final = (
    "vcpus", "vcpus_max", "memory_kib", "memory_max_kib", "arch", "machine", "kind", "firmware", "os", "title",
    "description", "tags", "autostart", "persistent", "nics", "disks", "graphics", "has_agent", "has_balloon",
    "balloon_period",
)  # fmt: skip
MEMORY_PLACE: Final = FACTS.index("memory_kib")
NIC: Final = ("mac", "kind", "source", "model", "target")
DISK: Final = ("target", "source", "bus", "device", "format")
LOAD: Final = ("cpu_pct", "mem_assigned_kib", "mem_used_kib", "rss_kib")

_facts = attrgetter(*FACTS)
_nic = attrgetter(*NIC)
_disk = attrgetter(*DISK)
_load = attrgetter(*LOAD)


def dumps(value: object) -> str:
    """Compact JSON. Characters stay as they are: escapes would join two lone surrogates into one character."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def dump_facts(facts: VMFacts) -> str:
    """``facts`` as JSON."""
    values = list(_facts(facts))
    values[FACTS.index("nics")] = [_nic(nic) for nic in facts.nics]
    values[FACTS.index("disks")] = [_disk(disk) for disk in facts.disks]
    return dumps(values)


def load_facts(text: str) -> VMFacts:
    """The facts that :func:`dump_facts` wrote; fields that came later have their defaults."""
    try:
        values: dict[str, Any] = dict(zip(FACTS, json.loads(text), strict=False))
        values["tags"] = tuple(values.get("tags", ()))
        values["nics"] = tuple(Nic(*nic[: len(NIC)]) for nic in values.get("nics", ()))
        values["disks"] = tuple(Disk(*disk[: len(DISK)]) for disk in values.get("disks", ()))
        return VMFacts(**values)
    except (ValueError, TypeError):
        return NO_FACTS


def dump_load(load: VMLoad) -> list[float | None]:
    """The figures worth keeping, for JSON."""
    cpu, *rest = _load(load)
    return [None if cpu is None else round(cpu, 1), *rest]


def load_load(values: list[Any] | None) -> VMLoad:
    """The figures that :func:`dump_load` gave."""
    return VMLoad(**dict(zip(LOAD, values, strict=False))) if values else NO_LOAD


def load_ips(text: str) -> tuple[str, ...]:
    """Addresses from a JSON list, or from nothing."""
    try:
        return tuple(json.loads(text)) if text else ()
    except (ValueError, TypeError):
        return ()


STATES: Final = {state.value: state for state in VMState}
"""States by name; one of a later version is not in it, and unknown."""


class StoredVM(VM):
    """A VM from the database, of which most is decoded when first read.

    With 10,000 VMs most are never looked at before the live ones replace them. Their slots stay unset, which
    sends the first read to ``__getattr__``; from then on they are plain slots. Threads may race: both make equals.
    """

    __slots__ = ("raw_load", "row")

    row: tuple[Any, ...]
    """UUID, name, state, reason, facts, ips, started_at, started_exact, as the database has them."""
    raw_load: list[Any] | None

    @property
    def vcpus(self) -> int:
        """vCPUs it had: the totals want this of every VM, so it is read without decoding the rest."""
        number = get(self.row[4])[1:].partition(",")[0] if hasattr(self, "row") else ""
        return int(number) if number.isdecimal() else self.facts.vcpus

    @property
    def memory_kib(self) -> int:
        """As with :attr:`vcpus`."""
        parts = get(self.row[4])[1:].split(",", MEMORY_PLACE + 1) if hasattr(self, "row") else []
        number = parts[MEMORY_PLACE] if len(parts) > MEMORY_PLACE else ""
        return int(number) if number.isdecimal() else self.facts.memory_kib

    def __getattr__(self, name: str) -> Any:
        value: object
        match name:
            case "facts":
                value = load_facts(get(self.row[4]))
            case "load":
                value = load_load(self.raw_load)
            case "ips":
                value = load_ips(get(self.row[5]))
            case "reason":
                value = get(self.row[3])
            case "started_at":
                value = self.row[6]
            case "started_exact":
                value = bool(self.row[7])
            case _:
                raise AttributeError(name)
        object.__setattr__(self, name, value)
        return value
