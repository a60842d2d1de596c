"""The hostile SSH server as a fixture."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from tests.unit.remote.sshserver import Rules, Server, Sshd


@pytest.fixture
async def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sshd]:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    rules, key = Rules(), asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], server_factory=lambda: Server(rules))
    known_hosts, config = tmp_path / "known_hosts", tmp_path / "config"
    config.write_text(f"Host kvm\n  HostName 127.0.0.1\nHost *\n  UserKnownHostsFile {known_hosts}\n")
    yield Sshd(server.get_port(), key, rules, known_hosts, config)
    server.close()
    await server.wait_closed()
