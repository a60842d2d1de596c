"""A parser whose errors are those of Limen: one line of what, one of what to do. Imports argparse and output only."""

from __future__ import annotations

import argparse
import re
from typing import Final, NoReturn

from limen_tui.cli.output import complain
from limen_tui.errors import InputError

_CHOICE: Final = re.compile(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", re.DOTALL)
FLAGS: Final = frozenset({"--demo", "--lab", "--read-only"})
VALUED: Final = frozenset({"-c", "--connect", "--config", "--timeout"})
"""Options that go before a verb; those that take the next word."""


class Parser(argparse.ArgumentParser):
    """``argparse``'s answers with its usage over several lines. Subparsers are of the same kind as their parser."""

    def error(self, message: str) -> NoReturn:
        """Say it and end with exit code 2."""
        what, hint = _told(message)
        words = " ".join(self.format_usage().split())
        complain(InputError(what, hint=hint or f"{words} (see `{self.prog} --help`)"))
        raise SystemExit(2)


def _told(message: str) -> tuple[str, str]:
    """What was wrong and, where more can be said than the usage, what to do."""
    if (found := _CHOICE.fullmatch(message)) is not None:
        import difflib  # noqa: PLC0415 - only for a mistake

        name, word, choices = found.groups()
        known = [each.strip("'") for each in choices.split(", ")]
        near = difflib.get_close_matches(word, known, 1, 0.6)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}"
        return f"{word!r} is no verb" if name == "VERB" else f"{name} cannot be {word!r}", hint
    if message.startswith("unrecognized arguments: "):
        words = message.partition(": ")[2]
        early = next((word for word in words.split() if word.partition("=")[0] in FLAGS | VALUED), "")
        hint = f"{early} goes before the verb: limen {early} ... VERB" if early else ""
        return f"This is not understood: {words}", hint
    if message.startswith("the following arguments are required: "):
        return f"{message.partition(': ')[2]} is missing", ""
    return message[:1].upper() + message[1:], ""
