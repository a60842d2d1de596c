"""``limen images|upload|fetch`` on the simulated fleet: what is printed, done, and refused."""

from __future__ import annotations

import hashlib

from tests.jobs import images

FIELDS = {
    "name", "host", "pool", "path", "kind", "format", "virtual_bytes", "allocated_bytes", "backing_chain", "vms",
    "volumes_on_top", "vms_on_top", "in_use",
}  # fmt: skip


def image_file(tmp_path, data: bytes | None = None):
    path = tmp_path / "tiny.qcow2"
    path.write_bytes(images.qcow2() if data is None else data)
    return path


def test_images_of_a_host_say_who_uses_them(limen) -> None:
    ran = limen("--demo", "images", "--host", "alder", "--json")
    assert ran.code == 0, ran.err
    assert {frozenset(image) for image in ran.json} == {frozenset(FIELDS)}
    assert {image["host"] for image in ran.json} == {"alder"}
    used = [image for image in ran.json if image["in_use"]]
    assert used and all(image["volumes_on_top"] and image["vms_on_top"] for image in used)
    everything = limen("--demo", "images", "--host", "alder", "--all", "--json").json
    assert len(everything) > len(ran.json)
    assert {image["kind"] for image in everything} >= {"disk", "base"}


def test_isos_are_listed_as_text(limen) -> None:
    ran = limen("--demo", "images", "--host", "birch")
    assert ran.code == 0
    assert any(line.split()[3] == "iso" for line in ran.out.splitlines() if "netinst" in line)


def test_known_images_need_no_host(limen) -> None:
    ran = limen("images", "--known", "--json")
    assert ran.code == 0
    assert {"debian-12", "arch", "alpine-3.22"} <= {image["name"] for image in ran.json}
    assert "https://cloud.debian.org/" in limen("images", "--known").out


def test_a_path_outside_of_pools_can_be_added_and_dropped(limen) -> None:
    def paths():
        return {image["path"] for image in limen("--demo", "images", "--host", "alder", "--json").json}

    assert limen("--demo", "images", "--add", "/srv/x.qcow2").code == 2
    assert limen("--demo", "images", "--host", "alder", "--add", "../x").code == 2
    assert "/srv/x.qcow2" not in paths()


def test_an_upload_is_done_and_says_so(limen, tmp_path) -> None:
    path = image_file(tmp_path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    ran = limen("--demo", "upload", str(path), "--host", "alder", "--sha256", digest, "--read-back")
    assert (ran.code, ran.out) == (0, "Upload tiny.qcow2 on alder: done\n"), ran.err


def test_a_plan_is_shown_and_nothing_done(limen, tmp_path) -> None:
    ran = limen("--demo", "upload", str(image_file(tmp_path)), "--host", "alder", "--name", "other.qcow2", "--dry-run")
    assert ran.code == 0
    assert "1. Make room for other.qcow2" in ran.out
    assert "note: No checksum" in ran.out


def test_what_goes_wrong_has_a_reason_and_a_code(limen, tmp_path) -> None:
    good = str(image_file(tmp_path))
    for words, said in (
        (("upload", str(tmp_path / "none"), "--host", "alder"), "cannot be read"),
        (("upload", good, "--host", "nobody"), "No host is called"),
        (("upload", good, "--host", "alder", "--pool", "nope"), "pool nope is not active"),
        (("upload", good, "--host", "alder", "--pool", "iso"), "not active"),
        (("upload", good, "--host", "alder", "--name", "../x"), "cannot be the name"),
        (("upload", good, "--host", "alder", "--sha256", "1" * 64), "checksum"),
        (("upload", good, "--host", "alder", "--sha256", "hello"), "not a checksum"),
        (("fetch", "debain", "--host", "alder"), "Did you mean debian-13"),
        (("fetch", "file:///etc/shadow", "--host", "alder"), "not an address"),
    ):  # fmt: skip
        ran = limen("--demo", *words)
        assert ran.code != 0, words
        assert said in ran.err, words
        assert ran.out == ""
    path = image_file(tmp_path, images.qcow2(backing=b"/etc/shadow"))
    ran = limen("--demo", "upload", str(path), "--host", "alder")
    assert "could read it" in ran.err and "qemu-img convert" in ran.err


def test_an_image_is_copied_to_another_host_and_an_overlay_as_one(limen) -> None:
    images = limen("--demo", "images", "--host", "alder", "--all", "--json").json
    least = min((i for i in images if i["kind"] in ("base", "image")), key=lambda i: i["allocated_bytes"])
    words = ("--from", "alder", "--host", "birch", "--pool", "vg0", "--name", "copy")
    ran = limen("--demo", "copy-image", f"{least['pool']}/{least['name']}", *words)
    assert (ran.code, ran.out) == (0, "Copy copy on birch: done\n"), ran.err
    over = min((i for i in images if i["backing_chain"]), key=lambda i: i["allocated_bytes"])
    ran = limen("--demo", "copy-image", f"{over['pool']}/{over['name']}", *words)
    assert (ran.code, ran.out) == (0, "Copy copy as one image on birch: done\n"), ran.err
    ran = limen("--demo", "copy-image", f"{over['pool']}/{over['name']}", *words, "--sha256", "1" * 64)
    assert ran.code == 2 and "checksum of a flat copy" in ran.err
    ran = limen("--demo", "--read-only", "copy-image", f"{over['pool']}/{over['name']}", *words)
    assert ran.code != 0 and "read-only" in ran.err
    assert "names no image" in limen("--demo", "copy-image", "nothing", *words).err


def test_read_only_uploads_nothing(limen, tmp_path) -> None:
    ran = limen("--demo", "--read-only", "upload", str(image_file(tmp_path)), "--host", "alder")
    assert ran.code != 0
    assert "read-only" in ran.err


def test_without_internet_it_says_how_to_bring_the_image_by_hand(limen, monkeypatch) -> None:
    # a proxy that is not there: the same as no way out, without asking anybody's name server
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    ran = limen("--demo", "fetch", "debian-12", "--host", "alder")
    assert ran.code == 3
    assert "curl -fLO https://cloud.debian.org/" in ran.err
    assert "limen upload debian-12-generic-amd64.qcow2 --host alder --pool default" in ran.err
