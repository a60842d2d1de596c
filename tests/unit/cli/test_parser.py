"""A start of the screen does without the parsers of the verbs: what is typed must mean the same with and without."""

from __future__ import annotations

import pytest

from limen_tui.cli.parser import are_bare, build

BARE = (
    [], ["--demo"], ["--read-only", "--lab"], ["-c", "test:///default", "--connect", "x", "--config", "c.toml"],
)  # fmt: skip


@pytest.mark.parametrize("words", BARE)
def test_options_alone_mean_the_same_without_the_verbs(words: list[str]) -> None:
    assert are_bare(words)
    assert vars(build(verbs=False).parse_args(words)) == vars(build().parse_args(words))


WHOLE = ["vms"], ["--help"], ["-c"], ["--demo", "vms"], ["-c", "a", "b"], ["--timeout", "3"]


@pytest.mark.parametrize("words", WHOLE)
def test_all_else_is_left_to_the_whole_parser(words: list[str]) -> None:
    assert not are_bare(words)
