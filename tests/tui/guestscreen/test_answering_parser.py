"""What the terminal answers about pictures is not typed, however it arrives; what is typed is not lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from limen_widgets.pixels.kitty import QUERY
from textual import events
from textual.message import Message

from limen_tui.tui.guestscreen import terminal
from limen_tui.tui.guestscreen.hints import asked_for
from limen_tui.tui.guestscreen.terminal import AnsweringParser, TerminalAnswered

OK = "\x1b_Gi=31;OK\x1b\\"
DEVICE = "\x1b[?62;4;22c"


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The question was asked, at a time that is told."""
    now = [100.0]
    monkeypatch.setattr(AnsweringParser, "expecting", True)
    monkeypatch.setattr(terminal, "monotonic", lambda: now[0])
    yield now


def read(parser: AnsweringParser, *pieces: str) -> tuple[str, list[bool]]:
    """What was typed, and what was learnt."""
    told: list[Message] = []
    for piece in pieces:
        told += [*parser.feed(piece), *parser.tick()]
    return told_of(told)


def told_of(told: list[Message]) -> tuple[str, list[bool]]:
    keys = [event.character or event.key for event in told if isinstance(event, events.Key)]
    return "".join(keys), [event.can for event in told if isinstance(event, TerminalAnswered)]


@pytest.mark.parametrize("cuts", [*itertools.combinations(range(1, len("a" + OK + "b" + DEVICE + "c")), 2)][::3])
def test_an_answer_cut_anywhere_is_taken_out(cuts: tuple[int, int]) -> None:
    text = "a" + OK + "b" + DEVICE + "c"
    pieces = [text[start:end] for start, end in itertools.pairwise((0, *cuts, len(text)))]
    assert read(AnsweringParser(), *pieces) == ("abc", [True])
    assert not AnsweringParser.expecting


def test_letter_by_letter() -> None:
    assert read(AnsweringParser(), *("x" + OK + DEVICE + "y")) == ("xy", [True])


@pytest.mark.parametrize("said", ["", "\x1b_Gi=31;ENOTSUP:no\x1b\\", "\x1b_Gi=9;OK\x1b\\"])
def test_without_a_yes_it_cannot(said: str) -> None:
    assert read(AnsweringParser(), said + DEVICE) == ("", [False])


def test_after_the_last_answer_nothing_is_kept_back() -> None:
    parser = AnsweringParser()
    read(parser, OK + DEVICE)
    assert [event.key for event in parser.feed("\x1b[A") if isinstance(event, events.Key)] == ["up"]
    list(parser.feed("\x1b"))
    assert parser._held == ""


def test_an_escape_key_is_kept_back_for_a_moment_only(asked: list[float]) -> None:
    parser = AnsweringParser()
    assert read(parser, "\x1b") == ("", [])
    assert parser._held == "\x1b"
    asked[0] += 0.11
    list(parser.tick())
    assert parser._held == ""
    assert read(parser, "[A") == ("up", []), "it went on to Textual's own parser"


def test_an_answer_that_never_ends_is_let_go(asked: list[float]) -> None:
    parser = AnsweringParser()
    assert read(parser, "\x1b_Gi=31") == ("", [])
    asked[0] += 0.2
    assert told_of(list(parser.tick())) == ("", []), "a link may be slow"
    asked[0] += 2
    list(parser.tick())
    assert parser._held == ""
    assert "Gi=31y" in read(parser, "y" * 40)[0], "Textual makes keys of what it does not know"
    flood = "\x1b_G" + "x" * 10_000
    assert "x" * 10_000 in read(parser, flood)[0]


def test_keys_and_mouse_between_are_what_they_were() -> None:
    parser = AnsweringParser()
    told = list(parser.feed(f"\x1b[A\x1b[<0;3;4M{OK}\x1bOP{DEVICE}"))
    assert [event.key for event in told if isinstance(event, events.Key)] == ["up", "f1"]
    assert [(event.x, event.y) for event in told if isinstance(event, events.MouseDown)] == [(2, 3)]


def test_the_end_of_input_lets_all_go() -> None:
    parser = AnsweringParser()
    read(parser, "\x1b[?6")
    list(parser.feed(""))
    assert parser._held == ""
    assert parser.is_eof


@pytest.mark.parametrize(("setting", "environ", "asks"), [
    ("auto", {"TERM": "xterm-kitty"}, True),
    ("auto", {"TERM": "xterm-ghostty"}, True),
    ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, True),
    ("auto", {"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, True),
    ("auto", {"TERM": "konsole-256color"}, True),
    ("auto", {"TERM": "xterm-256color"}, False),
    ("auto", {}, False),
    ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, False),
    ("auto", {"TERM": "tmux-256color", "TMUX": "/tmp/s,1,0", "KITTY_WINDOW_ID": "1"}, False),
    ("auto", {"TERM": "screen", "STY": "1.x", "TERM_PROGRAM": "WezTerm"}, False),
    ("auto", {"TERM": "xterm-kitty", "NO_COLOR": "1"}, False),
    ("blocks", {"TERM": "xterm-kitty"}, False),
    ("kitty", {"TERM": "xterm-256color", "TMUX": "x"}, True),
])  # fmt: skip
def test_who_is_asked(setting: str, environ: dict[str, str], asks: bool) -> None:
    assert asked_for(setting, environ) is asks


def test_the_question_ends_with_what_every_terminal_answers() -> None:
    assert QUERY.endswith("\x1b[c")
