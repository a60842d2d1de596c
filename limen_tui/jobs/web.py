"""Reads files of web servers, and goes on where a connection broke. Any thread but the UI's.

urllib is imported late: nothing else of Limen needs it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from limen_tui.errors import ConnectError, InputError, LimenError, NotFound
from limen_tui.model.units import clean

WAIT: Final = 30.0
"""Seconds without a byte until the connection counts as broken."""
READ: Final = 1 << 20
TRIES: Final = 5
"""Connections that may break one after another without a byte."""
_MOST_TEXT: Final = 1 << 20
_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file of a web server as it was looked at."""

    url: str
    """After redirects."""
    name: str
    """The last part of the address that was asked for."""
    size: int
    tag: str
    """ETag or date: when it changes, so did the file."""


def check_url(url: str) -> str:
    """The name of the file that ``url`` leads to. Raises ``InputError`` for an address that Limen does not fetch."""
    name = unquote(_address(url).path.rpartition("/")[2])
    if not name:
        raise InputError(f"{clean(url)[:200]!r} names no file", hint="Example: https://mirror/image.qcow2")
    return name


def _address(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, secret = parts.hostname, parts.username or parts.password
    except ValueError:
        parts, host, secret = urlsplit(""), None, None
    if parts.scheme not in ("https", "http") or not host or not url.isascii() or not url.isprintable() or " " in url:
        raise InputError(f"{clean(url)[:200]!r} is not an address to fetch", hint="Example: https://mirror/image.qcow2")
    if secret:
        raise InputError("An address with a password in it is not taken", "It would be written into the journal.",
                         "Download the file yourself, then upload it.")  # fmt: skip
    return parts


def look_up(url: str) -> WebFile:
    """What the server says of the file, without reading it. Raises ``LimenError``."""
    name = check_url(url)
    with closing(_open(url, 0)) as answer:
        length = answer.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or not int(length[:19]):
            raise InputError("The server does not say how long the file is", clean(url),
                             "Download the file yourself, then upload it.")  # fmt: skip
        return WebFile(answer.url, name, int(length[:19]), _tag(answer))


def text_of(url: str) -> str:
    """A small file as text. Raises ``LimenError``."""
    check_url(url)
    with closing(_open(url, 0)) as answer:
        try:
            return answer.read(_MOST_TEXT).decode("utf-8", "replace")
        except (OSError, HTTPException) as error:
            raise _broken(url, error) from error


def pieces_of(file: WebFile, stop: threading.Event, log: Callable[[str], None]) -> Iterator[bytes]:
    """Its bytes; a connection that breaks is made again, and goes on from there. Raises ``LimenError``."""
    at, tries = 0, 0
    while at < file.size and not stop.is_set():
        try:
            with closing(_open(file.url, at)) as answer:
                _same(file, answer, at)
                while data := answer.read(READ):
                    at += len(data)
                    tries = 0
                    yield data
                    if stop.is_set():
                        return
            if at < file.size:
                raise ConnectError(f"The connection to {urlsplit(file.url).hostname} broke")
        except (ConnectError, OSError, HTTPException) as error:
            tries += 1
            told = error if isinstance(error, LimenError) else _broken(file.url, error)
            if tries >= TRIES:
                raise InputError(told.title, told.detail, "Try again later, or bring the file by hand.") from error
            log(f"{told}; going on from {at} bytes")
            stop.wait(min(8.0, 0.25 * 2**tries))


def _same(file: WebFile, answer: HTTPResponse, at: int) -> None:
    said = answer.headers.get("Content-Range", "")
    match = _RANGE.fullmatch(said)
    if at and (answer.status != 206 or match is None or int(match[1]) != at):
        raise InputError("The server cannot go on in the middle of a file", clean(file.url),
                         "Start again, or bring the file by hand.")  # fmt: skip
    if _tag(answer) != file.tag:
        raise InputError("The file has changed on the server", clean(file.url), "Start again.")


def _tag(answer: HTTPResponse) -> str:
    return str(answer.headers.get("ETag") or answer.headers.get("Last-Modified") or "")


def _open(url: str, at: int) -> HTTPResponse:
    from urllib import request as http  # noqa: PLC0415
    from urllib.error import HTTPError, URLError  # noqa: PLC0415 - late: see the module's docstring

    class Redirects(http.HTTPRedirectHandler):
        """https stays https: a redirect must not take away what the certificate promised."""

        def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
            try:
                _address(newurl)
                if req.full_url.startswith("https:") and not newurl.startswith("https:"):
                    raise InputError("The server leads away from https", clean(newurl)[:200], "Give another mirror.")
            except InputError:
                fp.close()
                raise
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    # only these: no file:, no ftp:, whatever an address or a redirect says
    opener = http.OpenerDirector()
    for handler in (http.ProxyHandler(), http.HTTPHandler(), http.HTTPSHandler(), Redirects(),
                    http.HTTPErrorProcessor(), http.HTTPDefaultErrorHandler()):  # fmt: skip
        opener.add_handler(handler)
    headers = {"User-Agent": "limen", "Accept-Encoding": "identity"}
    if at:
        headers["Range"] = f"bytes={at}-"
    try:
        answer = opener.open(http.Request(url, headers=headers), timeout=WAIT)  # noqa: S310 - http and https only
    except HTTPError as error:
        error.close()
        if error.code in (404, 410):
            raise NotFound("The file is not on the server", f"{clean(url)}: {error.code} {clean(str(error.reason))}",
                           "The release may have moved: look at the mirror.") from error  # fmt: skip
        kind = ConnectError if error.code >= 500 or error.code == 429 else InputError
        raise kind("The server refuses the file", f"{clean(url)}: {error.code} {clean(str(error.reason))}",
                   "Try again later, or another mirror.") from error  # fmt: skip
    except (URLError, OSError, HTTPException) as error:
        raise _broken(url, error) from error
    assert isinstance(answer, HTTPResponse)  # noqa: S101 - what both handlers give
    return answer


def _broken(url: str, error: Exception) -> ConnectError:
    reason = getattr(error, "reason", None) or error
    return ConnectError(
        f"{clean(urlsplit(url).hostname or url)} cannot be reached", clean(str(reason) or type(error).__name__),
        "This machine may have no way to the internet: bring the file by hand, then upload it.",
    )
