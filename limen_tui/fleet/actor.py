"""Who is at the keyboard, and from where: what the audit log says of every act. Any thread."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """The person behind an act."""

    who: str
    origin: str
    """``tui`` or ``cli``, with the address of the SSH client where there is one."""


def current_actor(front: str, environ: Mapping[str, str] = os.environ) -> Actor:
    """The user of this process (behind sudo, the one who called it) and the SSH client's address."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a uid without a name, as in some containers
        user = str(os.getuid())
    behind = environ.get("SUDO_USER")
    if behind and behind != user:
        user = f"{behind} as {user}"
    client = environ.get("SSH_CONNECTION", "").split(" ", 1)[0]
    return Actor(user, f"{front} {client}" if client else front)
