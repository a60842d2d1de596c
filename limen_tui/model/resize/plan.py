"""From a wish to a plan. Pure; safe on any thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lxml import etree

from limen_tui.model.guestgrow import Inside
from limen_tui.model.resize.case import Case, Draft
from limen_tui.model.resize.cpus import plan_vcpus
from limen_tui.model.resize.devices import plan_disks, plan_limits
from limen_tui.model.resize.memory import plan_memory
from limen_tui.model.resize.values import Plan, Situation, Sizes, Wish
from limen_tui.model.verbs.devices import DiskLimits, NicLimits
from limen_tui.model.xml import edit

UNKNOWN = Inside(why_not="its guest agent has not answered yet")
"""Of a guest that nobody has looked into."""


def with_sizes(xml: str, sizes: Sizes) -> str:
    """The definition with other CPUs and memory; what else it says stays. Raises ``InputError``."""
    return edit.edited(
        xml, lambda root: edit.set_vcpus(root, sizes.vcpus, sizes.vcpus_max),
        lambda root: edit.set_memory(root, sizes.memory_kib, sizes.memory_max_kib),
    )  # fmt: skip


def plan_resize(situation: Situation, wish: Wish) -> Plan:
    """What will happen now, what at the next boot, what is refused and why. Raises ``InputError`` for XML that
    cannot be read."""
    case, draft = Case.of(situation, wish), Draft()
    plan_vcpus(case, draft)
    plan_memory(case, draft)
    plan_disks(case, draft)
    plan_limits(case, draft)
    if situation.saved and any(change.config for change in draft.changes):
        draft.warnings.append("Its memory is saved to disk: it goes on as it was, and changes after its next shutdown.")
    shown = situation.config_xml or situation.live_xml
    after = case.config if draft.refusals else case.asked
    xml_after = shown if draft.refusals else _xml_after(shown, case, after, draft)
    return Plan(
        tuple(draft.changes), tuple(draft.refusals), tuple(draft.warnings), case.config, after, case.live, shown,
        xml_after, _inside(situation, wish, draft),
    )  # fmt: skip


def _inside(situation: Situation, wish: Wish, draft: Draft) -> dict[str, Inside]:
    """What grows in the guest after its disks."""
    grown = [change.target for change in draft.changes if change.subject == "disk"]
    if not situation.running or not wish.grow_inside or draft.refusals:
        return {}
    known = situation.inside or {}
    return {target: known.get(target, UNKNOWN) for target in grown}


def _xml_after(xml: str, case: Case, after: Sizes, draft: Draft) -> str:
    changes: list[Callable[[etree._Element], None]] = []
    for change in draft.changes:
        if change.subject == "disk-limits":
            changes.append(partial(_limit_disk, change.target, case.wish.disk_limits[change.target]))
        elif change.subject == "nic-limits":
            changes.append(partial(_limit_nic, change.target, case.wish.nic_limits[change.target]))
    shown = with_sizes(xml, after) if after != case.config else xml
    return edit.edited(shown, *changes) if changes else shown


def _limit_disk(target: str, limits: DiskLimits, root: etree._Element) -> None:
    edit.set_disk_limits(root, target, limits)


def _limit_nic(mac: str, limits: NicLimits, root: etree._Element) -> None:
    edit.set_nic_limits(root, mac, limits)
