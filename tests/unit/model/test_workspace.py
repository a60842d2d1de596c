"""A VM's workspace is one of its tags."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from limen_tui.model.workspace import in_workspace, workspace_of

NAMES = st.text("abc/ ", max_size=4).map(str.strip)


@given(st.lists(st.sampled_from(["web", "ws/old", "ws/other", "db"])), NAMES)
def test_a_vm_is_in_one_workspace_and_keeps_its_other_tags(tags, name) -> None:
    now = in_workspace(tags, name)
    assert workspace_of(now) == name
    assert sum(tag.startswith("ws/") for tag in now) == bool(name)
    assert [tag for tag in now if not tag.startswith("ws/")] == [tag for tag in tags if not tag.startswith("ws/")]
