"""The web as a host sees it: its own curl fetches, its own virsh writes into the volume, its own sum proves it.

Nothing goes through this machine but a few lines. ``HostWeb``'s methods block and may be called on any thread but
the SSH loop's; the coroutines run on that loop. What goes to the far shell is quoted, word for word.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, Final, TypeVar

import asyncssh

from limen_tui.errors import Cancelled, ConnectError, InputError, NotFound, NotSupported, StepFailed, Timeout
from limen_tui.model.uri import LibvirtURI
from limen_tui.remote.link import SshLink
from limen_tui.remote.loop import remote_loop
from limen_tui.remote.text import inert

T = TypeVar("T")
PATIENCE: Final = 60.0
"""Seconds for a question that moves no data to speak of."""
SLOWEST: Final = 6 * 3600.0
"""Seconds for a checksum over a whole volume."""
_TICK: Final = 0.2
_MOST_TEXT: Final = 1 << 20
_CURL: Final = ("curl", "-fsSL", "--max-redirs", "10", "--connect-timeout", "30", "--speed-limit", "1",
                "--speed-time", "60")  # fmt: skip
# stdin is the leash: when it ends (we cancel, die, or the link breaks), everything that was begun is ended
_POUR: Final = """
{ { "$@" </dev/null; echo "curl $?" >&4; } |
  virsh -q -c "$LIMEN_URI" vol-upload --pool "$LIMEN_POOL" --vol "$LIMEN_VOL" --file /dev/stdin >/dev/null
  echo "virsh $?" >&4
} 4>&1 &
read -r _
trap '' TERM
kill -TERM 0 2>/dev/null
wait
"""
_SUM: Final = """
virsh -q -c "$LIMEN_URI" vol-download --pool "$LIMEN_POOL" --vol "$LIMEN_VOL" --file /dev/stdout --length "$1" | "$2"
"""
_UNREACHABLE: Final = frozenset({5, 6, 7, 28, 35, 52, 56})
"""Exit codes of curl that mean the server was not reached, or not for long."""


class HostWeb:
    """What one host can fetch by itself."""

    def __init__(self, link: SshLink, uri: LibvirtURI) -> None:
        self._connection = link.connection
        path = uri.path or "/"
        socket = link.way.socket
        self._uri = f"{uri.driver}+unix://{path}?socket={socket}" if socket else f"{uri.driver}://{path}"

    def able(self) -> bool:
        """Whether it has the tools."""
        try:
            return _wait(self._run("command -v curl >/dev/null && command -v virsh >/dev/null"))[0] == 0
        except (ConnectError, NotSupported):
            return False

    def look_up(self, url: str) -> int:
        """Bytes of the file. Raises ``LimenError``."""
        code, out, err = _wait(self._run(shlex.join([*_CURL, "-I", *_protocols(url), "--", url])))
        _check(code, err, url)
        last = out.replace("\r\n", "\n").strip().split("\n\n")[-1]
        for line in last.splitlines():
            name, _, value = line.partition(":")
            if name.strip().lower() == "content-length" and value.strip().isascii() and value.strip().isdigit():
                return int(value.strip()[:19])
        raise InputError("The server does not say how long the file is", url, "Download it yourself, then upload it.")

    def text_of(self, url: str) -> str:
        """A small file as text. Raises ``LimenError``."""
        words = [*_CURL, "--max-filesize", str(_MOST_TEXT), *_protocols(url), "--", url]
        code, out, err = _wait(self._run(shlex.join(words)))
        _check(code, err, url)
        return out[:_MOST_TEXT]

    def begin(self, url: str, pool: str, name: str, stop: Callable[[], bool]) -> Future[None]:
        """Have the host fetch ``url`` into a volume; ``stop`` is asked again and again, on the SSH loop."""
        words = ["sh", "-c", _POUR, "limen", *_CURL, *_protocols(url), "--", url]
        return remote_loop().run(self._pour(self._command(words, pool, name), url, stop))

    def digest(self, pool: str, name: str, size: int, algorithm: str) -> Future[str]:
        """The checksum of the first ``size`` bytes of a volume, as the host reads them."""
        words = ["sh", "-c", _SUM, "limen", str(size), f"{algorithm}sum"]
        return remote_loop().run(self._sum(self._command(words, pool, name)))

    # -- on the loop ------------------------------------------------------------------------------

    def _command(self, words: list[str], pool: str, name: str) -> str:
        around = [f"LIMEN_URI={self._uri}", f"LIMEN_POOL={pool}", f"LIMEN_VOL={name}"]
        return shlex.join(["env", "LC_ALL=C", *around, *words])

    async def _run(self, command: str, seconds: float = PATIENCE) -> tuple[int, str, str]:
        try:
            async with asyncio.timeout(seconds):
                done = await self._connection.run(command, check=False, errors="replace")
        except TimeoutError as error:
            raise Timeout("The host does not answer", f"nothing for {seconds:.0f} s") from error
        except asyncssh.ChannelOpenError as error:
            raise NotSupported("The SSH server allows no commands", inert(error.reason)) from error
        except (OSError, asyncssh.Error) as error:
            raise ConnectError("The SSH connection broke", inert(str(error))) from error
        code = done.exit_status if done.exit_status is not None else 255
        return code, str(done.stdout or ""), str(done.stderr or "")

    async def _sum(self, command: str) -> str:
        code, out, err = await self._run(command, SLOWEST)
        words = out.split()
        if code or not words or not words[0].isalnum():
            raise StepFailed("The host could not sum up the volume", inert(err))
        return words[0].lower()

    async def _pour(self, command: str, url: str, stop: Callable[[], bool]) -> None:
        try:
            process = await self._connection.create_process(command, errors="replace")
        except (OSError, asyncssh.Error) as error:
            raise ConnectError("The SSH connection broke", inert(str(error))) from error
        try:
            codes = await _codes(process, stop)
            process.stdin.write_eof()
            async with asyncio.timeout(10):
                ended = await process.wait()
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise ConnectError("The SSH connection broke", inert(str(error))) from error
        finally:
            with contextlib.suppress(OSError, asyncssh.Error):
                process.stdin.write_eof()
            process.close()
        told = str(ended.stderr or "")
        if len(codes) < 2:
            raise ConnectError("The SSH connection broke", inert(told))
        if codes["virsh"]:
            kind = StepFailed if "No space" in told else NotSupported
            raise kind("The host could not write what it fetched", inert(told), "Fetch it through this machine.")
        _check(codes["curl"], told, url)


async def _codes(process: asyncssh.SSHClientProcess[str], stop: Callable[[], bool]) -> dict[str, int]:
    """Exit codes of both ends of the pipe; fewer when the process ended before."""
    codes: dict[str, int] = {}
    line = asyncio.ensure_future(process.stdout.readline())
    try:
        while len(codes) < 2:
            done, _ = await asyncio.wait({line}, timeout=_TICK)
            if stop():
                raise Cancelled("Cancelled", "The host was told to stop.")
            if not done:
                continue
            text = line.result()
            if not text:
                break
            word, _, code = text.strip().partition(" ")
            if word in ("curl", "virsh") and code.isdigit():
                codes[word] = int(code)
            line = asyncio.ensure_future(process.stdout.readline())
    finally:
        line.cancel()
        with contextlib.suppress(asyncio.CancelledError, asyncssh.Error, OSError):
            await line
    return codes


def _protocols(url: str) -> list[str]:
    """https stays https over redirects."""
    return ["--proto", "=http,https", "--proto-redir", "=https" if url.startswith("https:") else "=http,https"]


def _check(code: int, told: str, url: str) -> None:
    if not code:
        return
    detail = inert(told) or f"curl ended with {code}"
    if code == 22 and ("404" in told or "410" in told):
        raise NotFound("The file is not on the server", detail, "The release may have moved: look at the mirror.")
    if code in _UNREACHABLE:
        raise ConnectError("The host has no way to the server", detail)
    raise InputError(f"The host could not fetch {url}", detail, "Try another mirror, or bring the file by hand.")


def _wait(work: Coroutine[Any, Any, T]) -> T:
    future = remote_loop().run(work)
    try:
        return future.result(PATIENCE + 5)
    except TimeoutError as error:
        future.cancel()
        raise Timeout("The host does not answer", f"nothing for {PATIENCE:.0f} s") from error
    except CancelledError as error:
        raise ConnectError("The SSH connection was closed") from error
