"""KVM is believed only when a guest comes up under it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.fixtures import RealLibvirt
from tests.lab.limen_lab import accel
from tests.lab.limen_lab.guests import source_digest


def test_a_guest_boots_under_emulation_and_a_broken_one_does_not(real_libvirt: RealLibvirt, tmp_path: Path) -> None:
    # links, so that the probe's log does not meet that of another run
    for name in ("vmlinuz", "initramfs.cpio"):
        (tmp_path / name).symlink_to(real_libvirt.images / name)
    assert accel.boots(tmp_path, "qemu", 40.0)
    (tmp_path / "vmlinuz").unlink()
    (tmp_path / "vmlinuz").write_bytes(b"not a kernel")
    assert not accel.boots(tmp_path, "qemu", 40.0)


def test_an_answer_is_kept_until_the_machine_boots_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert accel.accelerator(tmp_path, "kvm") == "kvm", "what is wished for is not probed"
    boot = accel.BOOT_ID.read_text().strip()
    (tmp_path / "accel").write_text(f"{boot} kvm\n")
    assert accel.accelerator(tmp_path) == "kvm"
    monkeypatch.setattr(accel, "opens", lambda: False)
    (tmp_path / "accel").write_text("another-boot kvm\n")
    assert accel.accelerator(tmp_path) == "qemu"
    (tmp_path / "accel").write_text("damaged")
    assert accel.accelerator(tmp_path) == "qemu"


def test_the_accelerator_in_use_boots_a_guest(real_libvirt: RealLibvirt) -> None:
    real_libvirt.define_guest("accelerated", start=True)
    real_libvirt.wait_booted("accelerated")
    real_libvirt.remove_guest("accelerated")


def test_the_image_cache_knows_what_it_was_made_of(real_libvirt: RealLibvirt) -> None:
    assert (real_libvirt.images / ".built").read_text() == source_digest()
