"""Who uses an image, what is below it, and what must stay; the list of known cloud images."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from limen_tui.errors import InputError
from limen_tui.jobs.web import check_url
from limen_tui.model import cloudimages
from limen_tui.model.images import ImageKind, catalogue
from limen_tui.model.lifecycle import VMState
from limen_tui.model.storage import Volume
from limen_tui.model.vm import VM, Disk, VMFacts, VMKey
from limen_tui.model.xml.volume import check_volume_name, read_volume, volume_xml


def vm(name: str, *sources: str) -> VM:
    disks = tuple(Disk(f"vd{place}", source) for place, source in enumerate(sources))
    return VM(VMKey("h", name), name, "host", VMState.RUNNING, facts=VMFacts(disks=disks))


def file(name: str, below: str = "", pool: str = "p", **more) -> Volume:
    return Volume(pool, name, f"/{pool}/{name}", "file", "qcow2", backing_path=below, **more)


def by_name(volumes, vms=()):
    return {image.volume.name: image for image in catalogue("h", "host", volumes, vms)}


def test_kinds_and_users() -> None:
    volumes = [file("base"), file("mid", "/p/base"), file("top", "/p/mid", "q"), file("free"), file("lonely", "/gone"),
               file("x.iso"), Volume("vg", "lv", "/dev/vg/lv", "block", "raw")]  # fmt: skip
    found = by_name(volumes, [vm("web", "/q/top"), vm("db", "p/mid"), vm("cd", "/p/x.iso")])
    assert {name: image.kind for name, image in found.items()} == {
        "base": ImageKind.BASE, "mid": ImageKind.BASE, "top": ImageKind.DISK, "free": ImageKind.IMAGE,
        "lonely": ImageKind.DISK, "x.iso": ImageKind.ISO, "lv": ImageKind.DISK,
    }  # fmt: skip
    assert found["base"].above == ("p/mid",)
    assert found["base"].through == ("db", "web")
    assert found["top"].chain == ("/p/mid", "/p/base")
    assert found["mid"].users == ("db",)
    assert [name for name, image in found.items() if not image.keep_reason] == ["free", "lonely", "lv"]


def test_a_chain_that_bites_its_tail_ends() -> None:
    found = by_name([file("a", "/p/b"), file("b", "/p/a"), file("self", "/p/self")], [vm("v", "/p/a")])
    assert found["a"].chain == ("/p/b",)
    assert found["self"].chain == ()
    assert found["b"].keep_reason


def test_reasons_are_inert_and_short() -> None:
    names = [f"\x1b[2J{number}" for number in range(9)]
    image = by_name([file("base")], [vm(name, "/p/base") for name in names])["base"]
    assert "\x1b" not in image.keep_reason and "and 6 more" in image.keep_reason


def test_known_images_have_official_https_addresses_and_checksums() -> None:
    hosts = {
        "debian": "cloud.debian.org", "ubuntu": "cloud-images.ubuntu.com", "fedora": "download.fedoraproject.org",
        "alma": "repo.almalinux.org", "rocky": "dl.rockylinux.org", "opensuse": "download.opensuse.org",
        "alpine": "dl-cdn.alpinelinux.org", "arch": "geo.mirror.pkgbuild.com",
    }  # fmt: skip
    assert {image.name.partition("-")[0] for image in cloudimages.KNOWN} == set(hosts)
    assert len({(image.name, image.arch) for image in cloudimages.KNOWN}) == len(cloudimages.KNOWN)
    for image in cloudimages.KNOWN:
        for url in (image.url, image.checksum_url):
            assert urlsplit(url).scheme == "https"
            assert urlsplit(url).hostname == hosts[image.name.partition("-")[0]]
        assert check_url(image.url) == image.file
        check_volume_name(image.file)
        assert image.arch in image.url or {"x86_64": "amd64", "aarch64": "arm64"}[image.arch] in image.url


def test_names_find_images() -> None:
    assert cloudimages.find("debian").name == "debian-13"
    assert cloudimages.find("Debian-12", "aarch64").arch == "aarch64"
    assert cloudimages.find("rocky-9:aarch64").arch == "aarch64"
    for wrong in ("", "debain", "arch:aarch64", "debian:mips", "[red]"):
        with pytest.raises(InputError):
            cloudimages.find(wrong)


@pytest.mark.parametrize("name", ["web01.qcow2", "${7*7}", "]]>", "a b", "é" * 127, "x" * 255, "{{ x }}", "&amp;"])
def test_any_possible_name_comes_back_from_xml(name) -> None:
    xml = volume_xml(name, 5 << 30, "qcow2", backing_path=f"/p/{name}", backing_format="qcow2")
    volume = read_volume(xml, "p")
    assert (volume.name, volume.capacity, volume.backing_path) == (name, 5 << 30, f"/p/{name}")


@pytest.mark.parametrize("name", [
    "", " ", ".", "..", "../x", "a/b", "-x", " x", "x ", "a\0b", "a\nb", "x" * 256, "é" * 128, "\u202ex", "\ud800",
])  # fmt: skip
def test_names_that_cannot_be_are_refused(name) -> None:
    with pytest.raises(InputError):
        check_volume_name(name)


def test_backing_needs_its_format_and_sizes_are_checked() -> None:
    with pytest.raises(InputError, match="format"):
        volume_xml("x", 1, "qcow2", backing_path="/b")
    for size in (0, -1, 1 << 63):
        with pytest.raises(InputError):
            volume_xml("x", size, "qcow2")


def test_odd_volume_xml_is_read_as_far_as_it_goes() -> None:
    volume = read_volume("<volume type='block'><name>x</name><capacity unit='GiB'>2</capacity>"
                         "<allocation>q</allocation><target>"
                         "<timestamps><mtime>17.5x</mtime></timestamps></target></volume>", "p")  # fmt: skip
    assert (volume.capacity, volume.allocation, volume.modified_at, volume.kind) == (2 << 30, 0, 17.0, "block")
    for bad in ("<pool/>", "", "<volume"):
        with pytest.raises(InputError):
            read_volume(bad, "p")
