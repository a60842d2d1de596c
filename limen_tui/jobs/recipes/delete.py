"""Delete a VM, to the trash or for good; restore or purge one from the trash. Pure: it plans, it does nothing."""

from __future__ import annotations

from collections.abc import Sequence

from limen_tui.jobs.ops.keep import as_args
from limen_tui.model.jobs import JobPlan, StepPlan
from limen_tui.model.keepsakes import Trashed


def delete_plan(
    item: Trashed, *, running: bool, autostart: bool, sweep: bool, purge: bool, notes: Sequence[str] = (),
    gone: bool = False,
) -> JobPlan:  # fmt: skip
    """Delete a VM. ``item`` is what the trash would keep of it; its volumes are those that go.

    Without ``purge`` they stay where they are until the trash is emptied. ``sweep``: it has UEFI variables or TPM
    state, which stay as long as the job can be undone. ``gone``: the hypervisor has lost it already.
    """
    vm = {"uuid": item.uuid, "name": item.name}
    undefine = {**vm, "xml": item.xml, "keep_nvram": sweep or not purge, "autostart": autostart}
    steps = [StepPlan("vm.stop", f"Force off {item.name}", vm)] if running else []
    if not purge:
        steps.append(StepPlan("keep.trash", f"Keep the definition of {item.name} in the trash", as_args(item)))
    if not gone:
        steps.append(StepPlan("vm.undefine", f"Undefine {item.name}", undefine))
    if purge:
        steps += _removals(item, sweep=sweep and not gone)
    title = f"Delete {item.name}" + (" for good" if purge else "")
    return _plan("delete", title, item, steps, "vm.delete", notes)


def purge_plan(item: Trashed, *, sweep: bool) -> JobPlan:
    """Delete for good what the trash keeps of a VM."""
    steps = [*_removals(item, sweep=sweep),
             StepPlan("keep.take", f"Take {item.name} out of the trash", as_args(item))]  # fmt: skip
    return _plan("purge", f"Purge {item.name}", item, steps, "vm.purge", ())


def restore_plan(item: Trashed) -> JobPlan:
    """Define a VM of the trash again, with its disks where they were."""
    steps = [
        StepPlan("vm.define", f"Define {item.name}", {"name": item.name, "uuid": item.uuid, "xml": item.xml}),
        StepPlan("keep.take", f"Take {item.name} out of the trash", as_args(item)),
    ]
    return _plan("restore", f"Restore {item.name}", item, steps, "vm.restore", ())


def _removals(item: Trashed, *, sweep: bool) -> list[StepPlan]:
    together = [list(each) for each in item.volumes]
    steps = [
        StepPlan("volume.delete", f"Delete volume {name} of pool {pool}",
                 {"pool": pool, "name": name, "owner": item.uuid, "with": together})
        for pool, name in item.volumes
    ]  # fmt: skip
    if sweep:
        steps.append(StepPlan("vm.sweep", f"Remove UEFI variables and TPM state of {item.name}",
                              {"uuid": item.uuid, "name": item.name, "xml": item.xml}))  # fmt: skip
    return steps


def _plan(
    kind: str, title: str, item: Trashed, steps: Sequence[StepPlan], action: str, notes: Sequence[str]
) -> JobPlan:
    return JobPlan(
        kind, title, item.host_id, item.host_name, tuple(steps), item.uuid, item.name, action, tuple(notes)
    )
