"""Every XML that is made is one that libvirt's own schema takes, whatever was typed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from limen_tui.errors import InputError
from limen_tui.fleet.render import render_domain
from limen_tui.fleet.renderinfra import render_network, render_pool
from limen_tui.model.spec import (
    CloudInit,
    DiskSpec,
    ImageRef,
    IsoInstall,
    NicSpec,
    VMSpec,
    complete,
)
from limen_tui.model.spec.infra import NetworkSpec, PoolSpec
from limen_tui.model.xml.copying import ORIGIN_NS
from limen_tui.model.xml.domcaps import DomainCaps
from limen_tui.model.xml.read import facts
from tests.unit.model.spec.specs import CLOUD, EVERY, GIB, KVM, SOURCES, TCG, filled, hostile

SCHEMAS = Path("/usr/share/libvirt/schemas")
"""What virt-xml-validate looks at, too."""


@cache
def schema(name: str) -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMAS / f"{name}.rng"))


def valid(text: str, name: str = "domain") -> etree._Element:
    root = etree.fromstring(text)
    assert schema(name).validate(root), schema(name).error_log
    return root


def rendered(spec: VMSpec, caps: DomainCaps = KVM, **words: str) -> etree._Element:
    return valid(render_domain(complete(spec, caps), {}, caps, **words))


@pytest.mark.parametrize("caps", [KVM, TCG, DomainCaps(), replace(KVM, arch="aarch64")])
@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.name)
def test_every_source_makes_a_valid_domain(spec, caps):
    root = rendered(spec, caps, seed_path="/var/lib/libvirt/images/seed.iso")
    assert root.get("type") == caps.kind


@pytest.mark.parametrize("caps", [KVM, TCG])
def test_what_was_asked_is_what_is_read_back(caps):
    spec = complete(CLOUD, caps)
    paths = {ImageRef("default", "web-01.qcow2"): "/pool/web-01.qcow2", ImageRef("default", "data.img"): "/dev/vg/data"}
    found = facts(render_domain(spec, paths, caps, seed_path="/pool/web-01-seed.iso"))
    assert (found.vcpus, found.vcpus_max, found.memory_kib, found.kind) == (1, 1, 1 << 20, caps.kind)
    assert (found.tags, found.has_agent, found.has_balloon, found.balloon_period) == (("web", "prod"), True, True, 2)
    assert [(disk.target, disk.source, disk.bus, disk.device) for disk in found.disks] == [
        ("vda", "/pool/web-01.qcow2", "virtio", "disk"), ("sda", "/dev/vg/data", "scsi", "disk"),
        ("vdb", "/pool/web-01-seed.iso", "virtio", "disk"),
    ]  # fmt: skip
    assert [(nic.kind, nic.source, nic.mac) for nic in found.nics] == [
        ("network", "default", spec.nics[0].mac), ("bridge", "br0", spec.nics[1].mac),
        ("direct", "eno1", "52:54:00:00:00:01"),
    ]  # fmt: skip


def test_secure_defaults():
    root = rendered(CLOUD)
    graphics = root.find("devices/graphics")
    assert (graphics.get("type"), graphics.get("autoport"), graphics.get("listen")) == ("vnc", "yes", "127.0.0.1")
    assert graphics.get("passwd") is None
    assert root.find("devices/rng") is not None
    assert root.find("devices/console") is not None
    origin = root.find(f"metadata/{{{ORIGIN_NS}}}origin")
    assert (origin.get("pool"), origin.get("volume")) == ("default", "debian-12.qcow2")


def test_the_installer_comes_before_the_disk_and_the_network_before_both():
    def order(spec: VMSpec) -> list[str]:
        boots = [(int(found.get("order")), found.getparent()) for found in rendered(spec).iter("boot")]
        return [parent.get("device") or parent.tag for _, parent in sorted(boots, key=lambda boot: boot[0])]

    by_name = {spec.name: spec for spec in EVERY}
    assert order(by_name["iso"]) == ["cdrom", "disk"]
    assert order(by_name["pxe"]) == ["interface", "disk"]
    assert order(by_name["web-01"]) == ["disk"]
    assert order(by_name["kernel"]) == []


@pytest.mark.parametrize(
    ("bus", "machine", "found"),
    [("virtio", "", ("vdb", "virtio", "disk")), ("scsi", "", ("sdb", "scsi", "disk")),
     ("usb", "", ("sdb", "sata", "cdrom")), ("ide", "pc", ("hdb", "ide", "cdrom"))],
)  # fmt: skip
def test_the_seed_is_where_the_boot_disk_is_and_read_only(bus, machine, found):
    spec = VMSpec("x", machine=machine, disks=(DiskSpec("p", "x", GIB, bus=bus),))
    disk = rendered(spec, seed_path="/seed.iso").findall("devices/disk")[-1]
    target = disk.find("target")
    assert (target.get("dev"), target.get("bus"), disk.get("device")) == found
    assert disk.find("readonly") is not None
    assert disk.find("boot") is None


def test_off_means_off():
    spec = VMSpec("x", graphics="none", serial=False, agent=False, rng=False, balloon=False)
    devices = rendered(spec).find("devices")
    assert {child.tag for child in devices} == {"emulator", "memballoon"}
    assert devices.find("memballoon").get("model") == "none"


def test_every_disk_bus_has_targets_of_its_own():
    buses = ("virtio", "scsi", "sata", "usb", "scsi", "ide")
    disks = tuple(DiskSpec("p", f"{at}", GIB, bus=bus) for at, bus in enumerate(buses))
    targets = [found.get("dev") for found in rendered(VMSpec("x", disks=disks)).iterfind("devices/disk/target")]
    assert len(set(targets)) == len(targets)
    cd = VMSpec("x", machine="pc-i440fx-7.2", source=IsoInstall("p", "x.iso"))
    assert rendered(cd).find("devices/disk/target").attrib == {"dev": "hda", "bus": "ide"}, "i440fx has no SATA"


def _texts(root: etree._Element) -> set[str]:
    return {text for element in root.iter() for text in (element.text or "", *element.attrib.values())}


@settings(deadline=None)
@given(hostile, st.sampled_from(SOURCES))
def test_whatever_is_typed_stays_text(text, source):
    """The tree has the same elements as with plain text, and the text is in it as it was typed; or it is refused."""
    spec = complete(filled(text, source), KVM)
    plain = complete(filled("x", source), KVM)
    try:
        made = render_domain(spec, {}, KVM, seed_path=f"/{text}")
    except InputError as error:
        assert any(ord(char) < 32 or ord(char) >= 0xD800 for char in text), error
        return
    root = etree.fromstring(made)
    if text:
        other = etree.fromstring(render_domain(plain, {}, KVM, seed_path="/x"))
        assert [element.tag for element in root.iter()] == [element.tag for element in other.iter()]
        # what XML itself does to line ends does not happen: they are written as numbers
        assert text in _texts(root)


@settings(deadline=None)
@given(st.sampled_from("\x00\x01\x1b\x0b\x0c\ufffe\ud800"))
def test_what_xml_cannot_hold_is_refused(char):
    with pytest.raises(InputError):
        render_domain(complete(replace(CLOUD, title=f"a{char}b"), KVM), {}, KVM)


@pytest.mark.parametrize(
    "spec",
    [PoolSpec("p", "/srv/p"), PoolSpec("nfs", "/mnt/x", "netfs", "/export", "nas"),
     PoolSpec("vg", "/dev/vg", "logical", "vg"), PoolSpec("d", "/mnt/d", "fs", "/dev/sdb1"),
     PoolSpec("a&b ${7*7}", "/srv/<x>")],
)  # fmt: skip
def test_pools(spec):
    valid(render_pool(spec), "storagepool")


@pytest.mark.parametrize(
    "spec",
    [NetworkSpec("n"), NetworkSpec("n", "nat", "", "10.9.0.1/24", "10.9.0.100", "10.9.0.200", "lab"),
     NetworkSpec("i", "isolated", bridge="virbr9", address="fd00:9::1/64"), NetworkSpec("b", "bridge", "br0")],
)  # fmt: skip
def test_networks(spec):
    valid(render_network(spec), "network")


@pytest.mark.parametrize(
    "make",
    [lambda: render_pool(PoolSpec("../x", "/srv")), lambda: render_pool(PoolSpec("x", "srv")),
     lambda: render_pool(PoolSpec("x", "/a/../b")), lambda: render_pool(PoolSpec("x", "/m", "netfs", "/e")),
     lambda: render_network(NetworkSpec("x", address="10.0.0.1")), lambda: render_network(NetworkSpec("x", "bridge")),
     lambda: render_network(NetworkSpec("x", address="10.0.0.1/24", dhcp_first="10.0.1.1", dhcp_last="10.0.1.2")),
     lambda: render_network(NetworkSpec("x", address="10.0.0.1/24", dhcp_first="10.0.0.9"))],
)  # fmt: skip
def test_what_is_no_pool_or_network(make: Callable[[], str]):
    with pytest.raises(InputError):
        make()


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "limen/templates"
    folder.mkdir(parents=True)
    return folder


def test_the_users_own_template_comes_first(mine):
    (mine / "domain.xml.j2").write_text('<domain type="{{ vm.kind }}"><name>mine {{ vm.name }}</name></domain>')
    made = etree.fromstring(render_domain(complete(replace(CLOUD, name="<a>"), KVM), {}, KVM))
    assert made.findtext("name") == "mine <a>"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("<domain>{{ vm.nam }}</domain>", "nam"),
        ("<domain>\n{% if %}</domain>", "line 2"),
        ("<domain>{{ nobody }}</domain>", "nobody"),
        ("<domain>", "cannot be read"),
        ("<pool/>", "<pool>"),
        ("<domain>{{ ''.__class__.__mro__ }}</domain>", "unsafe"),
        ("<domain>{{ vm.__class__.__init__.__globals__ }}</domain>", "unsafe"),
        ("<domain>{{ vm.tags.__class__ }}</domain>", "unsafe"),
        ("<domain>{{ 1 // 0 }}</domain>", "zero"),
        ("{% include '/etc/passwd' %}", "passwd"),
        ("{% include '../../config.toml' %}", "config"),
        ("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><domain>&e;</domain>", ""),
        ("<domain>{% for i in range(99999999) %}x{% endfor %}</domain>", "Range"),
    ],
)
def test_a_template_that_does_not_work_says_why(mine, template, said):
    (mine / "domain.xml.j2").write_text(template)
    try:
        made = render_domain(complete(CLOUD, KVM), {}, KVM)
    except InputError as error:
        assert said in f"{error}"
    else:
        assert said == "", made
        assert "root:" not in made


def test_a_seed_of_a_spec_without_secrets_in_the_xml():
    spec = replace(CLOUD, cloud_init=CloudInit(password_hash="$6$salt$geheim"), nics=(NicSpec(),))
    assert "geheim" not in render_domain(complete(spec, KVM), {}, KVM)
    assert {field.name for field in dataclasses.fields(spec)} >= {"cloud_init"}
