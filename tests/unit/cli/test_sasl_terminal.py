"""``limen hosts test`` and ``limen doctor`` on a host whose libvirt itself wants a name and a password (SASL)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.ui_pty import Terminal
from tests.unit.hypervisor.sasl_daemon import PASSWORD, USER, free_port, sasl_libvirtd


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Over TCP libvirt takes mechanisms only that encrypt too: of those in Debian's base modules, digest-md5."""
    port = free_port()
    with sasl_libvirtd(tmp_path_factory.mktemp("sasl") / "d", "digest-md5", tcp_port=port):
        yield f"qemu+tcp://127.0.0.1:{port}/system"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "run").mkdir(mode=0o700)
    return {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run"), "XDG_CONFIG_HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}  # fmt: skip


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "limen_tui", *words]


def expect(terminal: Terminal, needle: bytes) -> str:
    """Read on until ``needle`` is said."""
    text = b""
    while needle not in text:
        more = terminal.read(30.0)
        assert more, f"waited in vain for {needle!r}: {text!r}"
        text += more
    return text.decode()


@pytest.mark.parametrize("words", [("hosts", "test"), ("doctor",)])
def test_it_asks_without_echo_and_again_after_a_wrong_answer(
    uri: str, environ: dict[str, str], words: tuple[str, ...]
) -> None:
    terminal = Terminal(command(*words, uri), environ=environ)
    try:
        said = ""
        for password in ("wrong-one", PASSWORD):
            said += expect(terminal, b"name: ")
            terminal.key(f"{USER}\n".encode())
            said += expect(terminal, b"assword: ")
            terminal.key(f"{password}\n".encode())
        said += expect(terminal, b"VMs on")
    finally:
        terminal.close()
    assert "Sign in to libvirt on 127.0.0.1" in said
    assert "ok    libvirt" in said
    assert "wrong-one" not in said
    assert PASSWORD not in said


def test_without_a_terminal_it_says_what_is_missing(uri: str, environ: dict[str, str]) -> None:
    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command("hosts", "test", uri, *more), capture_output=True, text=True, timeout=60, check=False,
            stdin=subprocess.DEVNULL, env=environ,
        )  # fmt: skip

    done = run()
    assert done.returncode == 6, done.stderr
    assert "Sign in to libvirt on 127.0.0.1" in done.stderr
    assert "nobody can be asked here" in done.stderr
    assert "Run it on a terminal" in done.stderr
    assert "FAIL  libvirt" in done.stdout
    said = json.loads(run("--json").stdout)
    assert [each["kind"] for each in said["unanswered"]] == ["sasl"]
    assert said["problem"]["hint"].startswith("Run it on a terminal")
