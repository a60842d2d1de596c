"""``limen images|upload|copy-image`` on a real libvirtd, with virsh and the pool's directory as the witnesses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs import images
from tests.unit.hypervisor.libvirt_daemon import Daemon


@pytest.fixture
def daemon(tmp_path):
    made = Daemon(tmp_path / "daemon")
    (tmp_path / "pool").mkdir()
    made.virsh("pool-create-as", "default", "dir", "--target", str(tmp_path / "pool"))
    yield made
    made.close()


def test_an_image_comes_is_used_stays_and_is_copied(daemon, tmp_path: Path) -> None:
    folders = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CONFIG", "DATA", "STATE")}

    def limen(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "limen_tui", "-c", daemon.uri(), *words], capture_output=True, text=True,
            env={**os.environ, **folders, "XDG_RUNTIME_DIR": str(tmp_path)}, timeout=60, check=False,
        )  # fmt: skip

    pool, file = tmp_path / "pool", tmp_path / "base.qcow2"
    file.write_bytes(images.qcow2(20))
    ran = limen("upload", str(file), "--host", "local", "--read-back")
    assert (ran.returncode, ran.stdout) == (0, "Upload base.qcow2 on local: done\n"), ran.stderr
    assert (pool / "base.qcow2").read_bytes() == file.read_bytes()
    daemon.virsh("vol-create-as", "default", "vm.qcow2", "64M", "--format", "qcow2",
                 "--backing-vol", "base.qcow2", "--backing-vol-format", "qcow2")  # fmt: skip
    daemon.define(
        f"<domain type='qemu'><name>web</name><memory>65536</memory><os><type>hvm</type></os><devices>"
        f"<disk type='file'><source file='{pool}/vm.qcow2'/><target dev='vda'/></disk></devices></domain>"
    )
    ran = limen("images")
    assert "default/vm.qcow2 is on top of it (VMs: web)" in ran.stdout, ran.stderr
    ran = limen("copy-image", "default/vm.qcow2", "--from", "local", "--host", "local", "--name", "x.qcow2")
    assert ran.returncode == 0, ran.stderr
    made = subprocess.run(["qemu-img", "info", pool / "x.qcow2"], check=True, capture_output=True, text=True).stdout
    assert "backing file" not in made
    ran = limen("copy-image", "default/base.qcow2", "--from", "local", "--host", "local", "--name", "two.qcow2")
    assert ran.returncode == 0, ran.stderr
    assert (pool / "two.qcow2").read_bytes() == file.read_bytes()
    assert limen("upload", str(file), "--host", "local").returncode == 1
    assert sorted(path.name for path in pool.iterdir()) == ["base.qcow2", "two.qcow2", "vm.qcow2", "x.qcow2"]
