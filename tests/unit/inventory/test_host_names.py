"""Two Limens write to one list of hosts: no name twice, and no host written over another."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from limen_tui.errors import Conflict
from limen_tui.inventory import Inventory, open_inventory
from limen_tui.model.host import Host

ONE = Host("h1", "kvm1", "qemu+ssh://root@kvm1/system")
TWO = Host("h2", "kvm2", "qemu+ssh://root@kvm2/system")


@pytest.fixture
def other(path: Path, inventory: Inventory) -> Iterator[Inventory]:
    opened = open_inventory(path)
    yield opened
    opened.close()


@pytest.mark.parametrize("name", ["kvm1", "KVM1"])
def test_a_name_that_was_taken_meanwhile_is_refused(inventory: Inventory, other: Inventory, name: str) -> None:
    inventory.save_host(ONE, new=True).result(10)
    with pytest.raises(Conflict, match="called 'kvm1' is saved already"):
        other.save_host(dataclasses.replace(TWO, name=name), new=True).result(10)
    other.save_host(TWO, new=True).result(10)
    with pytest.raises(Conflict):
        inventory.save_host(dataclasses.replace(TWO, name=name)).result(10)
    assert inventory.hosts() == other.hosts() == (ONE, TWO)
    assert other.problem is None  # the file is not at fault


@pytest.mark.parametrize("change", [{"id": "h3"}, {"uri": "qemu+ssh://root@kvm3/system"}])
def test_a_new_host_is_not_written_over_another(inventory: Inventory, other: Inventory, change: dict[str, str]) -> None:
    inventory.save_host(ONE, new=True).result(10)
    with pytest.raises(Conflict, match=r"kvm1/system is saved already, as kvm1"):
        other.save_host(dataclasses.replace(ONE, name="mine", **change), new=True).result(10)
    assert inventory.hosts() == (ONE,)


def test_what_is_queued_with_a_refused_one_is_kept(inventory: Inventory) -> None:
    futures = [inventory.save_host(host, new=True) for host in (ONE, dataclasses.replace(TWO, name="kvm1"))]
    futures.append(inventory.set_setting("theme", "nord"))
    assert [type(future.exception(10)) for future in futures] == [type(None), Conflict, type(None)]


def test_two_of_one_name_from_before_may_still_be_changed_and_told_apart(inventory: Inventory) -> None:
    inventory.save_host(ONE).result(10)
    inventory.save_host(TWO).result(10)
    with inventory._database.connected():
        inventory._database.run("UPDATE hosts SET name = 'kvm1'")
    inventory.save_host(dataclasses.replace(TWO, name="kvm1", enabled=False)).result(10)
    inventory.save_host(dataclasses.replace(TWO, name="kvm2")).result(10)
    inventory.save_host(dataclasses.replace(ONE, name="KVM1")).result(10)
    assert [host.name for host in inventory.hosts()] == ["KVM1", "kvm2"]
