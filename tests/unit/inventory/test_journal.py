"""The journal of jobs, the trash and the history of definitions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from limen_tui.errors import InventoryError
from limen_tui.inventory import open_inventory
from limen_tui.model.host import Problem
from limen_tui.model.jobs import Job, JobPlan, JobState, Step, StepPlan, StepState
from limen_tui.model.keepsakes import Definition, Trashed

STEPS = (StepPlan("volume.create", "Create <disk>", {"pool": "p", "name": "ü;'--"}), StepPlan("vm.define", "Define"))
PLAN = JobPlan("create", "Create web1", "h1", "kvm1", STEPS, "uuid-1", "web1\udcff", "vm.create", ("a note",))


def job(number: int = 1, state: JobState = JobState.RUNNING) -> Job:
    return Job(f"job-{number}", PLAN, state, tuple(map(Step, STEPS)), 1000.0 + number, "me")


@pytest.fixture
def inventory(tmp_path):
    inventory = open_inventory(tmp_path / "inventory.db")
    yield inventory
    inventory.close(20)


def test_a_job_comes_back_as_it_was_kept(inventory) -> None:
    one = job()
    inventory.journal.begin(one).result(20)
    done = replace(one.steps[0], state=StepState.DONE, result={"path": "/p"}, started_at=1.0, finished_at=2.0)
    failed = replace(one.steps[1], state=StepState.FAILED, problem=Problem("no", "why", "do"), started_at=3.0)
    inventory.journal.step(one.id, 0, done).result(20)
    inventory.journal.step(one.id, 1, failed).result(20)
    stuck = replace(one, state=JobState.STUCK, problem=Problem("stuck"), finished_at=None)
    inventory.journal.state(stuck).result(20)
    (back,) = inventory.journal.jobs()
    assert back == replace(stuck, steps=(done, failed), here=False)


def test_unfinished_ones_alone_however_old(inventory) -> None:
    for number, state in enumerate((JobState.STUCK, JobState.DONE, JobState.RUNNING, JobState.LEFT)):
        inventory.journal.begin(job(number, state)).result(20)
    assert [each.id for each in inventory.journal.jobs()] == ["job-3", "job-2", "job-1", "job-0"]
    assert [each.id for each in inventory.journal.jobs(unfinished=True)] == ["job-2", "job-0"]
    assert [each.id for each in inventory.journal.jobs(limit=1)] == ["job-3"]


def test_one_of_two_gets_a_job_that_both_want(inventory) -> None:
    one = job()
    inventory.journal.begin(one).result(20)
    inventory.journal.claim(one, "first").result(20)
    with pytest.raises(InventoryError, match="taken"):
        inventory.journal.claim(one, "second").result(20)
    assert inventory.journal.jobs()[0].owner == "first"


def test_the_trash_keeps_one_of_each_vm(inventory) -> None:
    item = Trashed(0, 1.0, 2.0, "me", "h1", "kvm1", "u1", "web1", "<domain>ü</domain>", (("default", "a.qcow2"),))
    inventory.keepsakes.put_in_trash(item).result(20)
    inventory.keepsakes.put_in_trash(replace(item, at=5.0)).result(20)
    (kept,) = inventory.keepsakes.trash()
    assert kept == replace(item, at=5.0, id=kept.id)
    inventory.keepsakes.take_from_trash("h2", "u1").result(20)
    assert len(inventory.keepsakes.trash()) == 1
    inventory.keepsakes.take_from_trash("h1", "u1").result(20)
    assert inventory.keepsakes.trash() == ()


def test_a_definition_is_kept_when_it_is_another(inventory) -> None:
    first = Definition(0, 1.0, "h1", "u1", "web1", "", "<domain>1</domain>")
    for at, xml in ((1.0, "1"), (2.0, "1"), (3.0, "2"), (4.0, "1")):
        inventory.keepsakes.keep_definition(replace(first, at=at, xml=xml)).result(20)
    inventory.keepsakes.keep_definition(replace(first, uuid="u2", at=9.0)).result(20)
    assert [(each.at, each.xml) for each in inventory.keepsakes.definitions("h1", "u1")] == [
        (4.0, "1"), (3.0, "2"), (1.0, "1"),
    ]  # fmt: skip
    assert [(each.uuid, each.at) for each in inventory.keepsakes.last_definitions()] == [("u1", 4.0), ("u2", 9.0)]


def test_only_the_newest_definitions_of_a_vm_stay(inventory) -> None:
    one = Definition(0, 1.0, "h1", "u1", "web1", "", "")
    for number in range(60):
        inventory.keepsakes.keep_definition(replace(one, at=float(number), xml=str(number)))
    inventory.keepsakes.keep_definition(replace(one, xml="last")).result(20)
    kept = inventory.keepsakes.definitions("h1", "u1")
    assert (len(kept), kept[0].xml, kept[-1].xml) == (50, "last", "11")
