"""Jobs that end alike at the same time are told of in one notice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Button

from limen_tui.errors import StepFailed
from limen_tui.jobs.ops import registry
from limen_tui.jobs.ops.registry import Operation
from limen_tui.model.jobs import Job, JobPlan, JobState, StepPlan
from limen_tui.tui.jobs.folding import FOLD_SECONDS, many
from limen_tui.tui.jobs.leaving import LeavingDialog
from tests.tui.jobs.test_history import until
from tests.tui.shell.world import World, running


def plan(title: str, op: str = "test.fail") -> JobPlan:
    return JobPlan("test", title, "sim00", "alder", (StepPlan(op, "Fail"),), "u", "n")


@pytest.fixture(autouse=True)
def failing(monkeypatch):
    def fail(context, args):
        raise StepFailed("No room", "the pool is full. " * 6, "Free some.")

    registry.operation("vm.define")
    monkeypatch.setitem(registry._registry, "test.fail", Operation(fail, lambda context, args: None))
    monkeypatch.setitem(registry._registry, "test.well", Operation(lambda c, a: {}, lambda c, a: None))


def failures(world: World) -> list[str]:
    return [note.message for note in world.app._notifications if note.severity == "error"]


async def test_eight_that_fail_are_one_notice_that_leaves_the_screen_in_sight() -> None:
    async with running((80, 24), notifications=True) as world:
        for number in range(1, 9):
            world.app.job_desk.start(plan(f"Create n{number}"))
        # alike at the same time: however long their threads take, the told time stands still
        await until(world, lambda: failures(world)[:1] and "8 jobs failed" in failures(world)[0], 0.0)
        assert len(failures(world)) == 1
        assert "Create n" in failures(world)[0]
        assert "5 shows why" in failures(world)[0]
        await until(world, lambda: 0 < sum(toast.region.height for toast in world.app.screen.query("Toast")) <= 14)


async def test_a_batch_that_begins_is_one_notice() -> None:
    async with running((80, 24)) as world:
        for number in range(1, 6):
            world.app.job_desk.start(plan(f"Create web{number}", "test.well"))
        await world.pilot.pause()
        begun = [note.message for note in world.app._notifications if "begun" in note.message]
        assert begun == ["5 jobs begun: Create web1, web2, web3 ... web5. 5 shows them"]


@pytest.mark.parametrize("size", [(40, 20), (60, 20), (80, 24)])
async def test_every_choice_on_leaving_is_in_sight(size: tuple[int, int]) -> None:
    async with running(size) as world:
        world.app.push_screen(LeavingDialog([job("Create n1")]))
        await world.pilot.pause()
        inside = world.app.screen.query_one(".dialog--box").content_region
        for button in world.app.screen.query(Button):
            assert button.region.intersection(inside) == button.region


async def test_one_alone_says_why_and_another_outcome_or_a_later_one_has_its_own() -> None:
    async with running() as world:
        world.app.job_desk.start(plan("Create n1"))
        world.app.job_desk.start(plan("Create n2", "test.well"))
        await until(world, lambda: failures(world) and "Create n2: done on alder" in world.notices())
        assert "No room" in failures(world)[0]
        await world.go_on(FOLD_SECONDS + 1)
        world.app.job_desk.start(plan("Create n3"))
        await until(world, lambda: len(failures(world)) == 2)
        assert all("No room" in message for message in failures(world))


def job(title: str) -> Job:
    return Job(title, plan(title), JobState.FAILED, (), 0.0, "")


def test_many_names_the_first_and_the_last() -> None:
    told = many([job(f"Create n{number}") for number in range(1, 9)], JobState.FAILED)
    assert told == "8 jobs failed: Create n1, n2, n3 ... n8. Everything was put back. 5 shows why"
    assert many([job("Create a"), job("Delete b")], JobState.DONE) == "2 jobs done: Create a, Delete b. 5 shows them"


@given(st.lists(st.text(max_size=300), min_size=2, max_size=20))
def test_no_name_makes_it_long_or_leaves_control_characters(titles: list[str]) -> None:
    told = many([job(title) for title in titles], JobState.STUCK)
    assert len(told) < 240
    assert not any(character in told for character in "\n\x1b\r")
