"""The contract of definitions: simulated, libvirt's test driver, real QEMU."""

from __future__ import annotations

from uuid import uuid4

import pytest

from limen_tui.errors import Conflict, InputError, NotSupported, ReadOnlyError
from limen_tui.model.lifecycle import VMState
from limen_tui.model.xml.read import facts

NAME = "contract-new"


@pytest.fixture
def kind(rig):
    return {"TEST": "test"}.get(rig.capabilities.hypervisor, "qemu")


def small(kind: str, name: str, uuid: str, vcpus: int = 1) -> str:
    return (
        f"<domain type='{kind}'><name>{name}</name><uuid>{uuid}</uuid><memory unit='KiB'>65536</memory>"
        f"<vcpu>{vcpus}</vcpu><os><type arch='x86_64'>hvm</type></os></domain>"
    )


@pytest.fixture
def new(rig, kind):
    """A definition that is there for the length of a test."""
    uuid = str(uuid4())
    rig.do(lambda verbs: verbs.definitions.define_new(small(kind, NAME, uuid)))
    yield uuid
    rig.do(lambda verbs: verbs.definitions.undefine(uuid))


def test_a_new_definition_appears_and_goes(rig, kind) -> None:
    uuid = str(uuid4())
    rig.do(lambda verbs: verbs.definitions.define_new(small(kind, NAME, uuid)))
    vm = rig.wait_vm(uuid, lambda vm: vm.facts.vcpus)
    assert (vm.name, vm.state) == (NAME, VMState.STOPPED)
    assert rig.do(lambda verbs: verbs.definitions.names())[NAME] == uuid
    rig.do(lambda verbs: verbs.definitions.undefine(uuid))
    rig.wait(lambda now: uuid not in now.vms)
    rig.do(lambda verbs: verbs.definitions.undefine(uuid))  # gone is what was asked for


def test_a_taken_name_or_uuid_is_a_conflict_and_changes_nothing(rig, kind, new) -> None:
    before = rig.do(lambda verbs: verbs.xml(new, inactive=True))
    for name, uuid in ((NAME, str(uuid4())), ("another", new)):
        xml = small(kind, name, uuid, 3)
        with pytest.raises(Conflict):
            rig.do(lambda verbs, xml=xml: verbs.definitions.define_new(xml))
    assert rig.do(lambda verbs: verbs.xml(new, inactive=True)) == before
    assert "another" not in rig.do(lambda verbs: verbs.definitions.names())


def test_a_redefinition_is_taken_only_over_what_was_seen(rig, kind, new) -> None:
    seen = rig.do(lambda verbs: verbs.xml(new, inactive=True))
    rig.do(lambda verbs: verbs.definitions.redefine(new, small(kind, NAME, new, 2), expected=seen))
    rig.wait_vm(new, lambda vm: vm.facts.vcpus == 2)
    with pytest.raises(Conflict, match="meanwhile"):
        rig.do(lambda verbs: verbs.definitions.redefine(new, small(kind, NAME, new, 4), expected=seen))
    assert facts(rig.do(lambda verbs: verbs.definitions.all_xml())[new]).vcpus == 2
    with pytest.raises(InputError):
        rig.do(lambda verbs: verbs.definitions.redefine(new, small(kind, NAME, str(uuid4()))))


def test_what_is_no_definition_is_refused(rig) -> None:
    for xml in ("", "<domain/>", "<domain><name>x</name>", "<pool><name>x</name><uuid>1</uuid></pool>"):
        with pytest.raises(InputError):
            rig.do(lambda verbs, xml=xml: verbs.definitions.define_new(xml))


def test_leftovers_and_capabilities_can_be_asked_for(rig, new) -> None:
    left = rig.do(lambda verbs: verbs.definitions.leftovers(new))
    assert (left.snapshots, left.checkpoints, left.managed_save) == ((), (), False)
    if rig.capabilities.describes_domains:
        assert "domainCapabilities" in rig.do(lambda verbs: verbs.definitions.domain_capabilities())
    else:
        with pytest.raises(NotSupported):
            rig.do(lambda verbs: verbs.definitions.domain_capabilities())


def test_nothing_is_defined_on_a_read_only_host(make, kind) -> None:
    rig = make(read_only=True)
    xml = small(kind, NAME, str(uuid4()))
    with pytest.raises(ReadOnlyError):
        rig.do(lambda verbs: verbs.definitions.define_new(xml))
    with pytest.raises(ReadOnlyError):
        rig.do(lambda verbs: verbs.definitions.undefine(rig.a_stopped_vm))
    with pytest.raises(ReadOnlyError):
        rig.do(lambda verbs: verbs.definitions.xml_for_edit(rig.a_stopped_vm))
