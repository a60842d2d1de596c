"""A key that is pressed before its host is up says why nothing happens."""

from __future__ import annotations

from dataclasses import replace

from limen_tui.model.host import HostState
from tests.tui.shell.world import running


async def test_start_on_a_host_that_still_connects_says_so() -> None:
    async with running() as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "stopped")
        port = world.app.fleet._ports[vm.key.host_id]
        port._slot = replace(port._slot, state=HostState.CONNECTING, rev=port._slot.rev + 1)
        world.app.tick()
        await world.pilot.pause()
        assert world.app.main.panel.show_vm(vm.key)
        await world.pilot.pause()
        await world.press("s")
        assert f"{vm.host_name} is connecting" in world.notices()
        assert not world.app.fleet.acts.acts
