"""Jobs on the screen: the word in the bar, the view, what a crash left, the question on leaving."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from limen_tui.jobs.ops import registry
from limen_tui.jobs.ops.registry import Operation
from limen_tui.jobs.owner import this_process
from limen_tui.model.jobs import Job, JobPlan, JobState, Step, StepPlan, StepState
from limen_tui.tui.fleet.totals import job_items
from limen_tui.tui.jobs import panel
from limen_tui.tui.jobs.leaving import LeavingDialog
from limen_tui.tui.jobs.panel import JobLogScreen
from tests.tui.jobs.test_history import until
from tests.tui.shell.world import World, running

PLAN = JobPlan("test", "Test web1", "sim00", "alder", (StepPlan("test.wait", "Wait"),), "u", "web1")


@pytest.fixture
def gate(monkeypatch):
    """An operation that waits until it is let go, or its job is cancelled."""
    go = threading.Event()

    def wait(context, args):
        while not go.wait(0.01):
            context.check()
            context.report(30, 100, "bytes")
        return {}

    registry.operation("vm.define")
    monkeypatch.setitem(registry._registry, "test.wait", Operation(wait, lambda context, args: None))
    yield go
    go.set()


def text(world: World) -> str:
    return "\n".join(strip.text for strip in world.app.screen._compositor.render_strips())


async def test_a_running_job_shows_in_the_bar_and_in_its_view_and_its_end_is_told(gate) -> None:
    async with running() as world:
        world.app.job_desk.start(PLAN)
        await until(world, lambda: "◐ 1 job" in text(world))
        await world.press("5")
        await until(world, lambda: "30 %" in text(world))
        await world.press("enter")
        await until(world, lambda: "◐ started" in text(world))
        gate.set()
        await until(world, lambda: "Test web1: done on alder" in world.notices())
        await until(world, lambda: "◐ 1 job" not in text(world))


async def test_a_job_is_unfolded_though_the_display_is_held_still(gate) -> None:
    async with running() as world:
        world.app.job_desk.start(PLAN)
        await world.press("5")
        await until(world, lambda: "30 %" in text(world))
        await world.press("f", "enter")
        await until(world, lambda: "◐ started" in text(world))
        gate.set()


async def test_x_cancels_and_y_shows_the_log(gate) -> None:
    async with running() as world:
        job = world.app.job_desk.start(PLAN)
        await world.press("5")
        await until(world, lambda: "◐ running" in text(world))
        await world.press("x")
        await until(world, lambda: world.app.fleet.jobs.job(job.id).state is JobState.CANCELLED)
        await world.press("y")
        assert isinstance(world.app.screen, JobLogScreen)
        await until(world, lambda: "putting everything back" in text(world))


async def test_the_log_goes_on_with_its_job(gate) -> None:
    async with running(size=(80, 12)) as world:
        world.app.job_desk.start(PLAN)
        await world.press("5")
        await until(world, lambda: "◐ running" in text(world))
        await world.press("y")
        assert isinstance(world.app.screen, JobLogScreen)
        assert ": running" in text(world)
        gate.set()
        await until(world, lambda: ": done" in text(world))
        await world.press("G")
        await until(world, lambda: world.app.screen.text.scroll_offset.y == world.app.screen.text.max_scroll_y)


async def test_leaving_asks_while_a_job_runs_and_a_stray_enter_stays(gate) -> None:
    async with running(size=(80, 24)) as world:
        world.app.job_desk.start(PLAN)
        await until(world, lambda: world.app.job_desk.active)
        await world.press("q")
        assert isinstance(world.app.screen, LeavingDialog)
        # whole, at 80 columns too
        await until(world, lambda: "start offers to resume" in text(world) and "it or roll it back." in text(world))
        await world.press("enter")
        assert world.app.screen is world.app.main
        await world.press("q", "c")
        await until(world, lambda: world.app.return_code is not None)
        assert world.app.fleet.jobs.jobs[0].state is JobState.CANCELLED


async def test_what_a_crash_left_is_told_and_can_be_left() -> None:
    async with running() as world:
        _, began, machine = this_process().split(" ", 2)
        steps = (Step(StepPlan("vm.start", "Start it", {"uuid": "u"}), StepState.STARTED),)
        job = Job("abc", PLAN, JobState.RUNNING, steps, 1000.0, f"{2**22 - 1} {began} {machine}")
        world.app.fleet.inventory.journal.begin(job).result(20)
        world.app.job_desk.begin()
        await until(world, lambda: "1 job waits for you" in text(world))
        await until(world, lambda: "Press 5" in world.notices())
        await world.press("5", "l")
        await until(world, lambda: world.app.fleet.jobs.job("abc").state is JobState.LEFT)
        await until(world, lambda: "waits for you" not in text(world))


async def test_a_job_of_another_limen_comes_up_while_the_view_is_open(monkeypatch) -> None:
    monkeypatch.setattr(panel, "REREAD", 0.05)
    async with running() as world:
        await world.press("5")
        assert PLAN.title not in text(world)
        job = Job("abc", PLAN, JobState.RUNNING, (), 1000.0, this_process())
        world.app.fleet.inventory.journal.begin(job).result(20)
        await until(world, lambda: PLAN.title in text(world))


async def test_limen_leaves_when_the_end_of_the_last_job_is_written_down(gate, monkeypatch) -> None:
    async with running() as world:
        fleet = world.app.fleet
        job = world.app.job_desk.start(PLAN)
        await until(world, lambda: fleet.jobs.job(job.id).state is JobState.RUNNING)
        written: Future[None] = Future()
        monkeypatch.setattr(fleet.inventory.journal, "state", lambda _: written)
        await world.press("q", "w")
        gate.set()
        await until(world, lambda: fleet.jobs.job(job.id).state is JobState.DONE)
        await world.go_on()
        assert world.app.return_code is None
        written.set_result(None)
        await until(world, lambda: world.app.return_code == 0)
        fleet.inventory.set_setting("the writer has come so far", 1).result(20)
        assert [(entry.action, entry.result) for entry in fleet.inventory.audit_entries()] == [("job.test", "ok")]


def test_the_words_in_the_bar() -> None:
    assert job_items(0, 0) == []
    assert [item.variants[0][0][0] for item in job_items(2, 3)] == ["! 3 jobs wait for you (5)", "◐ 2 jobs"]
    assert job_items(1, 0, leaving=True)[0].variants[0][0][0] == "leaving after 1 job"


async def test_the_bar_goes_on_saying_that_limen_leaves_with_the_last_job(gate) -> None:
    async with running(size=(80, 24)) as world:
        world.app.job_desk.start(PLAN)
        await until(world, lambda: world.app.job_desk.active)
        await world.press("q", "w")
        await until(world, lambda: "leaving after 1" in text(world))
        await world.press("q", "escape")
        await until(world, lambda: "leaving after 1" not in text(world) and "◐ 1" in text(world))
