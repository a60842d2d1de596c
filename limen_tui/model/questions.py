"""What a host may want to know from the person before it lets us in. Pure values and one Protocol.

Nothing here is ever written to disk or a log: answers hold secrets, and their ``repr`` hides them.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class QuestionKind(StrEnum):
    """What is asked."""

    HOST_KEY = "host-key"
    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a question
    PASSWORD = "password"  # noqa: S105
    KEYBOARD = "keyboard-interactive"
    SASL = "sasl"


class Trust(StrEnum):
    """Answers to an unknown host key."""

    ONCE = "once"
    """For this run of Limen."""
    SAVE = "save"
    """Written to known_hosts."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class HostKeyFacts:
    """An SSH host key as a person compares it."""

    host: str
    """As known_hosts names it: ``kvm1`` or ``[kvm1]:2222``."""
    address: str
    key_type: str
    """``ssh-ed25519``."""
    fingerprint: str
    """``SHA256:…`` as ssh-keygen -l prints it."""
    randomart: str = ""
    file: str = ""
    """The known_hosts file that ``Trust.SAVE`` writes to."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One line to fill in. ``text`` comes from the server: plain text, cleaned of control characters."""

    text: str
    secret: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Something only the person can answer."""

    host_id: str
    host_name: str
    kind: QuestionKind
    title: str
    text: str = ""
    prompts: tuple[Prompt, ...] = ()
    host_key: HostKeyFacts | None = None
    can_remember: bool = False
    """Whether "keep until exit" may be offered."""
    attempt: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the person said."""

    values: tuple[str, ...] = field(default=(), repr=False)
    remember: bool = False
    trust: Trust = Trust.REFUSE


class Asker(Protocol):
    """Where questions go. Any thread."""

    def ask(self, question: Question) -> Future[Answer | None]:
        """Put the question to the person; ``None`` is "cancel". Cancelling the future withdraws it."""


class NoAsker:
    """For runs where nobody can be asked: every question is cancelled at once."""

    def ask(self, question: Question) -> Future[Answer | None]:  # noqa: ARG002
        """Answer ``None``."""
        future: Future[Answer | None] = Future()
        future.set_result(None)
        return future
