"""Specs through JSON and TOML: all of it comes back, and nothing odd gets in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen_tui.errors import InputError
from limen_tui.fleet.specfile import spec_from_toml
from limen_tui.model.spec import (
    CloudImage,
    CloudInit,
    DiskSpec,
    NicSpec,
    VMSpec,
    complete,
    from_json,
    to_json,
)
from limen_tui.model.spec.presets import PRESETS, Preset
from tests.unit.model.spec.specs import EVERY, GIB, KVM, SOURCES, filled, hostile


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.name)
def test_a_spec_comes_back_as_it_was(spec):
    assert from_json(to_json(spec)) == spec
    done = complete(spec, KVM)
    assert from_json(to_json(done)) == done
    assert complete(done, KVM) == done, "completing twice changes nothing"


@settings(deadline=None)
@given(hostile, st.sampled_from(SOURCES))
def test_hostile_text_comes_back_too(text, source):
    spec = filled(text, source)
    assert from_json(to_json(spec)) == spec


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vcpus": "2"}, "vcpus: is '2'"),
        ({"vcpus": True}, "vcpus: is True"),
        ({"vcpus": -1}, "out of range"),
        ({"vcpus": 1.5}, "vcpus"),
        ({"memory_kib": "0"}, "memory_kib"),
        ({"memory_kib": "1e99"}, "not a size"),
        ({"memory_kib": 1 << 64}, "range"),
        ({"firmware": "openbios"}, "firmware"),
        ({"frimware": "uefi"}, "Did you mean firmware"),
        ({"tags": "web"}, "list"),
        ({"tags": [1]}, "tags.0"),
        ({"source": {"kind": "floppy"}}, "source.kind"),
        ({"source": {"kind": ["iso"]}}, "source.kind"),
        ({"source": "iso"}, "source"),
        ({"source": {"kind": "pxe", "pool": "x"}}, "source.pool"),
        ({"disks": [{"capacity": "20 apples"}]}, "disks.0.capacity"),
        ({"disks": [{"capacity": "20"}]}, "Did you mean 20G"),
        ({"cloud_init": {"password": "geheim"}}, "Did you mean password_hash"),
        ({"name": 7}, "name: is 7"),
    ],
)
def test_what_is_wrong_is_named(change, said):
    with pytest.raises(InputError) as caught:
        from_json(json.dumps({"name": "x", **change}))
    assert said in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("text", ["", "[]", "7", "{", "{}", "[" * 5000, '{"name": "x", "name\\u0000": 1}'])
def test_no_spec_at_all(text):
    with pytest.raises(InputError):
        from_json(text)


def test_no_password_hash_is_shown_by_accident():
    spec = VMSpec("x", cloud_init=CloudInit(password_hash="$6$salt$hash", user_data="secret"))
    assert "hash" not in repr(spec).replace("password_hash", "")
    assert "secret" not in repr(spec)


TOML = """\
name = "web{1..3}"   # a pattern
host = "kvm1"
preset = "small"
memory = "4G"
firmware = "uefi"
tags = ["web"]

[source]
kind = "cloud-image"
pool = "default"
volume = "debian-12.qcow2"

[[disks]]
pool = "fast"
size = "30 GiB"

[[disks]]
pool = "slow"
size = "1.5T"
format = "raw"

[[nics]]
source = "lan"

[cloud_init]
user = "ann"
"""


def test_toml_as_people_write_it():
    assert spec_from_toml(TOML) == VMSpec(
        "web{1..3}", host_id="kvm1", vcpus=1, memory_kib=4 << 20, firmware="uefi", tags=("web",),
        source=CloudImage("default", "debian-12.qcow2"),
        disks=(DiskSpec("fast", capacity=30 * GIB), DiskSpec("slow", capacity=1536 * GIB, format="raw")),
        nics=(NicSpec(source="lan"),), cloud_init=CloudInit(user="ann"),
    )  # fmt: skip


def test_a_preset_brings_a_disk_and_knows_the_users_own():
    assert spec_from_toml('name="a"\npreset="large"').disks == (DiskSpec(capacity=PRESETS["large"].disk),)
    assert spec_from_toml('name="a"\npreset="large"\n[source]\nkind="import"').disks == ()
    mine = {"mine": Preset(3, 4096, GIB)}
    spec = spec_from_toml('name="a"\npreset="mine"\n[[disks]]\npool="p"', presets=mine)
    assert (spec.vcpus, spec.memory_kib, spec.disks) == (3, 4096, (DiskSpec("p", capacity=GIB),))


@pytest.mark.parametrize(
    ("before", "after", "line", "key"),
    [
        ('memory = "4G"', "memory = 2048", 4, "memory"),
        ('memory = "4G"', 'memory = "4G"\nmemory_kib = 7', 5, "memory_kib"),
        ('preset = "small"', 'preset = "huge"', 3, "preset"),
        ('size = "1.5T"', 'size = "-1"', 19, "disks.1"),
        ('size = "30 GiB"', "size = 30", 15, "disks.0"),
        ('pool = "slow"', 'pol = "slow"', 18, "disks.1.pol"),
        ('kind = "cloud-image"', 'kind = "cd"', 9, "source.kind"),
        ('user = "ann"', "user = 1", 26, "cloud_init.user"),
        ('name = "web{1..3}"', 'nam = "x"', 1, "nam"),
        ('source = "lan"', "source = [", 25, ""),
    ],
)
def test_a_mistake_in_toml_has_its_line(before, after, line, key):
    assert before in TOML
    with pytest.raises(InputError) as caught:
        spec_from_toml(TOML.replace(before, after, 1), "my.toml")
    assert f"my.toml, line {line}" in caught.value.detail
    assert key in caught.value.detail


@settings(deadline=None)
@given(st.text(max_size=200))
def test_junk_is_an_input_error(text):
    with pytest.raises(InputError):
        spec_from_toml(f"{text}\n[[x")
