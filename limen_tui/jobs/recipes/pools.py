"""Make a storage pool, forget one. Pure: it plans, it does nothing."""

from __future__ import annotations

from limen_tui.model.host import Host
from limen_tui.model.jobs import JobPlan, StepPlan
from limen_tui.model.spec.infra import PoolSpec
from limen_tui.model.storage import Pool
from limen_tui.model.units import clean


def create_pool(host: Host, spec: PoolSpec, xml: str, *, autostart: bool = True) -> JobPlan:
    """Define the pool of ``xml``, make its folder where it has one, start it."""
    name, args = clean(spec.name), {"name": spec.name}
    origin = {"fs": spec.source, "netfs": f"{spec.source_host}:{spec.source}"}.get(spec.kind, "")
    label = f"Define pool {name} at {clean(spec.path)}" + (f", of {clean(origin)}" if origin else "")
    steps = [StepPlan("pool.define", label, {**args, "path": spec.path, "xml": xml})]
    if spec.kind != "logical":  # of a volume group it would make a new one
        steps.append(StepPlan("pool.build", f"Make {clean(spec.path)} where it is missing", args))
    steps.append(StepPlan("pool.start", f"Start pool {name}", args))
    if autostart:
        steps.append(StepPlan("pool.autostart", f"Start {name} with the host", {**args, "on": True}))
    notes = ("What lies there already stays as it is, and shows as its volumes.",)
    return JobPlan("create-pool", f"Create pool {name}", host.id, host.name, tuple(steps), action="pool.create",
                   notes=notes)  # fmt: skip


def delete_pool(host: Host, pool: Pool, xml: str) -> JobPlan:
    """Stop the pool and forget its definition, which was ``xml``; its data stays. A transient one has none."""
    name, args = clean(pool.name), {"name": pool.name}
    steps = [StepPlan("pool.stop", f"Stop pool {name}", args)] if pool.active else []
    if pool.persistent:
        forget = {**args, "xml": xml, "autostart": pool.autostart}
        steps.append(StepPlan("pool.undefine", f"Forget pool {name}", forget))
    notes = (f"Its data stays where it is: {clean(pool.path)}",) if pool.path else ("Its data stays.",)
    return JobPlan("delete-pool", f"Delete pool {name}", host.id, host.name, tuple(steps), action="pool.delete",
                   notes=notes)  # fmt: skip
