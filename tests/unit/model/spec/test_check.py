"""What is said of a spec before anything is done."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen_tui.model import units
from limen_tui.model.spec import (
    PRESETS,
    Addressing,
    Blank,
    CloudImage,
    CloudInit,
    CopyOf,
    DirectKernel,
    DiskSpec,
    HostLimits,
    ImageRef,
    ImportDisk,
    IsoInstall,
    NicSpec,
    PoolLimits,
    Pxe,
    Topology,
    VMSpec,
    apply_preset,
    complete,
    errors,
    validate,
)
from limen_tui.model.xml.domcaps import ASSUMED
from tests.unit.model.spec.specs import CLOUD, EVERY, GIB, KEY, KVM, SOURCES, TCG, filled, hostile

HOST = HostLimits(
    name="kvm1", cpus=8, memory_kib=16 << 20, memory_free_kib=8 << 20, vm_names=frozenset({"taken"}),
    macs=frozenset({"52:54:00:00:00:99"}),
    pools={"default": PoolLimits(100 * GIB, volumes=frozenset({"debian-12.qcow2", "old.qcow2"})),
           "off": PoolLimits(active=False), "lvm": PoolLimits(GIB, kind="logical"), "iso": PoolLimits(GIB)},
    networks={"default": True, "lan": False}, caps=KVM,
)  # fmt: skip
PLAIN = VMSpec("web", disks=(DiskSpec("default", capacity=20 * GIB),), nics=(NicSpec(),))


def said(spec: VMSpec, host: HostLimits = HOST) -> list[tuple[str, str]]:
    return [(finding.field, finding.level) for finding in validate(spec, host)]


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.name)
def test_good_specs_have_no_errors_before_and_after_completing(spec):
    for each in (spec, complete(spec, KVM)):
        assert errors(validate(each, replace(HOST, pools=None))) == ()


def test_a_plain_one_is_fine():
    assert said(PLAIN) == []


@pytest.mark.parametrize(
    ("change", "field", "level"),
    [
        ({"name": "../x"}, "name", "error"),
        ({"name": "taken"}, "name", "error"),
        ({"uuid": "x"}, "uuid", "error"),
        ({"title": "a\x1b[m"}, "title", "error"),
        ({"description": "a\nb\x00"}, "description", "error"),
        ({"tags": ("",)}, "tags", "error"),
        ({"vcpus": 0}, "vcpus", "error"),
        ({"vcpus": 9}, "vcpus", "warning"),
        ({"vcpus": 300}, "vcpus", "error"),
        ({"vcpus": 4, "vcpus_max": 2}, "vcpus_max", "error"),
        ({"vcpus": 2, "topology": Topology(1, 1, 1)}, "topology", "error"),
        ({"vcpus": 2, "vcpus_max": 2, "topology": Topology(2, 2, 1)}, "topology", "error"),
        ({"topology": Topology(0, 1, 1)}, "topology", "error"),
        ({"memory_kib": 0}, "memory_kib", "error"),
        ({"memory_kib": 4096}, "memory_kib", "warning"),
        ({"memory_kib": 32 << 20}, "memory_kib", "warning"),
        ({"memory_kib": 9 << 20}, "memory_kib", "warning"),
        ({"memory_kib": 1 << 60}, "memory_kib", "error"),
        ({"memory_max_kib": 1024}, "memory_max_kib", "error"),
        ({"firmware": "uefi-secure", "machine": "pc-i440fx-7.2"}, "firmware", "error"),
        ({"tpm": True}, "tpm", "warning"),
        ({"kind": "qemu"}, "kind", "warning"),
        ({"disks": ()}, "disks", "warning"),
        ({"disks": (DiskSpec("default"),)}, "disks.0.capacity", "error"),
        ({"disks": (DiskSpec("default", capacity=512),)}, "disks.0.capacity", "error"),
        ({"disks": (DiskSpec("nowhere", capacity=GIB),)}, "disks.0.pool", "error"),
        ({"disks": (DiskSpec("off", capacity=GIB),)}, "disks.0.pool", "error"),
        ({"disks": (DiskSpec("lvm", capacity=GIB),)}, "disks.0.format", "error"),
        ({"disks": (DiskSpec("default", "a/b", GIB),)}, "disks.0.name", "error"),
        ({"disks": (DiskSpec("default", "old.qcow2", GIB),)}, "disks.0.name", "error"),
        ({"disks": (DiskSpec("default", "gone", existing=True),)}, "disks.0.name", "error"),
        ({"disks": (DiskSpec(existing=True),)}, "disks.0.name", "error"),
        ({"disks": (DiskSpec(path="/a/../b", existing=True),)}, "disks.0.path", "error"),
        ({"disks": (DiskSpec(path="/a/b", capacity=GIB),)}, "disks.0.path", "error"),
        ({"disks": (DiskSpec("default", capacity=GIB, device="cdrom"),)}, "disks.0.device", "error"),
        ({"disks": (DiskSpec("default", capacity=GIB, bus="ide"),)}, "disks.0.bus", "error"),
        ({"disks": (DiskSpec("default", capacity=GIB, format="raw", backing=ImageRef("a", "b")),)}, "disks.0.format",
         "error"),
        ({"disks": (DiskSpec("default", capacity=101 * GIB),)}, "disks", "warning"),
        ({"disks": (DiskSpec("default", "x", GIB), DiskSpec("default", "x", GIB))}, "disks", "error"),
        ({"disks": (DiskSpec("default", capacity=GIB),) * 25}, "disks", "error"),
        ({"nics": (NicSpec(source=""),)}, "nics.0.source", "error"),
        ({"nics": (NicSpec(source="wan"),)}, "nics.0.source", "error"),
        ({"nics": (NicSpec(source="lan"),)}, "nics.0.source", "error"),
        ({"nics": (NicSpec("bridge", "br0; rm -rf"),)}, "nics.0.source", "error"),
        ({"nics": (NicSpec(mac="52:54:00"),)}, "nics.0.mac", "error"),
        ({"nics": (NicSpec(mac="53:54:00:00:00:01"),)}, "nics.0.mac", "error"),
        ({"nics": (NicSpec(mac="52:54:00:00:00:99"),)}, "nics.0.mac", "warning"),
        ({"nics": (NicSpec(mac="52:54:00:00:00:01"),) * 2}, "nics", "error"),
        ({"source": Pxe(), "nics": ()}, "nics", "error"),
        ({"source": IsoInstall("iso", "")}, "source.volume", "error"),
        ({"source": DirectKernel("vmlinuz")}, "source.kernel", "error"),
        ({"source": DirectKernel("/vmlinuz", "initrd")}, "source.initrd", "error"),
        ({"source": CopyOf()}, "source.uuid", "error"),
        ({"source": CloudImage("default", "x")}, "cloud_init", "warning"),
    ],
)  # fmt: skip
def test_one_thing_wrong_is_said_beside_its_field(change, field, level):
    assert (field, level) in said(replace(PLAIN, **change))


@pytest.mark.parametrize(
    ("cloud", "field", "level"),
    [
        (CloudInit(), "ssh_keys", "warning"),
        (CloudInit(ssh_keys=("-----BEGIN OPENSSH PRIVATE KEY-----",)), "ssh_keys", "error"),
        (CloudInit(ssh_keys=("ssh-ed25519 AAAA",)), "ssh_keys", "error"),
        (CloudInit(ssh_keys=(KEY[:40],)), "ssh_keys", "error"),
        (CloudInit(ssh_keys=(KEY + "\n" + KEY,)), "ssh_keys", "error"),
        (CloudInit(password_hash="geheim"), "password_hash", "error"),
        (CloudInit(ssh_keys=(KEY,), user="root"), "user", "warning"),
        (CloudInit(ssh_keys=(KEY,), user="Ann B"), "user", "error"),
        (CloudInit(ssh_keys=(KEY,), hostname="a_b"), "hostname", "error"),
        (CloudInit(ssh_keys=(KEY,), packages=("htop; rm",)), "packages", "error"),
        (CloudInit(ssh_keys=(KEY,), addressing=(Addressing(), Addressing())), "addressing", "error"),
        (CloudInit(ssh_keys=(KEY,), addressing=(Addressing(False),)), "addressing.0.addresses", "error"),
        (CloudInit(ssh_keys=(KEY,), addressing=(Addressing(False, ("10.0.0.5",)),)), "addressing.0.addresses", "error"),
        (CloudInit(ssh_keys=(KEY,), addressing=(Addressing(False, ("10.0.0.5/24",), ("x",)),)), "addressing.0.gateways",
         "error"),
        (CloudInit(ssh_keys=(KEY,), addressing=(Addressing(False, ("10.0.0.5/24",), ("10.1.0.1",)),)),
         "addressing.0.gateways", "warning"),
        (CloudInit(ssh_keys=(KEY,), addressing=(Addressing(dns=("1.1.1.999",)),)), "addressing.0.dns", "error"),
        (CloudInit(ssh_keys=(KEY,), user_data="#cloud-config\na: [b"), "user_data", "error"),
        (CloudInit(ssh_keys=(KEY,), user_data="just words"), "user_data", "error"),
        (CloudInit(ssh_keys=(KEY,), user_data="- a\n- b"), "user_data", "error"),
        (CloudInit(ssh_keys=(KEY,), user_data="#cloud-config\nx: !!python/object/apply:os.system [id]"), "user_data",
         "error"),
        (CloudInit(ssh_keys=(KEY,), user_data="#cloud-config\n" + "[" * 5000), "user_data", "error"),
        (CloudInit(ssh_keys=(KEY,), user_data="#cloud-config\nd: 2024-99-99"), "user_data", "error"),
        (CloudInit(ssh_keys=(KEY,), user_data="packages: [vim]"), "user_data", "warning"),
    ],
)  # fmt: skip
def test_cloud_init_is_looked_at(cloud, field, level):
    assert (f"cloud_init.{field}", level) in said(replace(PLAIN, cloud_init=cloud))


def test_fine_cloud_init_says_nothing():
    cloud = CloudInit(
        hostname="web.example.org", user="ann", ssh_keys=(KEY, f'from="10.0.0.0/8" {KEY}'),
        password_hash="$6$salt$abcdefghijkl", packages=("g++", "qemu-guest-agent"),
        addressing=(Addressing(False, ("10.0.0.5/24", "fd00::5/64"), ("10.0.0.1", "fe80::1"), ("1.1.1.1",), ("a.b",)),),
        user_data="#!/bin/sh\nnot: [yaml",
    )  # fmt: skip
    assert said(replace(PLAIN, cloud_init=cloud)) == []


def test_the_wrong_password_is_not_repeated():
    found = validate(replace(PLAIN, cloud_init=CloudInit(password_hash="geheim")), HOST)
    assert "geheim" not in repr(found)


def test_emulation_is_a_warning_and_asking_for_kvm_without_it_an_error():
    host = replace(HOST, caps=TCG)
    assert said(PLAIN, host) == [("kind", "warning")]
    assert ("kind", "error") in said(replace(PLAIN, kind="kvm"), host)


@pytest.mark.parametrize(
    ("lacking", "change", "field"),
    [
        ({"uefi": False}, {"firmware": "uefi"}, "firmware"),
        ({"secure_boot": False}, {"firmware": "uefi-secure"}, "firmware"),
        ({"tpm": False}, {"tpm": True, "firmware": "uefi"}, "tpm"),
        ({"graphics": ("vnc",)}, {"graphics": "spice"}, "graphics"),
        ({"cpu_modes": ()}, {"cpu_mode": "host-model"}, "cpu_mode"),
    ],
)
def test_what_the_host_does_not_offer(lacking, change, field):
    assert (field, "error") in said(replace(PLAIN, **change), replace(HOST, caps=replace(KVM, **lacking)))
    assert (field, "error") not in said(replace(PLAIN, **change)), "offered"
    assert (field, "error") not in said(replace(PLAIN, **change), replace(HOST, caps=ASSUMED)), "unknown is no error"


def test_a_read_only_host_is_refused():
    assert ("host_id", "error") in said(PLAIN, replace(HOST, read_only=True))


@settings(deadline=None)
@given(hostile, st.sampled_from(SOURCES))
def test_hostile_text_is_never_more_than_a_finding(text, source):
    for spec in (filled(text, source), complete(filled(text, source), KVM)):
        for finding in validate(spec, HOST):
            assert units.clean(finding.text) == finding.text


def test_completing_says_what_was_left_open():
    done = complete(CLOUD, TCG)
    assert (done.kind, done.cpu_mode, done.vcpus_max) == ("qemu", "maximum", 1)
    base = ImageRef("default", "debian-12.qcow2")
    assert done.boot_disk == replace(CLOUD.disks[0], name="web-01.qcow2", backing=base)
    assert all(nic.mac for nic in done.nics)
    assert done.nics[2].mac == "52:54:00:00:00:01"
    assert len({nic.mac for nic in done.nics}) == 3
    assert done.cloud_init is not None
    assert done.cloud_init.hostname == "web-01"
    iso = complete(replace(PLAIN, source=IsoInstall("iso", "x.iso")), KVM)
    assert [disk.device for disk in iso.disks] == ["disk", "cdrom"]
    taken = complete(replace(PLAIN, source=ImportDisk("default", "old.qcow2"), disks=()), KVM)
    assert taken.disks == (DiskSpec("default", "old.qcow2", existing=True),)
    two = complete(replace(PLAIN, disks=(DiskSpec("a", capacity=GIB), DiskSpec(capacity=GIB))), KVM)
    assert [(disk.pool, disk.name) for disk in two.disks] == [("a", "web.qcow2"), ("a", "web-2.qcow2")]


def test_presets_set_the_size_and_leave_existing_disks_alone():
    spec = apply_preset(replace(PLAIN, topology=Topology(), vcpus_max=8), PRESETS["large"])
    assert (spec.vcpus, spec.vcpus_max, spec.topology, spec.memory_kib) == (4, 0, None, 8 << 20)
    assert spec.disks[0].capacity == 80 * GIB
    old = replace(PLAIN, disks=(DiskSpec("default", "old.qcow2", existing=True),), source=Blank())
    assert apply_preset(old, PRESETS["tiny"]).disks == old.disks
    assert [field.name for field in dataclasses.fields(PRESETS["tiny"])] == ["vcpus", "memory_kib", "disk"]
