"""known_hosts: read with OpenSSH's own tools as the witness of what is written."""

from __future__ import annotations

import subprocess
from pathlib import Path

import asyncssh
import pytest

from limen_tui.remote.trust import TrustedOnce, facts, known_as, look_up, save


@pytest.fixture(scope="module")
def key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519").convert_to_public()


@pytest.fixture(scope="module")
def other() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519").convert_to_public()


def ssh_keygen(*args: str) -> str:
    return subprocess.run(["ssh-keygen", *args], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("hashed", [False, True])
@pytest.mark.parametrize("name", ["kvm1", "[kvm1]:2222"])
def test_what_is_saved_is_found_by_ssh_keygen_and_by_us(
    tmp_path: Path, key: asyncssh.SSHKey, name: str, hashed: bool
) -> None:
    file = tmp_path / "ssh" / "known_hosts"
    save(str(file), name, key, hashed=hashed)
    assert key.get_fingerprint() in ssh_keygen("-l", "-F", name, "-f", str(file))
    assert ("kvm1" in file.read_text()) is not hashed
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    port = 2222 if "2222" in name else 22
    found = look_up([str(file)], "kvm1", port, "10.0.0.1")
    assert [k.get_fingerprint() for k in found.known] == [key.get_fingerprint()]
    assert not look_up([str(file)], "kvm2", port, "10.0.0.2").known


def test_saving_keeps_what_was_there_also_without_a_last_newline(tmp_path: Path, key: asyncssh.SSHKey) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("old ssh-ed25519 AAAA-not-a-key")
    save(str(file), "kvm1", key, hashed=False)
    first, second = file.read_text().splitlines()
    assert first == "old ssh-ed25519 AAAA-not-a-key"
    assert second.startswith("kvm1 ssh-ed25519 ")


def test_a_hostile_line_spoils_only_itself(tmp_path: Path, key: asyncssh.SSHKey, other: asyncssh.SSHKey) -> None:
    file = tmp_path / "known_hosts"
    public = key.export_public_key("openssh").decode().strip()
    revoked = other.export_public_key("openssh").decode().strip()
    file.write_bytes(
        b"@nonsense\n|1|zzz|zzz ssh-ed25519 AAAA\nkvm1\n\xff\xfe\x00 broken\n@cert-authority\n"
        + f"kvm1 {public}\n@revoked * {revoked}\n".encode()
    )
    found = look_up([str(file), str(tmp_path / "missing")], "kvm1", 22, "10.0.0.1")
    assert [k.get_fingerprint() for k in found.known] == [key.get_fingerprint()]
    assert [k.get_fingerprint() for k in found.revoked] == [other.get_fingerprint()]
    assert found.where[key.get_fingerprint()].endswith(":6")


def test_the_fingerprint_and_randomart_are_those_of_ssh_keygen(tmp_path: Path, key: asyncssh.SSHKey) -> None:
    file = tmp_path / "key.pub"
    file.write_bytes(key.export_public_key("openssh"))
    shown = ssh_keygen("-lv", "-f", str(file))
    mine = facts(key, "kvm1", 22, "10.0.0.1")
    assert mine.fingerprint in shown
    art = [line for line in shown.splitlines() if line.startswith("|")]
    assert [line for line in mine.randomart.splitlines() if line.startswith("|")] == art


def test_trusted_once_is_for_one_name_and_one_key(key: asyncssh.SSHKey, other: asyncssh.SSHKey) -> None:
    once = TrustedOnce()
    once.add(known_as("kvm1", 22), key)
    assert once.has("kvm1", key)
    assert not once.has("kvm1", other)
    assert not once.has("[kvm1]:2222", key)
