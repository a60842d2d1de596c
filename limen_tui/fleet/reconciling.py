"""Scans the fleet for what is out of step, and does what a person chooses. Imports jobs and model.

``scan_host`` runs on threads of the hosts' sessions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from limen_tui.errors import Conflict
from limen_tui.fleet.audited import entry
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.known import Known
from limen_tui.model.host import HostSnapshot
from limen_tui.model.jobs import Job, JobPlan, StepPlan
from limen_tui.model.ports import HostVerbs, InventoryPort
from limen_tui.model.reconcile import FindingKind, HostState, Mismatch, compare

ORIGIN = "urn:limen:origin:1"
"""In the definition of every VM that Limen made."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What one host has, as it was scanned."""

    state: HostState
    xml: dict[str, str]
    """Inactive definitions by UUID."""


def scan_host(verbs: HostVerbs, snapshot: HostSnapshot) -> Scan:
    """Ask a host for everything: definitions, pools, volumes. Raises ``LimenError``."""
    from limen_tui.model.xml.parse import parse, text  # noqa: PLC0415 - lxml, late
    from limen_tui.model.xml.paths import paths_in  # noqa: PLC0415
    from limen_tui.model.xml.read import facts  # noqa: PLC0415

    xml = verbs.definitions.all_xml()
    pools = [pool for pool in verbs.pools() if pool.active]
    state = HostState(
        snapshot.host.id, snapshot.host.name,
        names={uuid: text(parse(each, "domain"), "name") for uuid, each in xml.items()},
        disks={uuid: facts(each).disks for uuid, each in xml.items()},
        volumes=[volume for pool in pools for volume in verbs.storage.volumes(pool.name)],
        pool_paths={pool.name: pool.path for pool in pools if pool.path and pool.kind in ("dir", "fs", "netfs")},
        named=frozenset().union(*(paths_in(each) for each in xml.values())),
        running=frozenset(uuid for uuid, vm in snapshot.vms.items() if vm.state.is_active),
    )  # fmt: skip
    return Scan(state, xml)


def mismatches(inventory: InventoryPort, scans: Iterable[Scan], unfinished: Iterable[Job] = ()) -> list[Mismatch]:
    """All that is out of step and not ignored. A host that is looked at for the first time is taken as it is.

    Reads the inventory: for a worker thread.
    """
    known, last, trash = Known(inventory), inventory.keepsakes.last_definitions(), inventory.keepsakes.trash()
    found = [
        Mismatch(FindingKind.UNFINISHED, job.plan.host_id, job.plan.host_name, job.plan.title,
                 f"{job.steps_done} of {len(job.steps)} steps done", job.id)
        for job in unfinished
    ]  # fmt: skip
    for scan in scans:
        host_id = scan.state.host_id
        before = known.of(host_id)
        made = {uuid for uuid, xml in scan.xml.items() if ORIGIN in xml}
        now = set(scan.state.names) if before is None else before | made
        if now != before:
            known.keep(host_id, now)
        found += compare(scan.state, known=now, last=last, trash=trash)
    ignored = known.ignored
    return [each for each in found if each.key not in ignored]


def settle(fleet: Fleet, found: Mismatch, choice: str) -> None:
    """``adopt``, ``ignore`` or ``forget`` it: what Limen knows changes, no host does. A line in the audit log."""
    known = Known(fleet.inventory)
    if choice == "ignore":
        known.ignore(found)
    elif choice == "adopt":
        known.adopt(found.host_id, found.uuid)
    else:
        known.forget(found.host_id, found.uuid)
    vm_name, detail = (found.name, "") if found.uuid else ("", found.name)
    fleet.inventory.audit(entry(
        fleet, f"reconcile.{choice}", found.host_id, found.host_name, uuid=found.uuid, vm_name=vm_name, result="ok",
        detail=detail))  # fmt: skip


def recreate_plan(inventory: InventoryPort, mismatch: Mismatch) -> JobPlan:
    """Define a lost VM again from what was kept of it. Raises ``Conflict`` when nothing was.

    Reads the inventory: for a worker thread.
    """
    kept = inventory.keepsakes.definitions(mismatch.host_id, mismatch.uuid)
    if not kept:
        raise Conflict("No definition of it was kept", mismatch.name, "Forget it, or restore it from a backup.")
    name, xml = kept[0].name, kept[0].xml
    step = StepPlan("vm.define", f"Define {name}", {"name": name, "uuid": mismatch.uuid, "xml": xml})
    return JobPlan("recreate", f"Recreate {name}", mismatch.host_id, mismatch.host_name, (step,), mismatch.uuid, name,
                   "vm.recreate")  # fmt: skip


def delete_orphan_plan(mismatch: Mismatch) -> JobPlan:
    """Delete a disk that no VM uses; it is looked at once more before."""
    step = StepPlan("volume.delete", f"Delete volume {mismatch.volume} of pool {mismatch.pool}",
                    {"pool": mismatch.pool, "name": mismatch.volume, "owner": "", "with": []})  # fmt: skip
    return JobPlan("delete-orphan", f"Delete disk {mismatch.volume}", mismatch.host_id, mismatch.host_name, (step,),
                   action="volume.delete")  # fmt: skip


def up_hosts(fleet: Fleet) -> list[HostSnapshot]:
    """Hosts that can be scanned."""
    return [snapshot for snapshot in fleet.view.hosts if fleet.is_up(snapshot.host.id)]
