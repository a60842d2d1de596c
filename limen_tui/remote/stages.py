"""Connecting one host over SSH with every stage told: resolve, TCP, SSH, host key, sign-in, socket. SSH loop thread.

The name, the port and the server's first line are looked at on a connection of their own, so that "no such name",
"nobody listens" and "that is not SSH" are told apart; the rest is the way that every session takes.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

import asyncssh

from limen_tui.errors import AuthError, ConnectError, LimenError
from limen_tui.model.questions import Answer, Asker, Question, QuestionKind
from limen_tui.model.uri import LibvirtURI
from limen_tui.remote.connect import SignIn, Whose
from limen_tui.remote.errors import to_limen
from limen_tui.remote.link import SshLink, hop_of, open_link
from limen_tui.remote.route import Resolved, resolve
from limen_tui.remote.text import inert

STAGES = ("resolve", "tcp", "ssh", "host key", "sign-in", "socket")
REACH_SECONDS = 8.0
Begin = Callable[[str], None]
Done = Callable[[str, float, str], None]


class StageFailed(Exception):
    """The stage that failed, and why."""

    def __init__(self, stage: str, seconds: float, error: LimenError) -> None:
        super().__init__(stage)
        self.stage, self.seconds, self.error = stage, seconds, error


@dataclass(slots=True)
class Teller:
    """Keeps the time of the stage under way."""

    begin_stage: Begin
    done_stage: Done
    stage: str = ""
    began: float = 0.0
    waited: float = 0.0
    """Seconds that a person took to answer, which are not the host's."""

    def begin(self, stage: str) -> None:
        """A stage begins."""
        self.stage, self.began, self.waited = stage, time.monotonic(), 0.0
        self.begin_stage(stage)

    @property
    def seconds(self) -> float:
        """Of the stage under way, without the person's."""
        return max(0.0, time.monotonic() - self.began - self.waited)

    def done(self, text: str) -> None:
        """The stage under way went well."""
        self.done_stage(self.stage, self.seconds, text)


class _Watched:
    """Passes questions on, and keeps in mind what they say of the stage that the attempt is in."""

    def __init__(self, asker: Asker, teller: Teller) -> None:
        self._asker, self._teller = asker, teller
        self.asked: list[QuestionKind] = []

    def ask(self, question: Question) -> Future[Answer | None]:
        """See ``Asker.ask``."""
        self.asked.append(question.kind)
        began = time.monotonic()
        future = self._asker.ask(question)
        future.add_done_callback(lambda _: self._answered(time.monotonic() - began))
        return future

    def _answered(self, seconds: float) -> None:
        self._teller.waited += seconds


async def staged_link(
    uri: LibvirtURI, whose: Whose, sign_in: SignIn, runtime_dir: Path, *, read_only: bool, begin: Begin, done: Done
) -> SshLink:
    """Open a link as ``open_link`` does. Raises ``StageFailed``; leaves nothing behind then."""
    teller = Teller(begin, done)
    watched = _Watched(sign_in.asker, teller)
    try:
        target = resolve(hop_of(uri), sign_in.config)
        first = resolve(target.jumps[0], sign_in.config) if target.jumps else target
        if not first.options.proxy_command:
            await _reach(first, teller)
        teller.begin("host key")
        return await open_link(uri, whose, _asking(sign_in, watched), runtime_dir, read_only=read_only,
                               progress=_progress(teller, watched, whose, target.label))  # fmt: skip
    except (LimenError, OSError, asyncssh.Error, ValueError) as error:
        mapped = to_limen(error, hop_of(uri).label)
        raise StageFailed(_stage_of(error, teller, watched), teller.seconds, mapped) from error


def _asking(sign_in: SignIn, asker: Asker) -> SignIn:
    own = replace(sign_in, asker=asker)
    own.gate = sign_in.gate  # ``replace`` makes a new one
    return own


async def _reach(first: Resolved, teller: Teller) -> None:
    """Name, port and the server's first line. Raises ``ConnectError`` and ``OSError``."""
    host, port = first.options.host, first.options.port
    teller.begin("resolve")
    async with asyncio.timeout(REACH_SECONDS):
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
    teller.done(f"{inert(host)} is {', '.join(addresses[:3])}" if addresses[:1] != [host] else inert(host))
    teller.begin("tcp")
    async with asyncio.timeout(REACH_SECONDS):
        reader, writer = await asyncio.open_connection(host, port)
    try:
        teller.done(f"port {port} is open")
        teller.begin("ssh")
        async with asyncio.timeout(REACH_SECONDS):
            line = await _first_line(reader)
    finally:
        writer.close()
    if not line:
        raise ConnectError(f"{first.hop.host} hangs up at once", f"port {port}",
                           "Its sshd may be overloaded, or refuse this address (MaxStartups, fail2ban).")  # fmt: skip
    if not line.startswith("SSH-"):
        raise ConnectError(f"What listens on port {port} is not an SSH server", line,
                           "Is the port right? A guest or a web server may answer there.")  # fmt: skip
    teller.done(line)


async def _first_line(reader: asyncio.StreamReader) -> str:
    """The server's own line; others may come before it (RFC 4253, 4.2), 4 KiB of which are enough."""
    said = b""
    while len(said) < 4096:
        more = await reader.read(1024)
        said += more
        own = re.search(rb"^SSH-[^\n]*\n", said, re.MULTILINE)
        if own is not None:
            return inert(own[0].decode("utf-8", "replace"))
        if not more:
            break
    return inert(said.decode("utf-8", "replace")).partition("\n")[0]


def _progress(teller: Teller, watched: _Watched, whose: Whose, target: str) -> Callable[[str, str, float], None]:
    def progress(stage: str, text: str, seconds: float) -> None:
        if stage == "socket":
            teller.done(inert(text))
            return
        label = stage.removeprefix("ssh ")
        known = "trusted now" if QuestionKind.HOST_KEY in watched.asked else "known"
        if whose.no_verify:
            known = "NOT CHECKED: the URI says no_verify"
        via = "" if label == target else f" (jump host {label})"
        teller.done_stage("host key", max(0.0, teller.seconds - seconds), known + via)
        how = {QuestionKind.PASSPHRASE: "with a key and its passphrase", QuestionKind.PASSWORD: "with a password",
               QuestionKind.KEYBOARD: "with answers"}  # fmt: skip
        asked = [how[kind] for kind in watched.asked if kind in how]
        teller.begin_stage("sign-in")
        teller.done_stage("sign-in", max(0.0, min(seconds, teller.seconds)),
                          f"{label} {asked[-1] if asked else 'without a question'}")  # fmt: skip
        watched.asked.clear()
        teller.begin("socket" if not via else "host key")

    return progress


def _stage_of(error: BaseException, teller: Teller, watched: _Watched) -> str:
    """In which stage an attempt failed; between "host key" and "sign-in" the error itself tells."""
    if teller.stage != "host key":
        return teller.stage or "resolve"
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, asyncssh.HostKeyNotVerifiable):
            return "host key"
        if isinstance(seen, asyncssh.KeyExchangeFailed):
            return "host key" if isinstance(error, AuthError) else "ssh"
        seen = seen.__cause__ or seen.__context__
    if watched.asked and watched.asked[-1] is QuestionKind.HOST_KEY and isinstance(error, AuthError):
        return "host key"
    return "sign-in" if isinstance(error, AuthError) else "ssh"
