"""One SSH client as asyncssh drives it: host key verdicts and sign-in, question by question. SSH loop thread."""

from __future__ import annotations

import asyncio
from asyncio.trsock import TransportSocket
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from limen_tui.model.questions import Answer, Asker, Prompt, Question, QuestionKind
from limen_tui.remote.secrets import Secrets
from limen_tui.remote.text import inert
from limen_tui.remote.trust import HostKeys, TrustedOnce, known_as, look_up
from limen_tui.remote.unsent import drop_unsent

ATTEMPTS = 3
"""Tries at one password or passphrase, as with ssh (NumberOfPasswordPrompts)."""
MOST_ROUNDS = 12
"""Rounds of prompts that a server may have answered in one connection, whatever its reasons."""


@dataclass(slots=True)
class Who:
    """For whom and through what a client signs in."""

    host_id: str
    host_name: str
    asker: Asker
    secrets: Secrets
    once: TrustedOnce
    known_hosts: list[str] = field(default_factory=list)
    no_verify: bool = False
    encrypted_keys: list[str] = field(default_factory=list)
    """Key files that need a passphrase; asked for only when nothing else let us in."""


async def ask(who: Who, question: Question) -> Answer | None:
    """Put a question and wait; withdrawn when the connection attempt is cancelled."""
    return await asyncio.wrap_future(who.asker.ask(question))


class Client(asyncssh.SSHClient):
    """Verdicts are kept for the caller: asyncssh only says that a key was not trusted, not why."""

    def __init__(self, who: Who, name: str, user: str) -> None:
        self.who = who
        self.name = name
        self.user = user
        self.host_keys = HostKeys()
        self.offered: asyncssh.SSHKey | None = None
        self.offered_by: tuple[str, int, str] = ("", 0, "")
        self.cancelled = False
        self.asking = False
        self.banner = ""
        self._connection: asyncssh.SSHClientConnection | None = None
        self._line: TransportSocket | None = None
        self._tries: dict[str, int] = {}
        self._rounds = 0
        self._offered_secret: tuple[str, str, bool] | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """The host took the call."""
        self._connection = conn
        self._line = conn.get_extra_info("socket")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """It ends; its socket is closed after this."""
        drop_unsent(self._line)

    @property
    def reached(self) -> tuple[object, ...]:
        """How far it has come; differs with every answer of the host that leads on."""
        if self._connection is None:
            return ()
        said = (self._connection.get_extra_info(what) for what in ("server_version", "send_cipher"))
        return (*said, self.banner, self._rounds, *self._tries.values())

    # -- host key ---------------------------------------------------------------------------------

    def known(self, host: str, addr: str, port: int | None) -> Sequence[Sequence[asyncssh.SSHKey]]:
        """asyncssh's known_hosts callback: trusted, CA and revoked keys of this host."""
        self.host_keys = look_up(self.who.known_hosts, host, port or 22, addr)
        keys = self.host_keys
        return keys.known, keys.authorities, keys.revoked

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Called for a key that known_hosts does not hold."""
        self.offered, self.offered_by = key, (host, port, addr)
        if self.who.no_verify:
            return True
        return not self.host_keys.known and self.who.once.has(known_as(host, port), key)

    # -- sign-in ----------------------------------------------------------------------------------

    def auth_banner_received(self, msg: str, lang: str) -> None:  # noqa: ARG002
        """Keep the first banner, made inert; a server may send any number of them."""
        if not self.banner:
            self.banner = inert(msg)

    def auth_completed(self) -> None:
        """What was typed was right: keep it now, if wished, and not before."""
        if self._offered_secret is not None and self._offered_secret[2]:
            self.who.secrets.keep(self.who.host_id, self._offered_secret[0], self._offered_secret[1])
        self._offered_secret = None

    async def public_key_auth_requested(self) -> asyncssh.SSHKey | None:
        """Agent and plain keys were refused: unlock the next encrypted key file."""
        while self.who.encrypted_keys and not self.cancelled:
            path = self.who.encrypted_keys.pop(0)
            if key := await self._unlock(path):
                return key
        return None

    async def _unlock(self, path: str) -> asyncssh.SSHKey | None:
        purpose = f"passphrase:{path}"
        for attempt in range(1, ATTEMPTS + 2):
            secret, remember = self.who.secrets.get(self.who.host_id, purpose), False
            if secret is None:
                if attempt > ATTEMPTS:
                    return None
                answer = await self._question(
                    QuestionKind.PASSPHRASE, f"Passphrase of the key {inert(Path(path).name)}", inert(path),
                    (Prompt("Passphrase"),), attempt, can_remember=True,
                )  # fmt: skip
                if answer is None:
                    return None
                secret, remember = answer.values[0], answer.remember
            try:
                key = asyncssh.read_private_key(path, secret)
            except (asyncssh.KeyEncryptionError, asyncssh.KeyImportError):
                self.who.secrets.drop(self.who.host_id, purpose)
                continue
            except OSError:
                return None
            if remember:
                self.who.secrets.keep(self.who.host_id, purpose, secret)
            return key
        return None

    async def password_auth_requested(self) -> str | None:
        """asyncssh asks again for as long as the server refuses what it got."""
        purpose = f"password:{self.user}@{self.name}"
        if self._offered_secret is not None and self._offered_secret[0] == purpose:
            self.who.secrets.drop(self.who.host_id, purpose)
        elif (kept := self.who.secrets.get(self.who.host_id, purpose)) is not None:
            self._offered_secret = (purpose, kept, True)
            return kept
        tries = self._tries["password"] = self._tries.get("password", 0) + 1
        if self.cancelled or tries > ATTEMPTS:
            return None
        answer = await self._question(QuestionKind.PASSWORD, f"Password of {self.user} on {self.name}", self.banner,
                                      (Prompt("Password"),), tries, can_remember=True)  # fmt: skip
        if answer is None:
            return None
        self._offered_secret = (purpose, answer.values[0], answer.remember)
        return answer.values[0]

    async def password_change_requested(self, prompt: str, lang: str) -> tuple[str, str]:  # noqa: ARG002
        """An expired password is changed by a person at a shell, not through a form of ours."""
        self.cancelled = True
        raise asyncssh.PermissionDenied("The password has expired")

    def kbdint_auth_requested(self) -> str | None:
        """Offer keyboard-interactive without naming a method, unless it was cancelled or tried often enough."""
        tries = self._tries["keyboard"] = self._tries.get("keyboard", 0) + 1
        return None if self.cancelled or tries > ATTEMPTS else ""

    async def kbdint_challenge_received(
        self,
        name: str,
        instructions: str,
        lang: str,  # noqa: ARG002
        prompts: Sequence[tuple[str, bool]],
    ) -> list[str] | None:
        """One round of prompts; a server may send several rounds (password, then a one-time code)."""
        if not prompts:
            return []
        shown = tuple(Prompt(inert(text) or "Answer", secret=not echo) for text, echo in prompts[:8])
        text = "\n".join(part for part in (self.banner, inert(name), inert(instructions)) if part)
        self._rounds += 1
        if self.cancelled or self._rounds > MOST_ROUNDS:
            return None
        answer = await self._question(QuestionKind.KEYBOARD, f"{self.name} asks {self.user}", text, shown,
                                      self._tries.get("keyboard", 1), can_remember=False)  # fmt: skip
        if answer is None:
            return None
        return list(answer.values) + [""] * (len(prompts) - len(answer.values))

    async def _question(
        self, kind: QuestionKind, title: str, text: str, prompts: tuple[Prompt, ...], attempt: int, *,
        can_remember: bool,
    ) -> Answer | None:  # fmt: skip
        question = Question(
            self.who.host_id, self.who.host_name, kind, title, text, prompts, None, can_remember, attempt
        )
        self.asking = True
        try:
            answer = await ask(self.who, question)
        finally:
            self.asking = False
        self.cancelled = answer is None
        return answer
