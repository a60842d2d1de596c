"""Where a VM came from: by Limen's own note, for each way to make one, and for hostile ones."""

from __future__ import annotations

import pytest

from limen_tui.model.cautions import old_snapshots
from limen_tui.model.spec.source import SOURCES
from limen_tui.model.verbs.lineage import DAY, SnapshotFact
from limen_tui.model.xml.copying import ORIGIN_NS
from limen_tui.model.xml.origin import origin_of
from limen_tui.model.xml.parse import parse


def said(attributes: str) -> str:
    note = f'<o:origin xmlns:o="{ORIGIN_NS}" {attributes}/>' if attributes else ""
    return origin_of(parse(f"<domain><metadata>{note}</metadata></domain>"))


@pytest.mark.parametrize("kind", [source.kind for source in SOURCES])
def test_every_way_to_make_a_vm_has_words(kind: str) -> None:
    assert said(f'source="{kind}"')
    assert "img.qcow2 in default" in said(f'source="{kind}" pool="default" volume="img.qcow2"')


def test_copies_and_others() -> None:
    assert said('source="copy" uuid="u-1"') == "a copy of the VM u-1"
    assert said("") == "" and said('source="from the future"') == ""
    assert said('source="cloud-image" volume="{0.__class__}"') == "{0.__class__}, a cloud image"
    assert origin_of(parse("<domain/>")) == ""


def test_only_snapshots_older_than_that_are_warned_of() -> None:
    now = 1000 * DAY
    young, old, older = (SnapshotFact(f"s{days}", now - days * DAY) for days in (30, 31, 90))
    timeless = SnapshotFact("?", 0.0)
    assert list(old_snapshots((young, timeless), now, 30)) == []
    assert list(old_snapshots((old, young), now, 30)) == ["the snapshot s31 is older than 30 days: it is 31"]
    assert list(old_snapshots((older, old, young), now, 30)) == ["2 snapshots are older than 30 days, s90 is 90"]
    assert list(old_snapshots((older,), now, 90)) == []
