"""The VMs view driven by keys: the cursor stays on its VM, filters, groups, marks, stale hosts, hostile names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from limen_widgets.line_table.lines import natural
from textual.widgets import Input

from limen_tui.model.lifecycle import VMState
from limen_tui.model.samples import StatsGroup
from limen_tui.model.vm import VMKey
from limen_tui.tui.fleet.empty import empty_lines
from limen_tui.tui.fleet.filterbar import PROMPT, FilterBar, Note
from limen_tui.tui.fleet.scope import ScopeLine
from limen_tui.tui.fleet.strip import DetailStrip
from limen_tui.tui.fleet.table import EmptyNote
from limen_tui.tui.fleet.totals import TotalsBar
from limen_tui.tui.fleet.tree import HostTree
from tests.tui.fleet.staged import Stage, StagedApp, make_vm

StageOf = Callable[..., Stage]


def screen_text(app: StagedApp) -> str:
    """What is on the screen, line by line."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
    )  # fmt: skip


async def test_the_cursor_stays_on_its_vm_while_ticks_sort_anew(stage_of: StageOf) -> None:
    stage = stage_of(2, 20)
    app = StagedApp(stage)
    async with app.run_test(size=(120, 40)) as pilot:
        app.panel.table.sort("cpu")
        await pilot.press("j", "j", "j")
        held = app.panel.cursor
        assert held is not None
        for figure in (99.0, 0.0, 55.0):
            stage.change(held, load={"cpu_pct": figure})
            app.look()
            await pilot.pause()
            assert app.panel.cursor == held
            assert app.panel.target().vms[0].key == held
        order = [vm.load.cpu_pct for vm in map(stage.fleet.view.vm, app.panel.table.visible_keys()) if vm]
        known = [figure for figure in order if figure is not None]
        assert known == sorted(known, reverse=True)


async def test_the_target_is_of_the_moment_and_marks_come_before_the_cursor(stage_of: StageOf) -> None:
    stage = stage_of(2, 10)
    app = StagedApp(stage)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("space", "space", "j")
        target = app.panel.target()
        assert len(target.vms) == 2
        assert app.panel.cursor not in [vm.key for vm in target.vms]
        gone = target.vms[0].key
        stage.show(gone.host_id, [vm for vm in stage.vms(gone.host_id) if vm.key != gone])
        assert gone not in [vm.key for vm in app.panel.target().vms]
        app.look()
        await pilot.pause()
        assert "1 marked" in app.query_one(ScopeLine).plain
        await pilot.press("escape")
        assert not app.panel.marked


async def test_filter_is_kept_by_enter_and_undone_by_escape(stage_of: StageOf) -> None:
    stage = stage_of(4, 10)
    app = StagedApp(stage)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"web")
        await pilot.pause()
        shown = app.panel.table.rows_shown
        assert 0 < shown < 40
        await pilot.press("enter")
        assert app.panel.table.has_focus
        assert f"{shown} of 40" in app.query_one(ScopeLine).plain
        assert "/web" in app.query_one(ScopeLine).plain
        await pilot.press("slash")
        assert app.query_one(Input).value == "web"
        await pilot.press("escape")
        assert app.query_one(FilterBar).text == ""
        assert app.query_one(Input).has_focus
        await pilot.press("escape")
        assert app.panel.table.has_focus
        assert app.panel.table.rows_shown == 40


@pytest.mark.parametrize("leave", ["enter", "down"])
@pytest.mark.parametrize(("text", "said"), [("web cpu>x", "not a number"), ("web state:", "has no value")])
async def test_a_filter_with_a_mistake_is_not_left_behind(stage_of: StageOf, text: str, said: str, leave: str) -> None:
    app = StagedApp(stage_of(4, 10))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *text, leave)
        await pilot.pause()
        below = app.query_one(".filter--below", Note).plain
        assert said in below
        assert below.index("^") == PROMPT + len("web ")
        assert app.query_one(Input).has_focus
        app.query_one(Input).value = "web state:running"
        await pilot.press(leave)
        await pilot.pause()
        assert app.panel.table.has_focus


async def test_a_filter_without_matches_says_so(stage_of: StageOf) -> None:
    app = StagedApp(stage_of(1, 5))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"nothing-is-called-that", "enter")
        await pilot.pause()
        assert "Nothing matches" in app.query_one(EmptyNote).plain
        await pilot.press("escape")
        await pilot.pause()
        assert not app.query_one(EmptyNote).display
        assert app.panel.table.rows_shown == 5


async def test_groups_have_totals_and_fold(stage_of: StageOf) -> None:
    app = StagedApp(stage_of(3, 5))
    async with app.run_test(size=(120, 40)) as pilot:
        assert app.panel.cycle_grouping() == "host"
        await pilot.pause()
        text = screen_text(app)
        assert "▾ kvm1" in text
        assert "running" in text.split("▾ kvm1")[1].splitlines()[0]
        await pilot.press("g", "enter")
        await pilot.pause()
        assert "▸ kvm1" in screen_text(app)
        assert [app.panel.cycle_grouping() for _ in range(3)] == ["state", "tag", ""]


async def test_a_host_that_goes_down_is_shown_stale_and_why(stage_of: StageOf) -> None:
    stage = stage_of(2, 5)
    app = StagedApp(stage)
    async with app.run_test(size=(120, 40)) as pilot:
        stage.down("h2", "Connection refused", "Is libvirtd running there?")
        app.look()
        key = stage.vms("h2")[0].key
        assert app.panel.show_vm(key)
        await pilot.pause()
        assert "~ " in screen_text(app)
        strip = app.query_one(DetailStrip).plain
        assert "kvm2 is down" in strip
        assert "Is libvirtd running there?" in strip
        assert "1/2 hosts" in app.query_one(TotalsBar).plain
        assert "retry in 12 s" in screen_text(app)
        stage.clock.now += 5
        app.query_one(HostTree)._tick()
        await pilot.pause()
        assert "retry in 7 s" in screen_text(app)


async def test_frozen_stands_still_and_catches_up(stage_of: StageOf) -> None:
    stage = stage_of(1, 5)
    app = StagedApp(stage)
    async with app.run_test(size=(120, 40)) as pilot:
        assert app.panel.toggle_freeze()
        stage.show("h1", [*stage.vms("h1"), make_vm(stage.hosts[0], 99, name="newcomer")])
        app.look()
        await pilot.pause()
        assert "newcomer" not in screen_text(app)
        assert not app.panel.toggle_freeze()
        await pilot.pause()
        assert "newcomer" in screen_text(app)


async def test_one_host_alone_by_the_tree(stage_of: StageOf) -> None:
    stage = stage_of(3, 5)
    app = StagedApp(stage)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("shift+tab")
        app.query_one(HostTree).focus_main()
        await pilot.press("j", "j", "enter")
        await pilot.pause()
        assert {key.host_id for key in app.panel.table.visible_keys()} == {"h2"}
        assert "kvm2" in app.query_one(ScopeLine).plain
        app.panel.focus_main()
        await pilot.press("escape")
        await pilot.pause()
        assert app.panel.table.row_count == 15


async def test_only_what_is_on_show_is_asked_for(stage_of: StageOf) -> None:
    app = StagedApp(stage_of(4, 30))
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.toggle_strip()
        app.panel.table.set_columns(["name", "state", "cpu"])
        await pilot.pause()
        needs = app.panel.watched()
        assert needs.groups == {StatsGroup.CPU}
        assert needs.visible == set(app.panel.table.visible_keys())
        assert needs.hosts == {key.host_id for key in needs.visible}
        app.panel.table.set_columns(["name", "net"])
        assert app.panel.watched().groups == {StatsGroup.NET}
        app.panel._set_filter("web steal>5 mem<10")
        assert app.panel.watched().groups == {StatsGroup.NET, StatsGroup.VCPU, StatsGroup.BALLOON}


HOSTILE = [
    "[bold red]markup[/]", "\x1b]0;owned\x07\x1b[2J", "tab\tnew\nline", "\u202etxt.exe", "x" * 255,
    "日本語の仮想機械" * 8,
    "$(id); reboot", "\u200b\u200d zero", "é" * 127, "",
]  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (20, 5)])
async def test_hostile_names_stay_text_on_one_line(stage_of: StageOf, size: tuple[int, int]) -> None:
    stage = stage_of(1, 0)
    host = stage.hosts[0]
    facts = [replace(make_vm(host, n).facts, tags=(text,), os=text, description=text) for n, text in enumerate(HOSTILE)]
    made = [make_vm(host, n, name=text or " ", facts=facts[n]) for n, text in enumerate(HOSTILE)]
    stage.show("h1", [replace(vm, reason=vm.name, ips=(vm.name,)) for vm in made])
    app = StagedApp(stage)
    async with app.run_test(size=size) as pilot:
        for _ in made:
            await pilot.press("j")
        await pilot.pause()
        text = screen_text(app)
        assert len(text.splitlines()) == size[1]
        assert not any(char in text for char in "\x1b\x07\t\u202e\u200b")
        for strip in app.screen._compositor.render_strips():
            assert strip.cell_length == size[0]


async def test_ten_thousand_vms_are_all_there(stage_of: StageOf) -> None:
    stage = stage_of(40, 250)
    app = StagedApp(stage)
    async with app.run_test(size=(120, 40)) as pilot:
        assert app.panel.table.row_count == 10_000
        await pilot.press("G")
        last = app.panel.cursor
        assert last is not None
        names = sorted((vm.name for vm in stage.fleet.view.vms), key=natural)
        vm = stage.fleet.view.vm(last)
        assert vm is not None
        assert vm.name == names[-1]
        stage.change(last, load={"cpu_pct": 100.0})
        app.look()
        app.panel.table.sort("cpu")
        await pilot.pause()
        assert app.panel.cursor == last
        await pilot.press("slash", *"worker", "enter")
        await pilot.pause()
        assert app.panel.table.rows_shown == sum("worker" in vm.name for vm in stage.fleet.view.vms)


async def test_nothing_is_painted_when_nothing_on_screen_changed(
    stage_of: StageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stage_of(2, 60)
    app = StagedApp(stage)
    async with app.run_test(size=(120, 40)) as pilot:
        app.look()
        for _ in range(3):  # what the start still has to paint
            await pilot.pause()
        painted: list[object] = []
        show = type(app)._display

        def noted(self: StagedApp, screen: Any, what: Any) -> None:
            painted.append(what)
            show(self, screen, what)

        monkeypatch.setattr(StagedApp, "_display", noted)
        hidden = next(vm for vm in stage.fleet.view.vms if vm.key not in app.panel.table.visible_keys())
        stage.change(hidden.key, load={"net_rx_bps": 1.0})
        app.look()
        await pilot.pause()
        await pilot.pause()
        assert not [what for what in painted if what is not None]


def test_empty_notes_say_why_and_what_to_do(stage_of: StageOf) -> None:
    def said(stage: Stage, text: str = "", total: int = 0) -> str:
        lines = empty_lines(stage.fleet.view, None, text, total)
        return "\n".join("".join(piece for piece, _ in line) for line in lines)

    stage = stage_of(1, 0)
    assert "No VMs on this host" in said(stage)
    stage.down("h1", "Connection refused", "Is libvirtd running there?")
    assert "kvm1 is down – Connection refused" in said(stage)
    assert "Is libvirtd running there?" in said(stage)
    assert "Nothing matches" in said(stage, "zzz", 12)
    assert "limen hosts add" in said(stage_of(0, 0))


@pytest.mark.parametrize("width", [40, 60, 80])
async def test_why_nothing_is_shown_is_not_cut_off(stage_of: StageOf, width: int) -> None:
    stage = stage_of(1, 0)
    why, hint = "libvirt does not run there: Failed to connect " * 2, "Start it: sudo systemctl start libvirtd " * 2
    stage.down("h1", why.strip(), hint.strip())
    app = StagedApp(stage)
    async with app.run_test(size=(width, 30)) as pilot:
        await pilot.pause()
        shown = " ".join(app.query_one(EmptyNote).plain.split())
        assert why.strip() in shown and hint.strip() in shown
        assert all(len(line) <= width for line in app.query_one(EmptyNote).plain.splitlines())


def test_crashed_vms_are_counted_as_trouble(stage_of: StageOf) -> None:
    stage = stage_of(1, 3)
    stage.change(VMKey("h1", stage.vms("h1")[0].key.uuid), state=VMState.CRASHED)
    assert stage.fleet.view.totals.troubled == 1


async def test_the_filter_says_what_is_wrong_under_the_place_and_completes(stage_of: StageOf) -> None:
    stage = stage_of(3, 10)
    app = StagedApp(stage)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"web cpu>x")
        await pilot.pause()
        below = app.query_one(".filter--below", Note).plain
        assert below.index("^") == PROMPT + len("web ")
        assert 0 < app.panel.table.rows_shown < 30  # the part that is right filters
        app.query_one(Input).value = "host:kvm"
        await pilot.pause()
        assert "host:kvm1" in app.query_one(".filter--below", Note).plain
        app.query_one(Input).value = "sta"
        await pilot.pause()
        await pilot.press("tab")
        await pilot.pause()
        assert app.query_one(Input).value.startswith("sta")
        assert app.query_one(Input).value.endswith(":")
        assert app.query_one(Input).has_focus
