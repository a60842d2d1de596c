"""What to make of a host key that known_hosts does not vouch for: ask, refuse, or say what changed.

SSH loop thread.
"""

from __future__ import annotations

import asyncio

import asyncssh

from limen_tui.errors import AuthError
from limen_tui.model.questions import Question, QuestionKind, Trust
from limen_tui.remote import trust
from limen_tui.remote.client import Client, ask
from limen_tui.remote.errors import to_limen
from limen_tui.remote.route import NO_SHA1, Resolved

LOOK_SECONDS = 8.0
COMPARE = "Nobody has vouched for this key yet. Compare it with `ssh-keygen -lf` on the host's own console."
NO_CERTIFICATE = "known_hosts has a certificate authority for this host, and it shows a plain key without certificate. "


async def decide(resolved: Resolved, client: Client, error: asyncssh.HostKeyNotVerifiable) -> None:
    """Return when the key was trusted now; raise ``AuthError`` when it was not, or may not be."""
    key = client.offered
    if key is None or key in client.host_keys.revoked:
        raise AuthError(
            f"The host key of {resolved.label} is refused",
            to_limen(error, resolved.label).detail,
            "It is marked @revoked in known_hosts, or its certificate is not valid for this host.",
        ) from error
    if client.host_keys.known:
        raise _changed(resolved, client, key) from error
    await _ask_and_trust(resolved, client, key)


async def _ask_and_trust(resolved: Resolved, client: Client, key: asyncssh.SSHKey) -> None:
    host, port, address = client.offered_by
    file = resolved.known_hosts[0]
    question = Question(
        client.who.host_id,
        client.who.host_name,
        QuestionKind.HOST_KEY,
        f"Unknown host key: {resolved.label}",
        (NO_CERTIFICATE if client.host_keys.authorities else "") + COMPARE,
        host_key=trust.facts(key, host, port, address, file),
    )
    answer = await ask(client.who, question)
    if answer is None or answer.trust is Trust.REFUSE:
        raise AuthError(
            f"The host key of {resolved.label} was not trusted",
            key.get_fingerprint(),
            "Connect again to be asked again.",
        )
    name = trust.known_as(host, port)
    if answer.trust is Trust.ONCE:
        client.who.once.add(name, key)
        return
    try:
        hashed = await asyncio.to_thread(trust.wants_hashes, resolved.hop.host)
        trust.save(file, name, key, hashed=hashed)
    except OSError as failure:
        raise AuthError(
            f"{file} cannot be written", failure.strerror or "", "Trust the key once, or mend the file's mode."
        ) from failure


def _changed(resolved: Resolved, client: Client, key: asyncssh.SSHKey) -> AuthError:
    where = client.host_keys.where
    known = "; ".join(
        f"{old.get_algorithm()} {old.get_fingerprint()} ({where.get(old.get_fingerprint(), 'known_hosts')})"
        for old in client.host_keys.known
    )
    host, port, _ = client.offered_by
    return AuthError(
        f"THE HOST KEY OF {resolved.label} HAS CHANGED",
        f"known: {known}\noffered: {key.get_algorithm()} {key.get_fingerprint()}",
        "Somebody may be listening in, or the host was installed anew. Only if you know why: "
        f"ssh-keygen -R '{trust.known_as(host, port)}' -f {resolved.known_hosts[0]}",
    )


async def explain_no_common_key(
    resolved: Resolved, through: asyncssh.SSHClientConnection | None, client: Client, error: asyncssh.KeyExchangeFailed
) -> None:
    """A host without the type of key that we know cannot agree with us on one: that is a changed key, too.

    Returns when a new attempt may do better; raises ``AuthError`` with both fingerprints, or ``error`` itself.
    """
    if "host key" not in str(error):
        raise error  # no cipher, say: its key has not been looked at
    if not client.host_keys.known:
        if client.host_keys.authorities and not resolved.any_key:
            resolved.any_key = True  # as ssh does: no certificate is not a lie, but a key to be asked about
            return
        raise error
    host, port = resolved.options.host, resolved.options.port
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            key = await asyncssh.get_server_host_key(
                host, port, tunnel=through or (), config=None, kex_algs=NO_SHA1["KexAlgorithms"][1]
            )
    except (OSError, asyncssh.Error, ValueError):
        raise error from None
    if key is not None and key not in client.host_keys.known:
        client.offered_by = (host, port, "")
        raise _changed(resolved, client, key) from error
    raise error
