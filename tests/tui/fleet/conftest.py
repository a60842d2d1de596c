"""A staged fleet and an app over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.tui.fleet.staged import Stage


@pytest.fixture
def stage_of() -> Iterator[Callable[..., Stage]]:
    """Makes stages that are taken down afterwards."""
    made: list[Stage] = []

    def make(*args: Any, **kwargs: Any) -> Stage:
        made.append(Stage(*args, **kwargs))
        return made[-1]

    yield make
    for stage in made:
        stage.close()
