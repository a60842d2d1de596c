"""What the plan of a resize says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from limen_tui.model.guestgrow import Inside
from limen_tui.model.resize import Plan, Refusal
from limen_tui.tui.resize.lines import plan_lines


def said(plan: Plan) -> str:
    return " ".join(text.strip() for line in plan_lines(plan, 100, running=True) for text, _ in line)


@pytest.mark.parametrize("end", ["", "."])
def test_sentences_have_one_full_stop_each_and_a_command_to_type_has_none(end: str) -> None:
    plan = Plan(refusals=(Refusal("memory", f"At most 4 GiB is allowed{end}", f"Raise the maximum{end}"),))
    assert "At most 4 GiB is allowed. Raise the maximum." in said(plan)
    inside = Inside(why_not=f"the guest has no growpart{end}", hint="type: growpart /dev/vda 1")
    plan = replace(plan, inside={"vda": inside})
    told = said(plan)
    assert "the guest has no growpart. type: growpart /dev/vda 1" in told
    assert ".." not in told and "vda 1." not in told
