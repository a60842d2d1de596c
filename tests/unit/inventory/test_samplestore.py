"""A day of minutes: what is written comes back, old minutes go, damage is survived."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from pathlib import Path
from types import MappingProxyType

import pytest

from limen_tui.inventory import Inventory, open_inventory
from limen_tui.model.host import Host, HostSnapshot, HostState
from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM, VMKey, VMLoad

HOST = Host("h1", "kvm1", "qemu:///system")


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def snapshot(at: float, cpus: dict[int, float | None], host: Host = HOST, **load: float) -> HostSnapshot:
    vms = {
        uuid(n): VM(VMKey(host.id, uuid(n)), f"vm{n}", host.name, VMState.RUNNING, load=VMLoad(cpu, **load))  # type: ignore[arg-type]
        for n, cpu in cpus.items()
    }
    return HostSnapshot(host, state=HostState.UP, sampled_at=at, vms=MappingProxyType(vms))


def feed(inventory: Inventory, start: float, seconds: int, cpus: dict[int, float | None], **load: float) -> None:
    for at in range(0, seconds, 10):
        inventory.minutes.add(snapshot(start + at, cpus, **load))


def settled(inventory: Inventory) -> None:
    inventory.set_setting("x", 1).result(10)


@pytest.fixture
def inventory(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = open_inventory(tmp_path / "inventory.db")
    yield made
    made.close()


def test_a_minute_is_the_mean_of_its_samples_and_survives_a_restart(tmp_path: Path) -> None:
    first = open_inventory(tmp_path / "inventory.db")
    for at, cpu in enumerate((10.0, 20.0, 60.0, 90.0, 30.0, 30.0)):
        first.minutes.add(snapshot(600_000 + at * 10, {1: cpu, 2: None}, disk_rd_bps=1e6, disk_wr_bps=5e5))
    first.close()
    again = open_inventory(tmp_path / "inventory.db")
    (point,) = again.minutes.points(VMKey("h1", uuid(1)), 0)
    assert point.at == 600_000
    assert point.cpu == 40.0
    assert point.disk == pytest.approx(1.5e6, rel=1e-3)
    assert isnan(point.mem) and isnan(point.net)
    (other,) = again.minutes.points(VMKey("h1", uuid(2)), 0)
    assert isnan(other.cpu)
    assert again.minutes.points(VMKey("h1", uuid(3)), 0) == ()
    assert again.minutes.points(VMKey("h2", uuid(1)), 0) == ()
    again.close()


def test_minutes_follow_a_vm_though_others_come_and_go(inventory: Inventory) -> None:
    feed(inventory, 6000, 60, {1: 10.0, 2: 20.0})
    feed(inventory, 6060, 60, {2: 30.0})
    feed(inventory, 6120, 60, {3: 5.0, 2: 40.0, 1: 1.0})
    inventory.minutes.add(snapshot(6180, {2: 1.0}))
    settled(inventory)
    assert [(p.at, p.cpu) for p in inventory.minutes.points(VMKey("h1", uuid(2)), 0)] == [
        (6000, 20.0), (6060, 30.0), (6120, 40.0)]  # fmt: skip
    assert [p.at for p in inventory.minutes.points(VMKey("h1", uuid(2)), 6100)] == [6060, 6120]
    assert [p.at for p in inventory.minutes.points(VMKey("h1", uuid(1)), 0)] == [6000, 6120]


def test_only_a_day_is_kept(inventory: Inventory) -> None:
    key = VMKey("h1", uuid(1))
    for at in (0, 3600, 24 * 3600, 25 * 3600, 25 * 3600 + 120):
        feed(inventory, at, 60, {1: 1.0})
    inventory.minutes.add(snapshot(25 * 3600 + 300, {1: 1.0}))
    settled(inventory)
    assert [p.at for p in inventory.minutes.points(key, 0)] == [24 * 3600, 25 * 3600, 25 * 3600 + 120]


def test_a_roster_is_written_once_while_the_same_vms_run(inventory: Inventory) -> None:
    for minute in range(5):
        feed(inventory, minute * 60, 60, {1: 1.0, 2: 2.0})
    settled(inventory)
    with inventory._reading():
        assert inventory._database.run("SELECT count(*) FROM rosters") == [(1,)]
        assert inventory._database.run("SELECT count(*) FROM minutes") == [(4,)]


def test_what_was_removed_and_forgotten_leaves_nothing(inventory: Inventory) -> None:
    feed(inventory, 0, 120, {1: 1.0})
    inventory.remove_host("h1", forget=True).result(10)
    assert inventory.minutes.points(VMKey("h1", uuid(1)), 0) == ()
    with inventory._reading():
        assert inventory._database.run("SELECT count(*) FROM rosters") == [(0,)]


@pytest.mark.parametrize("data", [b"", b"not zlib", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_damaged_row_counts_as_none(inventory: Inventory, data: bytes) -> None:
    feed(inventory, 0, 130, {1: 1.0})
    settled(inventory)
    inventory._writer.submit(lambda: inventory._database.run("UPDATE minutes SET data = ?", (data,))).result(10)
    assert inventory.minutes.points(VMKey("h1", uuid(1)), 0) == ()


def test_what_is_no_uuid_is_left_out(inventory: Inventory) -> None:
    whole = snapshot(0, {1: 1.0})
    odd = VM(VMKey("h1", "no uuid"), "x", "kvm1", VMState.RUNNING)
    for at in (0, 60, 120):
        inventory.minutes.add(replace(whole, sampled_at=at, vms=MappingProxyType({**whole.vms, "no uuid": odd})))
    settled(inventory)
    assert inventory.minutes.points(VMKey("h1", "no uuid"), 0) == ()
    assert len(inventory.minutes.points(VMKey("h1", uuid(1)), 0)) == 2


def test_samples_closer_than_ten_seconds_cost_the_writer_nothing(inventory: Inventory) -> None:
    for tenth in range(95):
        inventory.minutes.add(snapshot(tenth / 10, {1: 100.0 if tenth else 0.0}))
    inventory.minutes.flush()
    settled(inventory)
    (point,) = inventory.minutes.points(VMKey("h1", uuid(1)), 0)
    assert point.cpu == 0.0, "only the first of them counts"
