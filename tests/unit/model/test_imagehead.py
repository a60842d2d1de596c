"""What an image says of itself: images that real tools make, images that lie, and noise."""

from __future__ import annotations

import subprocess
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen_tui.model.imagecheck import ends_early
from limen_tui.model.imagehead import HEAD, read_head, refusal
from tests.jobs import images


def look(data: bytes):
    return read_head(data[:HEAD], len(data))


def early(data: bytes) -> bool:
    return ends_early(look(data), len(data), lambda at, count: data[at : at + count])


def test_a_whole_qcow2_is_taken() -> None:
    head = look(images.qcow2(4, capacity=1 << 30))
    assert (head.kind, head.version, head.virtual_size, head.truncated) == ("qcow2", 3, 1 << 30, False)
    assert refusal(head) is None
    assert not early(images.qcow2(4))


@pytest.mark.parametrize("name", [b"/etc/shadow", b"json:{\"driver\":\"file\"}", b"x" * 1023, b"\xff\x1b[2J"])
def test_a_backing_file_is_refused_and_its_name_shown_inert(name) -> None:
    head = look(images.qcow2(backing=name))
    why, hint = refusal(head)
    assert head.backing_file
    assert "\x1b" not in why and "qemu-img convert" in hint


def test_a_backing_name_out_of_reach_is_refused_too() -> None:
    data = bytearray(images.qcow2())
    data[8:20] = pack(">QI", 1 << 40, 11)  # where the header says that the name is
    assert refusal(look(bytes(data))) is not None


@pytest.mark.parametrize(("at", "value", "word"), [
    (32, pack(">I", 1), "encrypted"), (72, pack(">Q", 2), "corrupt"), (72, pack(">Q", 4), "another file"),
    (4, pack(">I", 9), "no disk image"), (20, pack(">I", 40), "no disk image"), (40, pack(">Q", 1 << 60), "truncated"),
    (48, pack(">Q", 1 << 60), "truncated"),
])  # fmt: skip
def test_what_a_header_says_against_itself(at, value, word) -> None:
    data = bytearray(images.qcow2())
    data[at : at + len(value)] = value
    assert word in refusal(look(bytes(data)))[0]


def test_each_cut_is_seen() -> None:
    data = images.qcow2(6)
    for cut in range(0, len(data) - images.CLUSTER, images.CLUSTER):
        assert refusal(look(data[:cut])) or early(data[:cut]), cut


@pytest.mark.lab
@pytest.mark.parametrize("kind", ["qcow2", "qcow2-v2", "qcow2-packed", "qcow2-extended", "raw", "vmdk", "vdi", "vhdx"])
def test_what_qemu_img_makes_is_known(tmp_path, kind) -> None:
    source, made = tmp_path / "source.raw", tmp_path / "made"
    source.write_bytes(images.raw(4 << 20))
    format, _, how = kind.partition("-")
    options = {"v2": ["-o", "compat=0.10"], "packed": ["-c"], "extended": ["-o", "extended_l2=on"]}.get(how, [])
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", format, *options, source, made], check=True)
    data = made.read_bytes()
    head = look(data)
    assert head.kind == format
    assert not head.truncated
    assert not early(data)
    assert (refusal(head) is None) is (format in ("qcow2", "raw"))
    if format == "qcow2":
        assert (head.virtual_size, head.version) == (4 << 20, 2 if how == "v2" else 3)
        if how != "extended":
            assert early(data[: len(data) * 3 // 5]) or look(data[: len(data) * 3 // 5]).truncated


@pytest.mark.lab
def test_backing_and_data_files_of_qemu_img_are_refused(tmp_path) -> None:
    base, over, split = tmp_path / "base", tmp_path / "over", tmp_path / "split"
    for args in (["qcow2", base, "8M"], ["qcow2", "-b", base, "-F", "qcow2", over],
                 ["qcow2", "-o", f"data_file={tmp_path / 'data'}", split, "8M"]):  # fmt: skip
        subprocess.run(["qemu-img", "create", "-q", "-f", *args], check=True)
    head = look(over.read_bytes())
    assert (head.backing_file, head.backing_format) == (str(base), "qcow2")
    assert refusal(head) is not None
    assert look(split.read_bytes()).data_file
    assert refusal(look(split.read_bytes())) is not None


@pytest.mark.parametrize(("data", "word"), [
    (b"", "empty"), (b"<!DOCTYPE html>", "web page"), (b"\r\n <HTML>", "web page"), (b"404 not found\n", "text"),
    (b"\xfd7zXZ\0" + bytes(99), "packed (xz)"), (b"\x1f\x8b\x08" + bytes(99), "packed (gzip)"),
    (b"PK\x03\x04" + bytes(99), "packed (zip)"), (bytes(70000), "no disk image"),
    (b"LUKS\xba\xbe" + bytes(99), "encryp"),
])  # fmt: skip
def test_what_is_no_image_says_what_it_is(data, word) -> None:
    assert word in refusal(look(data))[0]


def test_isos_and_raw_disks_are_taken() -> None:
    assert look(bytes(32769) + b"CD001" + bytes(99)).kind == "iso"
    assert look(images.raw()).kind == "raw"
    assert refusal(look(images.raw())) is None


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 1 << 62))
def test_no_bytes_make_it_fail(data, size) -> None:
    for start in (b"", b"QFI\xfb", b"QFI\xfb\0\0\0\3", b"KDMV", b"# Disk DescriptorFile"):
        whole = start + data
        head = read_head(whole, size)
        refusal(head)
        ends_early(head, size, lambda at, count, whole=whole: whole[at : at + min(count, 1 << 16)])
