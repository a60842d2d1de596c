"""An SSH server of our own in this process, to be as hostile as a test needs; real sshd serves in tests/lab."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from limen_tui.model.questions import Answer, Question, QuestionKind, Trust
from limen_tui.remote.connect import SignIn

Reply = Callable[[Question], Answer | None]


@dataclass
class Person:
    """Answers questions as told and keeps them for the test to look at."""

    reply: Reply = lambda question: Answer(trust=Trust.ONCE) if question.kind is QuestionKind.HOST_KEY else None
    asked: list[Question] = field(default_factory=list)
    delay: float = 0.0

    def ask(self, question: Question) -> Future[Answer | None]:
        self.asked.append(question)
        future: Future[Answer | None] = Future()
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, lambda: future.set_result(self.reply(question)))
        else:
            future.set_result(self.reply(question))
        return future

    def kinds(self) -> list[QuestionKind]:
        return [question.kind for question in self.asked]


@dataclass
class Rules:
    """How the server lets people in."""

    password: str = ""
    rounds: list[tuple[str, str, list[tuple[str, bool]], list[str]]] = field(default_factory=list)
    """Keyboard-interactive: name, instructions, prompts, right answers."""
    keys: list[asyncssh.SSHKey] = field(default_factory=list)
    banner: str = ""
    banners: int = 1


class Server(asyncssh.SSHServer):
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.round = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.conn = conn

    def begin_auth(self, username: str) -> bool:
        if self.rules.banner:
            for _ in range(self.rules.banners):
                self.conn.send_auth_banner(self.rules.banner)
        return True

    def public_key_auth_supported(self) -> bool:
        return bool(self.rules.keys)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return key in self.rules.keys

    def password_auth_supported(self) -> bool:
        return bool(self.rules.password)

    def validate_password(self, username: str, password: str) -> bool:
        return password == self.rules.password

    def kbdint_auth_supported(self) -> bool:
        return bool(self.rules.rounds)

    def _challenge(self) -> tuple[str, str, str, list[tuple[str, bool]]]:
        name, instructions, prompts, _ = self.rules.rounds[self.round]
        return name, instructions, "", prompts

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str):
        self.round = 0
        return self._challenge()

    def validate_kbdint_response(self, username: str, responses: list[str]):
        if list(responses) != self.rules.rounds[self.round][3]:
            return False
        self.round += 1
        return True if self.round == len(self.rules.rounds) else self._challenge()


@dataclass
class Sshd:
    """A running server and the client's side of it."""

    port: int
    key: asyncssh.SSHKey
    rules: Rules
    known_hosts: Path
    config: Path

    def sign_in(self, person: Person) -> SignIn:
        return SignIn(person, config=[str(self.config)])
