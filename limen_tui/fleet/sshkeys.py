"""Public SSH keys: of files, of ~/.ssh, of the agent. Reads files and runs ssh-add: any worker thread, not the UI's."""

from __future__ import annotations

import subprocess
from pathlib import Path

from limen_tui.errors import InputError

AGENT_SECONDS = 3.0
_KINDS = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")


def keys_in(path: Path) -> list[str]:
    """The public keys in a file. Raises ``InputError``, also for a private key."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("The SSH key cannot be read", f"{path}: {error}", "Name a public key file.") from error
    if any("PRIVATE KEY" in line for line in lines):
        raise InputError("That is a private key", str(path), f"Name the public one: {path}.pub")
    keys = [line.strip() for line in lines if line.strip().startswith(_KINDS)]
    if not keys:
        raise InputError("There is no public SSH key in it", str(path), "It begins with ssh-ed25519, ssh-rsa ...")
    return keys


def own_keys() -> list[str]:
    """The public keys of the person at the jump host: those of the agent, else those in ~/.ssh. Never raises."""
    try:
        told = subprocess.run(
            ["ssh-add", "-L"], capture_output=True, text=True, timeout=AGENT_SECONDS, check=False, errors="replace"
        )
        lines = told.stdout.splitlines() if told.returncode == 0 else []
    except (OSError, subprocess.SubprocessError):
        lines = []
    keys = [line.strip() for line in lines if line.startswith(_KINDS)]
    for path in sorted(Path("~/.ssh").expanduser().glob("id_*.pub")) if not keys else ():
        try:
            keys += keys_in(path)
        except InputError:
            continue  # one that cannot be read is as good as none
    return list(dict.fromkeys(keys))
