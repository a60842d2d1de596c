"""The kitty graphics protocol: what is sent is what a decoder reads, in chunks a terminal takes."""

from __future__ import annotations

import random
import re

import pytest
from limen_widgets.pixels import kitty
from limen_widgets.pixels.kitty import Place

from tests.tui.guestscreen.picture_terminal import Pictures

COMMAND = re.compile(r"\x1b_G([ -:<-~]*)(?:;([A-Za-z0-9+/=]*))?\x1b\\")


def noise(width: int, height: int) -> bytes:
    return random.Random(width * 31 + height).randbytes(width * height * 3)


def decoded(text: str) -> Pictures:
    """All of it read as a terminal does; nothing else may be between the commands."""
    pictures, at = Pictures(), 0
    for found in COMMAND.finditer(text):
        assert text[at : found.start()] == ""
        pictures.take(found[1].encode(), (found[2] or "").encode())
        at = found.end()
    assert at == len(text)
    return pictures


@pytest.mark.parametrize("size", [(1, 1), (720, 400), (3, 3000), (10_000, 1), (1, 10_000), (333, 77)])
def test_what_is_sent_is_what_is_shown(size: tuple[int, int]) -> None:
    data = noise(*size)
    assert decoded(kitty.transmit(7, *size, data)).images == {"7": (*size, data)}


def test_a_large_picture_goes_in_chunks_that_a_terminal_takes() -> None:
    made = kitty.transmit(1, 200, 200, noise(200, 200))
    payloads = [found[2] for found in COMMAND.finditer(made)]
    assert len(payloads) > 10
    assert {len(payload) for payload in payloads[:-1]} == {kitty.MOST_CHUNK}
    assert 0 < len(payloads[-1]) <= kitty.MOST_CHUNK
    more = [found[1].split(",")[-1] for found in COMMAND.finditer(made)]
    assert more == ["m=1"] * (len(payloads) - 1) + ["m=0"]
    assert re.search(r"[^ -~\x1b]", made) is None


def test_a_flat_picture_is_small() -> None:
    assert len(kitty.transmit(1, 1024, 768, bytes(1024 * 768 * 3))) < 20_000


@pytest.mark.parametrize(("width", "height", "size"), [
    (0, 0, 0), (0, 5, 0), (-1, -1, 3), (2, 2, 11), (2, 2, 13), (10_001, 1, 30_003), (1, 65_535, 196_605),
    (65_535, 65_535, 12), (-3, -4, 36),
])  # fmt: skip
def test_a_size_that_cannot_be_is_refused(width: int, height: int, size: int) -> None:
    with pytest.raises(ValueError, match="no picture of"):
        kitty.transmit(1, width, height, bytes(size))


def test_a_picture_is_placed_moved_and_taken_away() -> None:
    where = Place(4, 2, 80, 25, 10, 20, 640, 400)
    text = kitty.place(7, where)
    assert text.startswith("\x1b7\x1b[3;5H")
    assert text.endswith("\x1b8"), "the cursor is where it was"
    pictures = decoded(kitty.transmit(7, 1, 1, bytes(3)))
    (found,) = COMMAND.finditer(text)
    pictures.take(found[1].encode(), b"", (4, 2))
    assert pictures.shown["7"].keys == {
        "a": "p", "q": "2", "i": "7", "p": "1", "x": "10", "y": "20", "w": "640", "h": "400", "c": "80", "r": "25",
        "C": "1",
    }  # fmt: skip
    for found in COMMAND.finditer(kitty.delete(7, 8)):
        pictures.take(found[1].encode(), b"")
    assert (pictures.images, pictures.shown) == ({}, {})


@pytest.mark.parametrize("answer", ["i=31;OK", "i=32;OK", "i=31,p=1;OK", "i=31;EINVAL:OK", "i=31;", "i=311;OK"])
def test_only_yes_to_the_question_is_a_yes(answer: str) -> None:
    found = kitty.ANSWER.fullmatch(f"\x1b_G{answer}\x1b\\")
    assert found is not None
    assert kitty.is_yes(found["keys"], found["said"]) is (answer in ("i=31;OK", "i=31,p=1;OK"))


def test_nothing_but_the_question_wants_an_answer() -> None:
    sent = kitty.transmit(1, 50, 50, noise(50, 50)) + kitty.place(1, Place(0, 0, 1, 1, 0, 0, 1, 1)) + kitty.delete(1, 2)
    assert all("q=2" in keys.split(",") for keys, _ in COMMAND.findall(sent))
    assert "q=" not in kitty.QUERY.replace("a=q", "")
