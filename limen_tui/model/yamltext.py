"""Values as YAML that nothing in them can break out of. Pure; imports PyYAML late; any thread."""

from __future__ import annotations

import re
from typing import Any, Final

from limen_tui.errors import InputError

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def scalar(value: Any) -> str:
    """``value`` on one line: a plain word where it reads back as itself, else quoted; lists and dicts in flow style.

    Raises ``InputError`` for what YAML cannot hold.
    """
    import yaml  # noqa: PLC0415

    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and yaml.safe_load(value) == value:
            return value
        if any(0xD800 <= ord(char) <= 0xDFFF for char in value):
            raise InputError("A value cannot be put in YAML", f"{value[:60]!r} is not valid text.")
    style = '"' if isinstance(value, str | list | tuple | dict) else None
    plain = list(value) if isinstance(value, tuple) else value
    text = yaml.safe_dump(plain, default_style=style, default_flow_style=True, width=1 << 30, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")
