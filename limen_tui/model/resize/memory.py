"""Memory: what the balloon can do now, what the next boot can, what neither. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from limen_tui.model.resize.case import Case, Draft
from limen_tui.model.resize.values import FIXED, WAITS, Change, Refusal
from limen_tui.model.units import size
from limen_tui.model.xml.parse import attribute, number

GUEST_ROOM: Final = 1.1
"""A guest is never given less than what it uses and a tenth."""
LEAST_KIB: Final = 4096
"""Below this no machine gets through its own firmware."""


def said(kib: int) -> str:
    """``4 GiB``."""
    return size(kib, unit="KiB")


def plan_memory(case: Case, draft: Draft) -> None:
    """Memory and its maximum."""
    refused = _refusal(case)
    if refused is not None:
        draft.refusals.append(refused)
        return
    asked, old, host = case.asked, case.config, case.situation.host_memory_kib
    before = len(draft.changes)
    if asked.memory_max_kib != old.memory_max_kib:
        draft.add(Change("memory-max", said(old.memory_max_kib), said(asked.memory_max_kib), live=False,
                               config=case.situation.persistent, note=FIXED if case.live else ""))  # fmt: skip
    if case.wish.memory_kib is not None:
        _plan_amount(case, draft, asked.memory_kib)
    if len(draft.changes) > before and max(asked.memory_kib, asked.memory_max_kib) > host > 0:
        draft.warnings.append(f"The host has {said(host)} of memory: the VM may make it swap, or not start.")


def _plan_amount(case: Case, draft: Draft, amount: int) -> None:
    persistent = case.situation.persistent
    now = case.config.memory_kib if case.live is None else case.live.memory_kib
    if amount == now and (not persistent or amount == case.config.memory_kib):
        return
    note, live = "", case.live is not None and amount != now
    if live:
        note = _why_not_live(case, amount)
        live = not note
    if live:
        note = _live_note(case, draft, shrinks=amount < now)
    before = now if live else case.config.memory_kib
    draft.add(Change("memory", said(before), said(amount), live=live, config=persistent, note=note))


def _why_not_live(case: Case, amount: int) -> str:
    if case.wish.next_boot and case.situation.persistent:
        return WAITS
    if case.live is not None and amount > case.live.memory_max_kib:
        return f"it was started with at most {said(case.live.memory_max_kib)}"
    if case.live_root is None or attribute(case.live_root, "devices/memballoon", "model", "none") == "none":
        return "it has no balloon"
    return ""


def _live_note(case: Case, draft: Draft, *, shrinks: bool) -> str:
    used = case.situation.used_kib
    if used is not None:
        return f"the guest uses {said(used)}" if shrinks else ""
    if shrinks:
        draft.warnings.append("What the guest uses is not known: with too little memory it kills programs.")
    return "if the guest has a balloon driver: it reports nothing"


def _refusal(case: Case) -> Refusal | None:
    asked, old, live = case.asked, case.config, case.live
    if (asked.memory_kib, asked.memory_max_kib) == (old.memory_kib, old.memory_max_kib) and (
        live is None or live.memory_kib == asked.memory_kib
    ):
        return None
    if min(asked.memory_kib, asked.memory_max_kib) < LEAST_KIB:
        return Refusal("memory", f"A VM needs {said(LEAST_KIB)} at least")
    if asked.memory_max_kib != old.memory_max_kib or asked.memory_kib > old.memory_max_kib:
        fixed = _fixed(case)
        if fixed is not None:
            return Refusal("memory-max", *fixed)
        if asked.memory_kib > asked.memory_max_kib:
            return _over_maximum(case)
    used = case.situation.used_kib
    if live is not None and case.wish.memory_kib is not None and used is not None and not case.wish.next_boot:
        least = int(used * GUEST_ROOM)
        if asked.memory_kib < min(least, live.memory_kib):
            return Refusal("memory", f"The guest uses {said(used)}",
                           f"Leave it {said(least)} at least, or free some in the guest.")  # fmt: skip
    return None


def _over_maximum(case: Case) -> Refusal:
    wish, asked = case.wish, case.asked
    if wish.memory_max_kib is not None and asked.memory_kib == case.config.memory_kib:
        return Refusal("memory-max", f"It has {said(asked.memory_kib)}", "Lower that with it.",
                       replace(wish, memory_kib=asked.memory_max_kib),
                       f"Lower it to {said(asked.memory_max_kib)}")  # fmt: skip
    if not case.situation.persistent:
        return Refusal("memory", f"It can have at most {said(asked.memory_max_kib)}",
                       "It is transient: start it anew with more.")  # fmt: skip
    label = f"Raise the maximum to {said(asked.memory_kib)}"
    return Refusal("memory", f"At most {said(asked.memory_max_kib)} is allowed", f"{label}.",
                   replace(wish, memory_max_kib=asked.memory_kib), label)  # fmt: skip


def _fixed(case: Case) -> tuple[str, str] | None:
    """Why the maximum cannot change here, and what to do."""
    if case.root.find("cpu/numa") is not None:
        return "Its memory is laid out over NUMA cells", "Change <numa> in the XML."
    if case.root.find("devices/memory") is not None:
        return "It has memory modules", "Change them in the XML."
    hotplug = number(case.root.findtext("maxMemory"))
    if hotplug and attribute(case.root, "maxMemory", "unit", "KiB") == "KiB" and case.asked.memory_max_kib > hotplug:
        return f"Its <maxMemory> is {said(hotplug)}", "Raise it in the XML first."
    return None
