"""Plans and diffs as lines to show. Pure; outside text is made inert."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from limen_tui.model.resize import Change, Plan
from limen_tui.model.units import clean, paragraph
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.fleet.strip import DIM, KINDS, STRONG

NAMES = {
    "vcpus": "vCPUs", "vcpus-max": "vCPUs at most", "memory": "Memory", "memory-max": "Memory at most", "disk": "Disk",
    "disk-limits": "Limits of", "nic-limits": "Limits of",
}  # fmt: skip
GOOD, WARN, BAD, ACCENT = KINDS["good"], KINDS["warn"], KINDS["bad"], KINDS["accent"]


def name_of(subject: str, target: str) -> str:
    """``Disk vda``."""
    return clean(f"{NAMES.get(subject, subject)} {target}".strip())


def plan_lines(plan: Plan, width: int, *, running: bool) -> list[Line]:
    """What happens now, what at the next boot, what is refused, warnings."""
    lines: list[Line] = []
    if plan.refusals:
        lines.append((("Not possible", BAD),))
        for refusal in plan.refusals:
            lines.append(((f"✗ {name_of(refusal.subject, refusal.target)}", BAD),))
            lines += said(paragraph(refusal.why, refusal.hint), width, "")
        lines.append(())
    now = [change for change in plan.changes if change.when == "now"]
    later = [change for change in plan.changes if change.when != "now"]
    for title, changes in (("Now", now), ("At the next boot" if running else "From its next start on", later)):
        if changes:
            lines += [((title, STRONG),), *(line for change in changes for line in _change(change, width)), ()]
    for target, inside in plan.inside.items():
        if inside.possible:
            lines += [((f"● {name_of('disk', target)}  ", GOOD), ("then in the guest", "")),
                      *said(f"grow {inside.what}", width, DIM)]  # fmt: skip
        else:
            lines += [((f"○ {name_of('disk', target)}  ", WARN), ("not in the guest", "")),
                      *said(f"{paragraph(inside.why_not)} {inside.hint}".rstrip(), width, DIM)]  # fmt: skip
    if plan.inside:
        lines.append(())
    for warning in plan.warnings:
        lines += said(f"▲ {warning}", width, WARN, indent=0)
    if plan.warnings:
        lines.append(())
    return lines


def _change(change: Change, width: int) -> list[Line]:
    lines: list[Line] = [
        ((f"● {name_of(change.subject, change.target)}  ", GOOD if change.when == "now" else ACCENT),
         (f"{clean(change.before)} → {clean(change.after)}", "")),
    ]  # fmt: skip
    if len(change.before) + len(change.after) + len(change.target) > width - 20:
        lines = [((f"● {name_of(change.subject, change.target)}", GOOD if change.when == "now" else ACCENT),),
                 *said(f"{change.before} → {change.after}", width, "")]  # fmt: skip
    return lines + (said(change.note, width, DIM) if change.note else [])


def said(text: str, width: int, style: str, *, indent: int = 2) -> list[Line]:
    """A text over as many lines as it takes."""
    return [((" " * indent + row, style),) for row in wrap(clean(text), max(12, width - indent)) or [""]]


def diff_lines(diff: Sequence[str]) -> list[Line]:
    """A unified diff; the mark in front says the same as the colour."""
    styles = {"+": GOOD, "-": BAD, "@": ACCENT}
    if not diff:
        return [(("The definition stays as it is.", DIM),)]
    return [(("Definition", STRONG),), *(((line, styles.get(line[:1], DIM)),) for line in diff)]
