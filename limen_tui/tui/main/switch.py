"""The history of views, as in a browser. Pure."""

from __future__ import annotations


class Trail:
    """Which views were on show, and where in that list we are."""

    def __init__(self, first: str) -> None:
        self._ids = [first]
        self._at = 0

    @property
    def current(self) -> str:
        """The view on show."""
        return self._ids[self._at]

    def go(self, view_id: str) -> None:
        """A new view: what was ahead is dropped."""
        if view_id != self.current:
            self._ids[self._at + 1 :] = [view_id]
            self._ids = self._ids[-50:]
            self._at = len(self._ids) - 1

    def step(self, by: int) -> str | None:
        """Back (-1) or forward (1); ``None`` at the end."""
        if not 0 <= self._at + by < len(self._ids):
            return None
        self._at += by
        return self.current
