"""Create a VM: its volumes, its seed, its definition, its start. Pure: it plans, it does nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from limen_tui.model.jobs import JobPlan, StepPlan
from limen_tui.model.units import size

SEED = "seed"
"""The attachment with the content of the seed."""


@dataclass(frozen=True, slots=True)
class NewVolume:
    """A volume to make. Sizes in bytes."""

    pool: str
    name: str
    capacity: int
    format: str = "qcow2"
    allocation: int = 0
    backing_path: str = ""
    backing_format: str = ""
    backing: tuple[str, str] = ("", "")
    """(pool, volume) of what backs it: looked at before anything is made."""

    def args(self) -> dict[str, Any]:
        """For the operations on volumes."""
        return {
            "pool": self.pool, "name": self.name, "capacity": self.capacity, "format": self.format,
            "allocation": self.allocation, "backing_path": self.backing_path, "backing_format": self.backing_format,
            "backing": list(self.backing),
        }  # fmt: skip

    @property
    def label(self) -> str:
        """As a person says it."""
        over = f", over {self.backing[1] or self.backing_path}" if self.backing_path else ""
        return f"Create volume {self.name}, {size(self.capacity)} {self.format}{over}, in pool {self.pool}"


def create_plan(
    *, host_id: str, host_name: str, name: str, uuid: str, xml: str, volumes: Sequence[NewVolume] = (),
    seed: NewVolume | None = None, start: bool = True, autostart: bool = False, notes: Sequence[str] = (),
    kind: str = "create", title: str = "", existing: Sequence[tuple[str, str, str]] = (),
) -> JobPlan:  # fmt: skip
    """The plan. ``xml`` names the volumes by the paths that they will have; with ``seed`` the job needs its content
    as the attachment ``seed``. ``existing``: (pool, volume, format) of disks that are there and become its own; they
    are looked at first."""
    steps = [
        StepPlan("volume.inspect", f"Look at {volume} in pool {pool}", {"pool": pool, "name": volume, "format": form})
        for pool, volume, form in existing
    ]
    steps += [StepPlan("volume.create", volume.label, volume.args()) for volume in volumes]
    if seed is not None:
        steps.append(StepPlan("volume.create", f"Create cloud-init seed {seed.name} in pool {seed.pool}", seed.args()))
        steps.append(StepPlan(
            "volume.write", f"Write cloud-init seed {seed.name}",
            {"pool": seed.pool, "name": seed.name, "attachment": SEED},
        ))  # fmt: skip
    steps.append(StepPlan("vm.define", f"Define {name}", {"name": name, "uuid": uuid, "xml": xml}))
    if autostart:
        steps.append(StepPlan("vm.autostart", f"Start {name} with its host", {"uuid": uuid, "on": True}))
    if start:
        steps.append(StepPlan("vm.start", f"Start {name}", {"uuid": uuid}))
    return JobPlan(
        kind, title or f"Create {name}", host_id, host_name, tuple(steps), uuid, name, "vm.create", tuple(notes)
    )
