"""The engine: every way in which a step can go wrong ends with all of it or nothing, or with a question."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limen_tui.errors import Conflict, InventoryError, NotFound, Timeout
from limen_tui.inventory import open_inventory
from limen_tui.jobs.ops import registry
from limen_tui.jobs.owner import is_alive, this_process
from limen_tui.jobs.runner import JobRunner
from limen_tui.model.clock import SystemClock
from limen_tui.model.jobs import JobState, StepState
from tests.jobs.worlds import OPERATIONS, World, crashes, fails, plan
from tests.unit.hypervisor.libvirt_daemon import wait_for

NOBODY = "1 0 nowhere boot"
SHORT = 0.6
"""Seconds of patience, for hosts that stay away."""


@pytest.fixture(autouse=True)
def operations(monkeypatch):
    registry.operation("vm.define")
    for name, operation in OPERATIONS.items():
        monkeypatch.setitem(registry._registry, name, operation)


@pytest.fixture
def inventory():
    inventory = open_inventory(None)
    yield inventory
    inventory.close()


@pytest.fixture
def over():
    return []


@pytest.fixture
def make(inventory, over):
    def runner(world, **more):
        return JobRunner(world, inventory, SystemClock(), on_over=over.append, **{"patience": 60.0, **more})

    return runner


def run(runner, *names):
    return runner.wait(runner.start(plan(*names)).id, 60)


def states(job):
    return [step.state for step in job.steps]


def test_all_steps_are_done_in_order_and_kept(make, inventory, over) -> None:
    world = World()
    job = run(make(world), "a", "b")
    assert (job.state, world.told) == (JobState.DONE, ["+a", "+b"])
    (kept,) = inventory.journal.jobs()
    assert states(kept) == [StepState.DONE] * 2
    assert (kept.state, kept.steps[0].result, kept.owner) == (JobState.DONE, {"made": "a"}, this_process())
    assert [each.id for each in over] == [job.id]


def test_a_check_that_fails_leaves_everything_untouched(make) -> None:
    world = World({"b"})
    job = run(make(world), "a", "b")
    assert (job.state, world.told, job.problem.title) == (JobState.FAILED, [], "b exists")


@pytest.mark.parametrize("broken", [fails, crashes])
@pytest.mark.parametrize("place", ["a", "b", "c"])
def test_a_step_that_fails_puts_everything_back(make, inventory, place, broken) -> None:
    world = World({"before"}, {("make", place): broken})
    job = run(make(world), "a", "b", "c")
    assert (job.state, world.things) == (JobState.FAILED, {"before"})
    assert job.problem.title == ("no" if broken is fails else "ZeroDivisionError")
    assert inventory.journal.jobs()[0].state is JobState.FAILED


def test_what_stands_in_the_way_by_then_is_not_taken_for_ours(make) -> None:
    world = World()

    def somebody_else():
        world.things.add("b")

    world.breaks["make", "b"] = somebody_else
    job = run(make(world), "a", "b")
    assert (job.state, world.things) == (JobState.FAILED, {"b"})


@pytest.mark.parametrize("verb", ["make", "made"])
def test_a_link_that_breaks_and_returns_is_waited_for(make, verb) -> None:
    """Before or after it happened on the host: it is looked at, and done once."""
    world = World()
    world.breaks[verb, "b"] = world.link_breaks()
    job = run(make(world), "a", "b", "c")
    assert (job.state, world.told) == (JobState.DONE, ["+a", "+b", "+c"])


def test_a_host_that_stays_away_is_a_question_not_a_guess(make, inventory) -> None:
    world = World()
    world.breaks["made", "b"] = world.link_breaks(back=False)
    runner = make(world, patience=SHORT)
    job = run(runner, "a", "b", "c")
    assert (job.state, states(job)[1]) == (JobState.STUCK, StepState.STARTED)
    assert job.is_unfinished
    world.up = True
    done = runner.wait(runner.resume(job.id).id, 20)
    assert (done.state, world.told) == (JobState.DONE, ["+a", "+b", "+c"])


def test_a_host_that_is_there_and_never_does_it_in_time_has_failed(make) -> None:
    world, tries = World(), []

    def late():
        tries.append(1)
        world.breaks["make", "b"] = late
        raise Timeout("too late")

    world.breaks["make", "b"] = late
    job = run(make(world), "a", "b")
    assert (job.state, job.problem.title, world.things, len(tries)) == (JobState.FAILED, "too late", set(), 3)


def test_a_stuck_job_can_be_rolled_back_or_left(make) -> None:
    for choice, left in (("roll_back", set()), ("leave", {"a", "b"})):
        world = World()
        world.breaks["made", "b"] = world.link_breaks(back=False)
        runner = make(world, patience=SHORT)
        job = run(runner, "a", "b", "c")
        world.up = True
        getattr(runner, choice)(job.id)
        ended = runner.wait(job.id, 20)
        assert (ended.state.is_over, world.things) == (True, left)
        with pytest.raises(Conflict):
            runner.roll_back(job.id)


def test_an_undo_that_fails_is_shown_and_can_be_tried_again(make) -> None:
    world = World()
    world.breaks.update({("make", "c"): fails, ("remove", "a"): fails})
    runner = make(world)
    job = run(runner, "a", "b", "c")
    assert (job.state, world.things) == (JobState.STUCK, {"a"})
    assert states(job) == [StepState.UNDO_FAILED, StepState.UNDONE, StepState.FAILED]
    assert "Not everything was put back" in job.problem.title
    runner.roll_back(job.id)
    assert (runner.wait(job.id, 20).state, world.things) == (JobState.CANCELLED, set())


def test_a_failed_job_can_be_tried_again(make) -> None:
    world = World()
    world.breaks["make", "b"] = fails
    runner = make(world)
    job = run(runner, "a", "b")
    assert job.state is JobState.FAILED
    runner.resume(job.id)
    assert (runner.wait(job.id, 20).state, world.things) == (JobState.DONE, {"a", "b"})


def test_cancel_puts_everything_back(make) -> None:
    world, runner_box = World(), []
    world.breaks["make", "b"] = lambda: runner_box[0].cancel(runner_box[0].active[0].id)
    runner_box.append(make(world))
    job = run(runner_box[0], "a", "b", "c")
    assert (job.state, world.things) == (JobState.CANCELLED, set())
    with pytest.raises(Conflict):
        runner_box[0].cancel(job.id)


def test_what_cannot_be_undone_only_goes_forward(make) -> None:
    world = World({"x", "y"})
    world.breaks["remove", "y"] = fails
    runner = make(world)
    job = run(runner, "a", "-x", "-y")
    assert (job.state, world.things) == (JobState.STUCK, {"a", "y"})
    assert (runner.wait(runner.resume(job.id).id, 20).state, world.things) == (JobState.DONE, {"a"})


def test_a_final_step_that_fails_first_is_rolled_back(make) -> None:
    world = World({"x"}, {("remove", "x"): fails})
    job = run(make(world), "a", "-x")
    assert (job.state, world.things) == (JobState.FAILED, {"x"})


def test_nothing_is_done_that_cannot_be_written_down(make, inventory) -> None:
    world = World()
    inventory.close()
    job = run(make(world), "a")
    assert (job.state, world.things, job.problem.title) == (JobState.FAILED, set(), "The inventory is closed")


def test_a_host_gets_so_many_at_once_and_another_is_not_kept_waiting(make) -> None:
    world, going, most, lock = World(), [0], [0], threading.Lock()
    free = threading.Event()

    def slow(context, args):
        with lock:
            going[0] += 1
            most[0] = max(most[0], going[0])
        free.wait(60)
        with lock:
            going[0] -= 1
        return {}

    registry._registry["test.make"] = replace(OPERATIONS["test.make"], do=slow)
    runner = make(world, per_host=2)
    jobs = [runner.start(plan(f"n{number}")) for number in range(5)]
    other = runner.start(replace(plan("elsewhere"), host_id="other"))
    wait_for(lambda: going[0] == 3, 60.0, "three of them")
    assert {job.state for job in runner.jobs} == {JobState.RUNNING, JobState.QUEUED}
    free.set()
    assert {runner.wait(job.id, 20).state for job in (*jobs, other)} == {JobState.DONE}
    assert most[0] == 3


# -- another process ----------------------------------------------------------------------------------


def killed(inventory, world, *names, at: int, state: StepState) -> str:
    """The journal as a process leaves it that was killed at step ``at``."""
    owner = this_process().split(" ", 2)
    gone = f"{2**22 - 1} {owner[1]} {owner[2]}"
    runner = JobRunner(World(), inventory, SystemClock(), on_over=lambda job: None)
    job = replace(runner.wait(runner.start(plan(*names)).id, 20), owner=gone, state=JobState.RUNNING)
    inventory.journal.claim(replace(job, owner=this_process()), gone).result(60)
    inventory.journal.state(replace(job, finished_at=None)).result(60)
    for place, step in enumerate(job.steps):
        now = StepState.DONE if place < at else state if place == at else StepState.PLANNED
        inventory.journal.step(job.id, place, replace(step, state=now)).result(60)
        if now is StepState.DONE:
            world.things.add(step.plan.args["name"])
    return job.id


CASES = list(itertools.product(range(3), (StepState.PLANNED, StepState.STARTED), (False, True)))


@pytest.mark.parametrize(("at", "state", "happened"), CASES)
@pytest.mark.parametrize("choice", ["resume", "roll_back"])
def test_the_next_process_finishes_or_puts_back(make, inventory, at, state, happened, choice) -> None:
    world = World({"before"})
    job_id = killed(inventory, world, "a", "b", "c", at=at, state=state)
    if happened and state is StepState.STARTED:
        world.things.add("abc"[at])
    runner = make(world)
    (unfinished,) = runner.load()
    assert (unfinished.id, unfinished.orphaned, unfinished.is_unfinished) == (job_id, True, True)
    getattr(runner, choice)(job_id)
    job = runner.wait(job_id, 20)
    wanted = {"before", "a", "b", "c"} if choice == "resume" else {"before"}
    assert (job.state.is_over, world.things) == (True, wanted)
    assert inventory.journal.jobs()[0].state is job.state
    assert runner.load() == ()


def test_a_job_of_a_process_that_lives_is_left_alone(make, inventory) -> None:
    world = World()
    job_id = killed(inventory, world, "a", at=0, state=StepState.STARTED)
    (job,) = inventory.journal.jobs()
    inventory.journal.claim(job, this_process()).result(60)
    runner = make(world)
    assert runner.load() == ()
    with pytest.raises(Conflict):
        runner.resume(job_id)


def test_one_of_two_limens_takes_an_unfinished_job(make, inventory) -> None:
    world = World()
    job_id = killed(inventory, world, "a", "b", at=1, state=StepState.STARTED)
    one, other = make(world), make(world)
    one.load()
    other.load()
    one.roll_back(job_id)
    with pytest.raises(InventoryError, match="taken"):
        other.roll_back(job_id)
    assert one.wait(job_id, 20).state is JobState.CANCELLED


def test_jobs_are_found_by_the_beginning_of_their_id(make) -> None:
    runner = make(World())
    job = run(runner, "a")
    assert runner.job(job.id[:6]).id == job.id
    for wrong in ("", "zzz"):
        with pytest.raises(NotFound):
            runner.job(wrong)


def test_owners() -> None:
    assert is_alive(this_process())
    pid, began, machine = this_process().split(" ", 2)
    assert not is_alive(f"{pid} {int(began) + 1} {machine}")
    assert not is_alive(f"{2**22 - 1} {began} {machine}")
    assert not is_alive(f"{pid} {began} {machine.split(' ')[0]} other-boot")
    assert is_alive(NOBODY)  # on another machine: nobody can tell from here


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True),
    faults=st.dictionaries(
        st.tuples(st.sampled_from(["make", "made"]), st.sampled_from("abcdef")),
        st.sampled_from(["fail", "link"]), max_size=4,
    ),
)
def test_all_or_nothing(make, names, faults) -> None:
    world = World({"before"})
    for key, fault in faults.items():
        if fault == "link" or key[0] == "make":
            world.breaks[key] = world.link_breaks() if fault == "link" else fails
    job = run(make(world), *names)
    if job.state is JobState.DONE:
        assert world.things == {"before", *names}
    else:
        assert (job.state, world.things) == (JobState.FAILED, {"before"})
