"""A little world for the engine: names that exist or not, on a host that can go away and break calls under way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from limen_tui.errors import Conflict, ConnectError, LimenError
from limen_tui.jobs.context import Context
from limen_tui.jobs.ops.registry import Operation
from limen_tui.model.jobs import Args, JobPlan, StepPlan


@dataclass
class World:
    """``things`` is what is there. ``breaks`` maps (verb, name) to what happens instead, once."""

    things: set[str] = field(default_factory=set)
    breaks: dict[tuple[str, str], Callable[[], None]] = field(default_factory=dict)
    up: bool = True
    told: list[str] = field(default_factory=list)

    # -- Hosts --

    def call(self, host_id: str, call: Callable[[Any], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            if not self.up:
                raise ConnectError("down")
            future.set_result(call(self))
        except LimenError as error:
            future.set_exception(error)
        return future

    def is_up(self, host_id: str) -> bool:
        return self.up

    # -- what its operations do --

    def make(self, name: str) -> None:
        self._break("make", name)
        if name in self.things:
            raise Conflict(f"{name} exists")
        self.things.add(name)
        self.told.append(f"+{name}")
        self._break("made", name)

    def remove(self, name: str) -> None:
        self._break("remove", name)
        self.things.discard(name)
        self.told.append(f"-{name}")
        self._break("removed", name)

    def _break(self, verb: str, name: str) -> None:
        if broken := self.breaks.pop((verb, name), None):
            broken()

    def link_breaks(self, back: bool = True) -> Callable[[], None]:
        def broken() -> None:
            self.up = back
            raise ConnectError("the link broke")

        return broken


def fails() -> None:
    raise Conflict("no", "because")


def crashes() -> None:
    raise ZeroDivisionError("a defect")


def _check(context: Context, args: Args) -> None:
    if args["name"] in context.ask(lambda world: world.things):
        raise Conflict(f"{args['name']} exists")


def _make(context: Context, args: Args) -> dict[str, Any]:
    context.ask(lambda world: world.make(args["name"]))
    return {"made": args["name"]}


def _made(context: Context, args: Args) -> dict[str, Any] | None:
    return {"made": args["name"]} if args["name"] in context.ask(lambda world: set(world.things)) else None


def _unmake(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    context.ask(lambda world: world.remove(args["name"]))


def _gone(context: Context, args: Args) -> dict[str, Any] | None:
    return None if args["name"] in context.ask(lambda world: set(world.things)) else {}


def _remove(context: Context, args: Args) -> dict[str, Any]:
    context.ask(lambda world: world.remove(args["name"]))
    return {}


OPERATIONS = {
    "test.make": Operation(_make, _made, _unmake, _check),
    "test.remove": Operation(_remove, _gone, final=True),
}


def plan(*names: str) -> JobPlan:
    """Make some things; a name that begins with ``-`` is removed for good."""
    steps = tuple(
        StepPlan("test.remove" if name[0] == "-" else "test.make", name, {"name": name.lstrip("-")}) for name in names
    )
    return JobPlan("test", "Test", "h", "host", steps)
