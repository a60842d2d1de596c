"""Asks a host something for a widget: the answer comes as a message. UI thread; the callback only posts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.message import Message
from textual.widget import Widget

from limen_tui.errors import LimenError
from limen_tui.model.ports import HostVerbs

if TYPE_CHECKING:
    from limen_tui.fleet.fleet import Fleet

T = TypeVar("T")


class Answer(Message, Generic[T]):
    """What a host said, or why it did not."""

    def __init__(self, asked: int, result: T | LimenError) -> None:
        super().__init__()
        self.asked, self.result = asked, result


def ask(
    widget: Widget, fleet: Fleet, host_id: str, call: Callable[[HostVerbs], T],
    message: Callable[[T | LimenError], Message],
) -> None:  # fmt: skip
    """``message`` of the answer or the error goes to ``widget``."""

    def done(future: Future[T]) -> None:
        try:
            widget.post_message(message(future.result()))
        except LimenError as error:
            widget.post_message(message(error))
        except CancelledError:
            widget.post_message(message(LimenError("The question was dropped")))

    fleet.call(host_id, call).add_done_callback(done)
