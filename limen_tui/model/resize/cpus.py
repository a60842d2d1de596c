"""vCPUs: how many can be had now, how many at the next boot, how many not. Pure."""

from __future__ import annotations

from dataclasses import replace

from limen_tui.model.resize.case import Case, Draft
from limen_tui.model.resize.values import FIXED, WAITS, Change, Refusal
from limen_tui.model.xml.edit import topology_step


def plan_vcpus(case: Case, draft: Draft) -> None:
    """vCPUs and their maximum."""
    refused = _refusal(case)
    if refused is not None:
        draft.refusals.append(refused)
        return
    asked, old = case.asked, case.config
    if asked.vcpus_max != old.vcpus_max:
        draft.add(Change("vcpus-max", str(old.vcpus_max), str(asked.vcpus_max), live=False,
                               config=case.situation.persistent, note=FIXED if case.live else ""))  # fmt: skip
    if case.wish.vcpus is not None:
        _plan_count(case, draft, asked.vcpus)
    host = case.situation.host_cpus
    if asked.vcpus != old.vcpus and asked.vcpus > host > 0:
        draft.warnings.append(f"More vCPUs than the host's {host} CPUs: they will wait for one another.")


def _plan_count(case: Case, draft: Draft, count: int) -> None:
    persistent = case.situation.persistent
    now = case.config.vcpus if case.live is None else case.live.vcpus
    if count == now and (not persistent or count == case.config.vcpus):
        return
    note, live = "", case.live is not None and count != now
    if live:
        note = _why_not_live(case, count)
        live = not note
        if live and count < now:
            note = "the guest must let go of them"
    before = now if live else case.config.vcpus
    draft.add(Change("vcpus", str(before), str(count), live=live, config=persistent, note=note))


def _why_not_live(case: Case, count: int) -> str:
    if case.wish.next_boot and case.situation.persistent:
        return WAITS
    live = case.live
    if live is None or live.vcpus <= count <= live.vcpus_max:
        return ""
    if count > live.vcpus_max:
        return f"it was started with at most {live.vcpus_max}"
    known = [] if case.live_root is None else case.live_root.findall("vcpus/vcpu")
    can_go = sum(each.get("enabled") == "yes" and each.get("hotpluggable") == "yes" for each in known)
    stuck = live.vcpus - can_go
    return f"{stuck} of them cannot be unplugged while it runs" if count < stuck else ""


def _refusal(case: Case) -> Refusal | None:
    asked, old = case.asked, case.config
    if min(asked.vcpus, asked.vcpus_max) < 1:
        return Refusal("vcpus", "A VM has at least one vCPU")
    if asked.vcpus_max == old.vcpus_max and asked.vcpus <= old.vcpus_max:
        return None
    return _maximum_refusal(case)


def _maximum_refusal(case: Case) -> Refusal | None:
    wish, asked, most = case.wish, case.asked, case.situation.most_vcpus
    if case.root.find("cpu/numa") is not None:
        return Refusal("vcpus-max", "Its vCPUs are laid out over NUMA cells", "Change <numa> in the XML.")
    step = topology_step(case.root)
    wanted = -(-max(asked.vcpus, asked.vcpus_max) // step) * step
    raised = replace(wish, vcpus_max=wanted)
    if wanted > most > 0:
        return Refusal("vcpus-max", f"The hypervisor allows {most} vCPUs at most")
    if asked.vcpus <= asked.vcpus_max:
        if asked.vcpus_max % step:
            return Refusal("vcpus-max", f"A socket of its CPU topology has {step} vCPUs",
                           f"Choose a multiple of {step}.", raised, f"Make the maximum {wanted}")  # fmt: skip
        return None
    if wish.vcpus_max is not None and asked.vcpus == case.config.vcpus:
        return Refusal("vcpus-max", f"It has {asked.vcpus} vCPUs", "Lower those with it.",
                       replace(wish, vcpus=asked.vcpus_max), f"Lower them to {asked.vcpus_max}")  # fmt: skip
    if not case.situation.persistent:
        return Refusal("vcpus", f"It can have at most {asked.vcpus_max}", "It is transient: start it anew with more.")
    return Refusal("vcpus", f"At most {asked.vcpus_max} are allowed", f"Raise the maximum to {wanted}.", raised,
                   f"Raise the maximum to {wanted}")  # fmt: skip
