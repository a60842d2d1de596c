"""A user's own user-data for cloud-init: what it is, and joined with ours. Pure; imports PyYAML late; any thread."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final, Literal

from limen_tui.errors import InputError
from limen_tui.model import units

HEADER: Final = "#cloud-config"
MAX_BYTES: Final = 1 << 20
Form = Literal["", "cloud-config", "script", "boothook", "include", "jinja"]
_MIME: Final = {
    "script": "text/x-shellscript", "boothook": "text/cloud-boothook", "include": "text/x-include-url",
    "jinja": "text/jinja2", "cloud-config": "text/cloud-config",
}  # fmt: skip


def form_of(text: str) -> Form:
    """What ``text`` is by its first line, as cloud-init tells; without a known one it is meant as cloud-config."""
    first = text.lstrip("﻿").splitlines()[0].strip() if text.strip() else ""
    if not text.strip():
        return ""
    if first.startswith("#!"):
        return "script"
    heads: tuple[tuple[str, Form], ...] = (
        ("#cloud-boothook", "boothook"), ("#include", "include"), ("## template: jinja", "jinja"),
    )  # fmt: skip
    return next((form for head, form in heads if first.startswith(head)), "cloud-config")


def problem(text: str) -> str:
    """Why ``text`` is no user-data, as a sentence with the line; empty when it is fine."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return "It is larger than 1 MiB."
    if form_of(text) == "cloud-config":
        try:
            _mapping(text)
        except InputError as error:
            return f"{error.title}: {error.detail}"
    elif any(0xD800 <= ord(char) <= 0xDFFF or char == "\0" for char in text):
        return "There are characters in it that are no text."
    return ""


def doubt(text: str) -> str:
    """What is odd about usable user-data; empty when nothing is."""
    if form_of(text) == "cloud-config" and not text.lstrip("﻿").startswith(HEADER):
        return f"The first line should be {HEADER}; it is taken as that."
    return ""


def combined(made: str, theirs: str) -> str:
    """``made`` (our cloud-config) with ``theirs``: cloud-config is laid over it, lists are joined; anything else
    goes along as a second part. Raises ``InputError`` for user-data that is not usable."""
    form = form_of(theirs)
    if not form:
        return made
    if found := problem(theirs):
        raise InputError("The user-data cannot be used", found)
    if form != "cloud-config":
        return _multipart(("cloud-config", made), (form, theirs))
    import yaml  # noqa: PLC0415

    laid = _laid_over(_mapping(made), _mapping(theirs))
    try:
        text = yaml.safe_dump(laid, sort_keys=False, allow_unicode=True, width=1 << 30)
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError("The user-data cannot be used", _short(error)) from error
    return f"{HEADER}\n{text}"


def _mapping(text: str) -> dict[str, Any]:
    import yaml  # noqa: PLC0415

    try:
        found = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}: " if mark is not None else ""
        raise InputError("Not YAML", f"{where}{units.clean(error.problem or '')}") from error
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError, AttributeError) as error:
        raise InputError("Not YAML", _short(error)) from error
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise InputError("Not cloud-config", "it must be keys with values, like packages: [htop]")
    return found


def _laid_over(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    joined = dict(ours)
    for key, value in theirs.items():
        before = joined.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            joined[key] = {**before, **value}
        elif isinstance(before, list) and isinstance(value, list):
            joined[key] = [*before, *value]
        else:
            joined[key] = value
    return joined


def _multipart(*parts: tuple[Form, str]) -> str:
    whole = "\n".join(text for _, text in parts)
    boundary = f"limen-{hashlib.sha256(whole.encode()).hexdigest()[:32]}"
    lines = [f'Content-Type: multipart/mixed; boundary="{boundary}"', "MIME-Version: 1.0", ""]
    for form, text in parts:
        plain = text.isascii()
        lines += [f"--{boundary}", f'Content-Type: {_MIME[form]}; charset="utf-8"',
                  f"Content-Transfer-Encoding: {'7bit' if plain else 'base64'}", "",
                  text if plain else base64.encodebytes(text.encode()).decode()]  # fmt: skip
    return "\n".join([*lines, f"--{boundary}--", ""])


def _short(error: BaseException) -> str:
    return units.clean(str(error)[:200])
