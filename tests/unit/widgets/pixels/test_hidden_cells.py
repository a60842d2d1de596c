"""A picture that the terminal itself shows: empty cells under it, and where it goes."""

from __future__ import annotations

from limen_widgets.pixels import PixelView
from limen_widgets.pixels.kitty import Place
from textual.app import App, ComposeResult

WHITE = b"\xff" * 3


class Shows(App[None]):
    def compose(self) -> ComposeResult:
        yield PixelView(plain=False)


async def test_cells_are_empty_while_the_terminal_shows_the_picture() -> None:
    async with Shows().run_test(size=(40, 10)) as pilot:
        view = pilot.app.query_one(PixelView)
        view.show(80, 20, WHITE * 1600)
        await pilot.pause()
        plain = [view.render_line(y) for y in range(10)]
        assert view.placed() == Place(0, 2, 40, 5, 0, 0, 80, 20)
        view.hide_cells(True)
        view.show(80, 20, b"\xf0" * 4800)
        blank = {tuple(view.render_line(y)) for y in range(10)}
        assert len(blank) == 1
        assert next(iter(blank))[0].text == " " * 40
        view.show_text(80, 20, [[("text", (255, 255, 255), (0, 0, 0), False)]], (8, 16))
        assert "text" in "".join(view.render_line(y).text for y in range(10))
        assert view.placed() is None
        view.show(80, 20, WHITE * 1600)
        view.hide_cells(False)
        assert [view.render_line(y) for y in range(10)] == plain


async def test_the_pointer_is_at_the_pixel_that_the_picture_has_there() -> None:
    async with Shows().run_test(size=(40, 11)) as pilot:
        view = pilot.app.query_one(PixelView)
        view.show(80, 20, WHITE * 1600)
        await pilot.pause()
        for zoom in (0, 0, 1, 1):
            view.hide_cells(zoom != 0)
            if zoom:
                view.zoom(1)
                view.pan(1, 1)
            place = view.placed()
            assert place is not None
            for column in range(place.columns):
                for row in range(place.rows):
                    at = view.at(place.column + column, place.row + row)
                    assert at is not None
                    far = (1.0, 1.0) if zoom else (view.window.scale, view.window.scale * 2)
                    assert abs(at[0] - (place.x + (column + 0.5) * place.width / place.columns)) <= far[0]
                    assert abs(at[1] - (place.y + (row + 0.5) * place.height / place.rows)) <= far[1]
            assert view.at(place.column - 1, place.row) is None or place.column == 0
            assert view.at(place.column, place.row + place.rows) is None
