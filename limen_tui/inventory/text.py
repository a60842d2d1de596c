"""Text from outside on its way into and out of SQLite. Pure; any thread.

libvirt names decode with lone surrogates where they are not UTF-8. SQLite's driver refuses to bind such text,
so it is stored as bytes instead and comes back as it was. LIKE and ``=`` work on both.
"""

from __future__ import annotations

import re

from limen_tui.errors import InventoryError

_PASSWORD = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*://[^\s:/?#@]*):[^\s?#]*@")


def put(text: str) -> str | bytes:
    """A value SQLite takes for ``text``."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def get(value: object) -> str:
    """The text that :func:`put` stored; empty for NULL."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def scrub(text: str) -> str:
    """``text`` with the passwords of URIs in it taken out: logs are kept for ever."""
    return _PASSWORD.sub(r"\1:***@", text) if "://" in text else text


def check_uri(uri: str) -> str:
    """``uri`` unchanged. Raises ``InventoryError`` when it carries a password."""
    if _PASSWORD.search(uri):
        raise InventoryError(
            "A password does not belong in a host's URI",
            "It would end up on disk, so the host was not saved.",
            "Leave the password out; Limen asks for it when the host does.",
        )
    return uri


def like(search: str) -> str | bytes:
    """A LIKE pattern (with ESCAPE '!') that finds ``search`` anywhere."""
    for sign in "!%_":
        search = search.replace(sign, "!" + sign)
    return put(f"%{search}%")
