"""Keys, pictures as files, and reading text from a screen."""

from __future__ import annotations

import random
import struct
import zlib

import pytest

from limen_tui.errors import StepFailed
from limen_tui.hypervisor.simulated import font, screens
from limen_tui.model.rfb.frame import Still
from limen_tui.model.rfb.keys import ALT, CTRL, CTRL_ALT_DELETE, SHIFT, Stroke, stroke_of, strokes_of_text
from limen_tui.model.rfb.reading import STRANGE, ScreenReader, read_cell
from limen_tui.model.rfb.stills import decode, encode_png
from limen_tui.tui.guestscreen.menu import key_picks, stroke_for


def noise(width: int, height: int) -> Still:
    return Still(width, height, random.Random(width).randbytes(width * height * 3))


# -- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "character", "stroke"),
    [
        ("a", "a", Stroke(0x61)), ("A", "A", Stroke(0x41, (SHIFT,))), ("enter", "\r", Stroke(0xFF0D)),
        ("ctrl+c", "\x03", Stroke(0x63, (CTRL,))), ("exclamation_mark", "!", Stroke(0x21, (SHIFT,))),
        ("ctrl+left", None, Stroke(0xFF51, (CTRL,))), ("shift+tab", None, Stroke(0xFF09, (SHIFT,))),
        ("f12", None, Stroke(0xFFC9)), ("space", " ", Stroke(0x20)), ("plus", "+", Stroke(0x2B, (SHIFT,))),
        ("alt+x", None, Stroke(0x78, (ALT,))), ("é", "é", Stroke(0xE9)),
        ("ctrl+backslash", None, Stroke(0x5C, (CTRL,))),
        ("euro_sign", "€", Stroke(0x010020AC)), ("ctrl+shift+f3", None, Stroke(0xFFC0, (CTRL, SHIFT))),
        ("hyper+q", None, None), ("unknown_key", None, None), ("<scroll-up>", None, None),
    ],
)  # fmt: skip
def test_keys_of_the_terminal_are_keys_of_the_guest(key: str, character: str | None, stroke: Stroke | None) -> None:
    assert stroke_of(key, character) == stroke


def test_modifiers_are_down_before_the_key_and_up_after_it() -> None:
    assert CTRL_ALT_DELETE.events == (
        (CTRL, True), (ALT, True), (0xFFFF, True), (0xFFFF, False), (ALT, False), (CTRL, False),
    )  # fmt: skip


def test_a_text_is_typed_as_it_stands() -> None:
    strokes, lost = strokes_of_text("Ab\r\n\tc\x1b\u202e\n")
    assert [stroke.keysym for stroke in strokes] == [0x41, 0x62, 0xFF0D, 0xFF09, 0x63, 0xFF0D]
    assert lost == 2, "an escape and a direction mark are no keys"


def test_every_combination_of_the_menu_is_one() -> None:
    picks = key_picks()
    assert len({pick.id for pick in picks}) == len(picks)
    for pick in picks:
        assert stroke_for(pick.id).events
    assert stroke_for("alt+print+s") == Stroke(ord("s"), (ALT, 0xFF61))
    assert stroke_for("ctrl+]") == Stroke(0x5D, (CTRL,))


# -- pictures as files ----------------------------------------------------------------------------


def test_a_png_is_read_back_as_it_was_written() -> None:
    still = noise(61, 17)
    assert decode(encode_png(still)) == still


def filtered(still: Still, kinds: list[int]) -> bytes:
    """A PNG whose rows use each of the filters, by their definition."""
    stride, rows, above = still.width * 3, [], bytes(still.width * 3)
    for y in range(still.height):
        line, kind = still.data[y * stride : (y + 1) * stride], kinds[y % len(kinds)]
        out = bytearray()
        for at, value in enumerate(line):
            left, corner = (line[at - 3], above[at - 3]) if at >= 3 else (0, 0)
            up = above[at]
            nearest = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
            guess = (0, left, up, (left + up) // 2, nearest)[kind]
            out.append((value - guess) & 255)
        rows.append(bytes((kind,)) + bytes(out))
        above = line

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", still.width, still.height, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"".join(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kinds", [[0], [1], [2], [3], [4], [4, 3, 2, 1, 0]])
def test_every_filter_of_png_is_undone(kinds: list[int]) -> None:
    still = noise(23, 11)
    assert decode(filtered(still, kinds)) == still


def test_a_ppm_is_read_with_and_without_a_comment() -> None:
    still = noise(5, 4)
    for head in (b"P6\n5 4\n255\n", b"P6\n# by somebody\n5 4\n255\n", b"P6 5 4 255 "):
        assert decode(head + still.data) == still


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GIF89a", b"P6\n5 4\n255\n" + bytes(10), b"P6\n99999 99999\n255\n", b"P6\n0 4\n255\n",
        b"\x89PNG\r\n\x1a\n", encode_png(noise(9, 9))[:60],
        encode_png(noise(9, 9)).replace(b"\x08\x02", b"\x10\x02", 1),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(StepFailed):
        decode(data)


# -- reading --------------------------------------------------------------------------------------


def screen(*lines: str) -> Still:
    return Still(screens.WIDTH, screens.HEIGHT, screens.picture(lines))


def test_what_stands_on_a_text_screen_is_read() -> None:
    lines = ["web1 login: root_", "", *("".join(map(chr, range(start, start + 32))) for start in (32, 64))]
    lines.append("~ | {}")
    text = ScreenReader().read(screen(*lines))
    assert text is not None
    assert [line.rstrip() for line in text.plain()][: len(lines)] == [line.rstrip().rstrip("\x7f") for line in lines]
    assert (text.columns, text.cell, text.cursor) == (80, (9, 16), 4)


def test_only_what_changed_is_read_again() -> None:
    reader = ScreenReader()
    first = reader.read(screen("one two three", "four five"))
    second = reader.read(screen("one two three", "four five six"))
    assert first is not None
    assert second is not None
    assert first.lines[0] is second.lines[0]
    assert second.plain()[1].rstrip() == "four five six"


def test_a_photograph_is_no_text_screen() -> None:
    assert ScreenReader().read(noise(720, 400)) is None
    assert ScreenReader().read(Still(640, 480, bytes(640 * 480 * 3))) is None, "a black screen says nothing"
    assert ScreenReader().read(noise(9, 9)) is None


def cell(char: str, fore: bytes, back: bytes, *, full: tuple[int, ...] = ()) -> bytes:
    rows = [255 if y in full else row for y, row in enumerate(font.rows(char))]
    return b"".join(fore if row >> bit & 1 else back for row in rows for bit in range(7, -1, -1))


def test_colours_cursor_and_inverse_are_told() -> None:
    red, white, black = b"\xff\0\0", b"\xff\xff\xff", bytes(3)
    assert read_cell(cell("K", red, black)) == ("K", (255, 0, 0), (0, 0, 0), False)
    assert read_cell(cell("K", black, white)) == ("K", (0, 0, 0), (255, 255, 255), False)
    assert read_cell(cell(" ", white, red)) == (" ", (255, 0, 0), (255, 0, 0), False)
    assert read_cell(cell(" ", white, black, full=(13, 14)))[::3] == (" ", True)
    assert read_cell(noise(8, 16).data)[0] == STRANGE
