"""What keys are aimed at while rows leave, hide and change their host; and that the screen says so."""

from __future__ import annotations

from collections.abc import Callable

from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM
from limen_tui.tui.fleet import cells, grouping
from limen_tui.tui.fleet.panel import REACTION, FleetPanel
from limen_tui.tui.fleet.scope import ScopeLine
from tests.tui.fleet.staged import Stage, StagedApp, make_vm
from tests.tui.fleet.test_fleet_panel import screen_text

StageOf = Callable[..., Stage]


def names(panel: FleetPanel) -> list[str]:
    return [vm.name for vm in panel.target().vms]


async def test_a_key_meant_for_a_vm_that_just_left_the_filter_hits_that_one_or_none(stage_of: StageOf) -> None:
    stage = stage_of(1, 20)
    app = StagedApp(stage)
    async with app.run_test(size=(120, 40)) as pilot:
        panel = app.panel
        await pilot.press("slash", *"state:running", "enter", "j", "j")
        aimed = panel.cursor
        assert aimed is not None
        name = names(panel)
        stage.change(aimed, state=VMState.PAUSED)
        app.look()
        await pilot.pause()
        assert panel.cursor not in (None, aimed)
        assert names(panel) == name, "the key was already on its way"
        stage.clock.now += REACTION
        assert names(panel) != name
        # one that is gone from its host is no target, and neither is its neighbour
        aimed = panel.cursor
        assert aimed is not None
        stage.show("h1", [vm for vm in stage.vms("h1") if vm.key != aimed])
        app.look()
        await pilot.pause()
        assert names(panel) == []
        await pilot.press("j")
        assert len(names(panel)) == 1


async def test_one_host_is_shown_alone_also_while_the_display_is_held_still(stage_of: StageOf) -> None:
    stage = stage_of(3, 5)
    app = StagedApp(stage)
    async with app.run_test(size=(120, 40)) as pilot:
        app.panel.table.set_marks(frozenset(vm.key for vm in stage.vms("h1")))
        app.panel.toggle_freeze()
        stage.show("h2", [*stage.vms("h2"), make_vm(stage.hosts[1], 99, name="newcomer")])
        app.panel.show_host("h2")
        await pilot.pause()
        assert {key.host_id for key in app.panel.table.visible_keys()} == {"h2"}
        assert "newcomer" not in screen_text(app), "time stands still"
        assert app.panel.table.row_count == 5 and app.panel.frozen
        assert [note.message for note in app._notifications] == ["5 marks on other hosts were taken away"]
        app.panel.toggle_freeze()
        await pilot.pause()
        assert "newcomer" in screen_text(app)


async def test_the_line_above_tells_of_marks_out_of_sight_and_of_a_range_that_was_begun(stage_of: StageOf) -> None:
    app = StagedApp(stage_of(2, 10))
    async with app.run_test(size=(120, 40)) as pilot:
        line = app.query_one(ScopeLine)
        await pilot.press("v")
        await pilot.pause()
        assert "range begun" in line.plain
        await pilot.press("escape")
        await pilot.pause()
        assert "range begun" not in line.plain
        await pilot.press("v", "j", "j", "v")
        await pilot.pause()
        assert "3 marked" in line.plain and "hidden" not in line.plain and "range" not in line.plain
        app.panel.cycle_grouping()
        await pilot.press("g", "enter")
        await pilot.pause()
        app.panel.show_fleet(app.stage.fleet.view)
        folded = sum(key.host_id == "h1" for key in app.panel.marked)
        assert folded and f"3 marked, {folded} of them hidden" in line.plain


def test_headings_of_states_do_not_say_again_how_many_run(stage_of: StageOf) -> None:
    vms = stage_of(1, 20).vms("h1")
    running = [vm for vm in vms if vm.state is VMState.RUNNING]
    stopped = [vm for vm in vms if vm.state is VMState.STOPPED]

    def said(mode: str, of: list[VM]) -> str:
        return "".join(text for text, _ in grouping.summary_of(mode)("x", of))

    assert "running" in said("host", running) and "vCPU" in said("host", running)
    assert said("state", running).split()[1] == "vCPU"
    assert (said("state", stopped), said("host", stopped)) == ("", "none running")


def test_two_figures_that_are_not_known_are_two_dashes(stage_of: StageOf) -> None:
    host = stage_of(1, 1).hosts[0]
    vm = make_vm(host, 1, load=make_vm(host, 1, state=VMState.STOPPED).load)
    assert "".join(text for text, _ in cells.net(vm)).split() == ["–", "–"]
    assert cells.net(make_vm(host, 1, state=VMState.STOPPED)) == ()
