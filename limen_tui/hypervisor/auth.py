"""libvirt's own sign-in (SASL) through the app instead of the terminal. Imports libvirt; the host's session thread.

Rests on virConnectOpenAuth: libvirt calls back with the credentials it wants, once for each mechanism that it tries.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any, Final

import libvirt

from limen_tui.model.host import Host
from limen_tui.model.questions import Asker, Prompt, Question, QuestionKind
from limen_tui.model.units import clean

CREDENTIALS: Final = [
    libvirt.VIR_CRED_USERNAME, libvirt.VIR_CRED_AUTHNAME, libvirt.VIR_CRED_PASSPHRASE,
    libvirt.VIR_CRED_ECHOPROMPT, libvirt.VIR_CRED_NOECHOPROMPT,
]  # fmt: skip
SECRET: Final = frozenset({libvirt.VIR_CRED_PASSPHRASE, libvirt.VIR_CRED_NOECHOPROMPT})
_PROMPT, _RESULT = 1, 4
Credential = list[Any]
"""libvirt's: type, prompt, challenge, default, result; we fill in the result."""
Answerer = Callable[[list[Credential], object], int]
"""0 when all are filled in, -1 to give up."""


class SignInWanted:
    """The callback of one host. What was typed is kept, if wished, once the host let us in with it; in memory only."""

    def __init__(self, host: Host, asker: Asker, waiting: Callable[[bool], None] = lambda _: None) -> None:
        self._host = host
        self._asker = asker
        self._waiting = waiting
        """Told when a person begins and ends to be asked: that time is not the host's."""
        self._kept: tuple[str, ...] | None = None
        self._typed: tuple[str, ...] | None = None
        self.attempts = 0
        """Refusals in a row."""
        self.asked = False
        """Whether this host ever wanted to know something."""
        self.cancelled = False

    def begin(self) -> None:
        """A new attempt to open."""
        self._typed, self.cancelled = None, False

    def succeeded(self) -> None:
        """The host let us in."""
        self.attempts = 0
        if self._typed is not None:
            self._kept = self._typed

    def failed(self) -> None:
        """It did not: what was kept may be wrong."""
        self.attempts += 1
        self._kept = None

    def __call__(self, credentials: list[Credential], _opaque: object) -> int:
        """Fill the credentials in; blocks while the person is asked."""
        self.asked = True
        wanted = _to_ask(credentials)
        answers = self._kept
        if answers is None or len(answers) != len(wanted):
            answers = self._ask(wanted)
        if answers is None or len(answers) != len(wanted):
            self.cancelled = True
            return -1
        for credential, answer in zip(wanted, answers, strict=True):
            credential[_RESULT] = answer
        name = next((c[_RESULT] for c in wanted if c[0] == libvirt.VIR_CRED_AUTHNAME), None)
        for credential in credentials:
            if credential not in wanted:
                credential[_RESULT] = name
        return 0

    def _ask(self, credentials: list[Credential]) -> tuple[str, ...] | None:
        prompts = tuple(
            Prompt(clean(str(c[_PROMPT])).rstrip(": ")[:80] or "Answer", c[0] in SECRET) for c in credentials
        )
        question = Question(
            self._host.id, self._host.name, QuestionKind.SASL, f"Sign in to libvirt on {self._host.name}", "", prompts,
            can_remember=True, attempt=self.attempts + 1,
        )  # fmt: skip
        self._waiting(True)
        try:
            answer = self._asker.ask(question).result()
        except CancelledError:
            return None
        finally:
            self._waiting(False)
        if answer is None:
            return None
        self._typed = answer.values if answer.remember else None
        return answer.values


def _to_ask(credentials: list[Credential]) -> list[Credential]:
    """Without the name to act as, where the name to sign in with is asked too: hardly anybody has two."""
    kinds = {credential[0] for credential in credentials}
    if libvirt.VIR_CRED_AUTHNAME not in kinds:
        return credentials
    return [credential for credential in credentials if credential[0] != libvirt.VIR_CRED_USERNAME]
