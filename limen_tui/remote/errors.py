"""What asyncssh and the network raise, as LimenErrors that say what to do. Pure; any thread."""

from __future__ import annotations

import socket

import asyncssh

from limen_tui.errors import AuthError, ConnectError, LimenError, Timeout
from limen_tui.remote.text import inert

Row = tuple[type[BaseException] | tuple[type[BaseException], ...], type[LimenError], str, str]

_TABLE: tuple[Row, ...] = (
    (
        asyncssh.PermissionDenied,
        AuthError,
        "{where} did not let us in",
        "Try `ssh {where}` by hand; check the user, and that your key is in its authorized_keys.",
    ),
    (asyncssh.HostKeyNotVerifiable, AuthError, "The host key of {where} is not trusted", ""),
    (
        asyncssh.KeyExchangeFailed,
        ConnectError,
        "{where} offers no algorithm that is safe enough",
        "Update its sshd, or allow the algorithm for it in ~/.ssh/config (KexAlgorithms, Ciphers, HostKeyAlgorithms).",
    ),
    (
        (TimeoutError, asyncssh.ConnectionLost),
        Timeout,
        "{where} does not answer",
        "Is it on, and is the network up?",
    ),
    (
        socket.gaierror,
        ConnectError,
        "The name of {where} cannot be resolved",
        "Check the spelling, /etc/hosts, DNS, and HostName in ~/.ssh/config.",
    ),
    (
        ConnectionRefusedError,
        ConnectError,
        "{where} refuses SSH connections",
        "Is sshd running there, on this port?",
    ),
    (OSError, ConnectError, "{where} cannot be reached", "Check the address, the route and the firewall."),
    (asyncssh.Error, ConnectError, "The SSH connection to {where} failed", ""),
    (ValueError, ConnectError, "The SSH settings for {where} are not usable", "Check ~/.ssh/config."),
)
"""First match wins: TimeoutError and gaierror are OSErrors too."""

EXPECTED = (OSError, asyncssh.Error, ValueError, LimenError)
"""What an attempt to connect may raise and ``to_limen`` maps; anything else is a defect of ours."""


def to_limen(error: BaseException, where: str) -> LimenError:
    """Map an error of an attempt to reach ``where`` (``root@kvm1``). LimenErrors pass through."""
    if isinstance(error, LimenError):
        return error
    for kinds, mapped, title, hint in _TABLE:
        if isinstance(error, kinds):
            detail = (error.strerror if isinstance(error, OSError) else None) or str(error)
            return mapped(title.format(where=where), inert(detail), hint.format(where=where))
    raise error
