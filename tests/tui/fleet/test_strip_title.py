"""The first line of the strip: whatever a VM is called, its state and host are there to be read."""

from __future__ import annotations

import pytest

from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM, VMFacts, VMKey
from limen_tui.tui.fleet.lines import clip, line_width
from limen_tui.tui.fleet.strip import title_line


def shown(name: str, width: int) -> str:
    facts = VMFacts(1, 1, 1024, 1024, autostart=True, tags=("a", "b"))
    vm = VM(VMKey("h", "u"), name, "kvm-berlin-01", VMState.RUNNING, "booted", facts, started_at=1.0)
    line = clip(title_line(vm, 1000.0, width), width)
    assert line_width(line) <= width
    return "".join(text for text, _ in line)


@pytest.mark.parametrize("name", ["n" * 200, "界" * 100, "n" * 45], ids=["long", "wide", "rather long"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_of_a_long_name_the_end_is_cut_and_not_the_state(name: str, width: int) -> None:
    text = shown(name, width)
    assert "running (booted)  on kvm-berlin-01" in text
    assert name[:5] in text


def test_a_name_that_fits_is_whole_and_the_tags_follow() -> None:
    assert shown("web1", 120).startswith(" ● web1  running (booted)  on kvm-berlin-01  up ")
    assert shown("web1", 120).endswith("autostart  #a #b")


def test_on_a_screen_too_narrow_for_all_something_of_the_name_is_left() -> None:
    assert shown("n" * 200, 40).startswith(" ● nnnnnnnnnnn…  running")
