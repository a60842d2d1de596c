"""A picture in cells: what is seen of it, how it is made smaller, and that only lines that differ are painted."""

from __future__ import annotations

import random

import pytest
from limen_widgets.pixels import PixelView, Window
from limen_widgets.pixels.paint import in_colour, in_glyphs
from limen_widgets.pixels.scale import Scaler
from rich.style import Style
from textual.app import App, ComposeResult

RED, GREEN, BLUE, BLACK, WHITE = b"\xff\0\0", b"\0\xff\0", b"\0\0\xff", bytes(3), b"\xff" * 3


def window(width: int = 720, height: int = 400, wide: int = 120, high: int = 74) -> Window:
    return Window(width, height, wide, high)


# -- what is seen ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(720, 400), (640, 480), (1024, 768), (1920, 1080), (80, 40), (3, 3000)])
def test_all_of_a_picture_fits_and_none_is_larger_than_life(size: tuple[int, int]) -> None:
    seen = window(*size)
    wide, high = seen.shown
    assert wide <= 120
    assert high <= 74
    assert seen.scale >= 1
    assert seen.scale == 1 or wide >= 119 or high >= 73
    assert seen.margin[1] % 2 == 0
    assert seen.origin == (0, 0)


def test_zoom_has_steps_in_and_out_and_ends() -> None:
    seen = window()
    scales = [seen.scale]
    for _ in range(12):
        seen = seen.nearer()
        scales.append(seen.scale)
    assert scales == sorted(scales, reverse=True)
    assert scales[-1] == scales[-2] == 0.5
    for _ in range(12):
        seen = seen.nearer(-1)
    assert seen.zoom is None


def test_the_view_moves_to_the_edges_and_not_beyond() -> None:
    seen = window().nearer(99)
    corner = seen
    for _ in range(30):
        corner = corner.panned(-0.5, -0.5)
    assert corner.origin == (0, 0)
    for _ in range(30):
        corner = corner.panned(0.5, 0.5)
    wide, high = corner.shown
    assert corner.origin == (720 - wide * corner.scale, 400 - high * corner.scale)
    assert corner.at(corner.margin[0] + wide - 1, corner.margin[1] + high - 1) == (719, 399)


def test_a_shown_pixel_is_a_pixel_of_the_picture() -> None:
    for seen in (window(), window().nearer(3).panned(0.3, -0.2), window(50, 20)):
        left, top = seen.margin
        wide, high = seen.shown
        x, y = seen.at(left, top) or (-1, -1)
        assert abs(x - seen.origin[0]) <= seen.scale
        assert abs(y - seen.origin[1]) <= seen.scale
        x, y = seen.at(left + wide - 1, top + high - 1) or (-1, -1)
        assert x < seen.width
        assert y < seen.height
        assert seen.at(left - 1, top) is None
        assert seen.at(left, top + high) is None


def test_rows_that_changed_are_found_again_among_the_shown() -> None:
    for seen in (window(), window().nearer(4).panned(0, 0.5)):
        high = seen.shown[1]
        for y in range(0, 400, 7):
            place = (y - seen.origin[1]) / seen.scale
            assert not 0 <= place < high or int(place) in seen.touched(y, y + 1)


# -- smaller --------------------------------------------------------------------------------------


def test_life_size_is_the_picture_itself() -> None:
    data = random.Random(1).randbytes(20 * 10 * 3)
    scaler = Scaler(Window(20, 10, 40, 40))
    assert b"".join(scaler.row(data, y) for y in range(10)) == data


def test_a_smaller_pixel_is_the_mean() -> None:
    checks = b"".join((WHITE if (x + y) % 2 else BLACK) for y in range(4) for x in range(4))
    assert Scaler(Window(4, 4, 2, 2)).row(checks, 0) == b"\x7f" * 6
    half = (RED * 3 + BLUE * 3) * 6
    assert Scaler(Window(6, 6, 2, 2)).row(half, 1) == RED + BLUE


# -- cells ----------------------------------------------------------------------------------------


def test_two_pixels_make_a_cell() -> None:
    segments = in_colour(RED + RED + BLUE, BLACK + BLACK + BLUE, Style())
    assert [(segment.text, str(segment.style)) for segment in segments] == [
        ("▀▀", "#ff0000 on #000000"), (" ", "#0000ff on #0000ff"),
    ]  # fmt: skip


def test_without_colours_brightness_is_told_by_glyphs() -> None:
    assert in_glyphs(WHITE + BLACK + BLACK + WHITE, BLACK + WHITE + BLACK + WHITE) == "▀▄ █"
    assert in_glyphs(b"\x30" * 3 + b"\x80" * 3, b"\x30" * 3 + b"\x80" * 3) == "·▒"


class Shown(App[None]):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, *, plain: bool = False) -> None:
        super().__init__()
        self.plain = plain
        self.moved: list[tuple[int, int, int, int]] = []

    def compose(self) -> ComposeResult:
        yield PixelView(plain=self.plain)

    def on_pixel_view_moved(self, event: PixelView.Moved) -> None:
        self.moved.append((event.x, event.y, event.buttons, event.wheel))


def text_of(view: PixelView) -> list[str]:
    return ["".join(segment.text for segment in view.render_line(y)) for y in range(view.size.height)]


async def test_only_lines_that_differ_are_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Shown().run_test(size=(40, 10)) as pilot:
        view = pilot.app.query_one(PixelView)
        data = bytearray(BLACK * 800)
        view.show(40, 20, bytes(data))
        await pilot.pause()
        painted: list[int] = []
        monkeypatch.setattr(view, "refresh", lambda *regions, **_: painted.extend(region.y for region in regions))
        view.show(40, 20, bytes(data), 0, 20)
        assert painted == []
        data[7 * 40 * 3 : 7 * 40 * 3 + 3] = WHITE
        view.show(40, 20, bytes(data), 6, 9)
        assert painted == [3]


async def test_text_stands_in_the_middle_and_follows_its_cursor() -> None:
    async with Shown().run_test(size=(40, 10)) as pilot:
        view = pilot.app.query_one(PixelView)
        grey, black = (170, 170, 170), (0, 0, 0)
        lines = [((f"line {number}".ljust(20), grey, black, False),) for number in range(6)]
        view.show_text(180, 96, lines, (9, 16))
        await pilot.pause()
        shown = text_of(view)
        assert [line.strip() for line in shown[2:8]] == [f"line {number}" for number in range(6)]
        assert shown[2].startswith(" " * 10 + "line 0")
        assert view.at(10, 2) == (4, 8)
        assert view.at(9, 2) is None
        many = [((f"line {number}".ljust(60), grey, black, False),) for number in range(30)]
        view.show_text(480, 480, many, (8, 16), follow=29)
        assert text_of(view)[-2].startswith("line 28") or text_of(view)[-1].startswith("line 29")
        view.pan(0, -9)
        assert text_of(view)[0].startswith("line 0")
        view.show_text(480, 480, many, (8, 16), follow=29)
        assert text_of(view)[0].startswith("line 0"), "moved by hand, it stays"
        view.pan(1, 0)
        assert text_of(view)[0].strip() == "", "eight cells to the right there is nothing"


async def test_hostile_text_is_inert() -> None:
    async with Shown().run_test(size=(20, 4)) as pilot:
        view = pilot.app.query_one(PixelView)
        view.show_text(160, 64, [(("a\x1b[2J\u202e[red]b", (9, 9, 9), (0, 0, 0), False),)], (8, 16))
        assert "\x1b" not in "".join(text_of(view))
        assert "[red]" in "".join(text_of(view))


async def test_the_pointer_is_told_in_pixels_of_the_picture() -> None:
    app = Shown()
    async with app.run_test(size=(40, 10)) as pilot:
        view = app.query_one(PixelView)
        view.show(80, 40, BLACK * 3200)
        await pilot.pause()
        await pilot.hover(PixelView, offset=(20, 5))
        await pilot.mouse_down(PixelView, offset=(20, 5))
        await pilot.mouse_up(PixelView, offset=(20, 5))
        assert app.moved
        x, y, _, _ = app.moved[-1]
        assert abs(x - 41) <= 2
        assert abs(y - 22) <= 2
        buttons = [move[2] for move in app.moved]
        assert buttons[0] == 0
        assert 1 in buttons
        assert buttons[-1] == 0


async def test_no_colour_paints_no_colour() -> None:
    async with Shown(plain=True).run_test(size=(40, 10)) as pilot:
        view = pilot.app.query_one(PixelView)
        view.show(40, 20, (WHITE * 20 + RED * 20) * 20)
        await pilot.pause()
        line = view.render_line(4)
        assert "█" in line.text
        assert all(segment.style is None or segment.style.color is None for segment in line)
