"""Connecting one host over SSH, hop by hop: host key verdict, questions, sign-in. SSH loop thread.

A host key question never holds a connection open: the attempt ends, the person decides, and a new attempt is made.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import asyncssh
from asyncssh.public_key import get_default_certificate_algs, get_default_public_key_algs

from limen_tui.errors import AuthError
from limen_tui.model.questions import Asker
from limen_tui.remote import trust, verdict
from limen_tui.remote.client import Client, Who
from limen_tui.remote.errors import EXPECTED, to_limen
from limen_tui.remote.route import Hop, Resolved, resolve
from limen_tui.remote.secrets import Secrets

CONNECT_SECONDS = 8.0
"""That a host may take for each answer."""
TICK = 0.25
GATE_SECONDS = 0.3
Progress = Callable[[str, str, float], None]
"""Told of each stage as it ends: its name, what came of it, and its seconds."""


@dataclass(slots=True)
class SignIn:
    """What all connections of a process share: whom to ask, and what was answered until exit."""

    asker: Asker
    secrets: Secrets = field(default_factory=Secrets)
    once: trust.TrustedOnce = field(default_factory=trust.TrustedOnce)
    config: list[str] | None = None
    """ssh configuration files; ``None`` for the user's own."""
    parallel: int = 16
    """Attempts that may begin at the same time."""
    gate: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.gate = asyncio.Semaphore(self.parallel)


@dataclass(frozen=True, slots=True)
class Whose:
    """The Limen host on whose behalf a connection is made."""

    host_id: str
    host_name: str
    no_verify: bool = False


def silent(stage: str, text: str, seconds: float) -> None:
    """Tell nobody."""


async def connect(
    hop: Hop, whose: Whose, sign_in: SignIn, progress: Progress = silent
) -> list[asyncssh.SSHClientConnection]:
    """Connect to ``hop`` through its jump hosts; the connection last, those it rests on before it.

    Raises ``ConnectError``, ``Timeout``, ``AuthError`` or ``InputError``; closes what it opened when it fails.
    """
    chain: list[asyncssh.SSHClientConnection] = []
    try:
        target = resolve(hop, sign_in.config)
        for jump in target.jumps:
            resolved = resolve(jump, sign_in.config)
            chain.append(await _one(resolved, chain[-1] if chain else None, whose, sign_in, progress))
        chain.append(await _one(target, chain[-1] if chain else None, whose, sign_in, progress))
    except BaseException:
        await close(chain)
        raise
    return chain


async def close(chain: list[asyncssh.SSHClientConnection]) -> None:
    """Abort the connections of a chain, the farthest first, without waiting for a peer that may be gone."""
    for connection in reversed(chain):
        connection.abort()
    await asyncio.sleep(0)


async def _one(
    resolved: Resolved, through: asyncssh.SSHClientConnection | None, whose: Whose, sign_in: SignIn, progress: Progress
) -> asyncssh.SSHClientConnection:
    """One hop: again after each trusted host key, until it is in or refused."""
    for _ in range(4):
        who = Who(
            whose.host_id, whose.host_name, sign_in.asker, sign_in.secrets, sign_in.once, resolved.known_hosts,
            whose.no_verify, list(resolved.encrypted_keys),
        )  # fmt: skip
        client = Client(who, resolved.hop.host, resolved.options.username)
        began = time.monotonic()
        try:
            connection = await _attempt(resolved, through, client, sign_in)
        except asyncssh.HostKeyNotVerifiable as error:
            await verdict.decide(resolved, client, error)
            continue
        except asyncssh.KeyExchangeFailed as failure:
            try:
                await verdict.explain_no_common_key(resolved, through, client, failure)
            except asyncssh.KeyExchangeFailed as error:
                raise to_limen(error, resolved.label) from error
            continue
        except asyncssh.PermissionDenied as error:
            if client.cancelled:
                raise AuthError(
                    f"Sign-in to {resolved.label} was cancelled", hint="Connect again to be asked again."
                ) from error
            raise to_limen(error, resolved.label) from error
        except EXPECTED as error:
            raise to_limen(error, resolved.label) from error
        progress(f"ssh {resolved.label}", str(connection.get_extra_info("server_version")), time.monotonic() - began)
        return connection
    raise AuthError(f"The host key of {resolved.label} keeps changing", hint="Compare it on the host's own console.")


def any_host_key() -> list[str]:
    """Every kind of host key that is safe, also plain ones where known_hosts names a certificate authority."""
    every = get_default_certificate_algs() + get_default_public_key_algs()
    return [name for name in (alg.decode() for alg in every) if name.partition("-cert-")[0] != "ssh-rsa"]


async def _attempt(
    resolved: Resolved, through: asyncssh.SSHClientConnection | None, client: Client, sign_in: SignIn
) -> asyncssh.SSHClientConnection:
    # The options are prepared anew from the first arguments and these; the name must stay the one asked for, or
    # the Host blocks of the ssh configuration would not match again.
    await sign_in.gate.acquire()
    attempt = asyncio.ensure_future(
        asyncssh.connect(
            resolved.hop.host,
            resolved.options.port,
            options=resolved.options,
            client_factory=lambda: client,
            known_hosts=cast(Any, client.known),  # asyncssh takes keys here too; its annotation says strings
            tunnel=through,
            **({"server_host_key_algs": any_host_key()} if resolved.any_key else {}),
        )
    )
    # The gate spreads the work of many handshakes; a host that says nothing must not keep it shut for the others.
    asyncio.get_running_loop().call_later(GATE_SECONDS, sign_in.gate.release)
    try:
        left, reached = CONNECT_SECONDS, client.reached
        while not attempt.done():
            # a person at a prompt may take their time: only the host's own time counts
            await asyncio.wait({attempt}, timeout=TICK)
            left -= 0 if client.asking else TICK
            if client.reached != reached:  # a far host answers late, seven times over
                left, reached = CONNECT_SECONDS, client.reached
            if left <= 0:
                raise TimeoutError(f"nothing within {CONNECT_SECONDS:.0f} s")
        return attempt.result()
    finally:
        attempt.cancel()
