"""The registry of operations. Names are kept in journals: a released one is never renamed.

An operation is called on the thread of its job and raises ``LimenError`` only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from limen_tui.errors import NotSupported
from limen_tui.jobs.context import Context
from limen_tui.model.jobs import Args

Result = dict[str, Any]


def nothing(context: Context, args: Args) -> None:
    """A check that finds nothing wrong."""


def keep(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    """An undo for what needs none: what it changed goes with an earlier step's undo, or nothing was changed."""


def do_again(context: Context, args: Args) -> Result | None:
    """For what may be done twice: doing it again is as good as looking whether it was done."""
    return None


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be done to a host, and undone."""

    do: Callable[[Context, Args], Result]
    """Does it; what it returns is kept for ``undo``. Either it happened or an error was raised and it did not."""
    found: Callable[[Context, Args], Result | None]
    """Whether it is done already, as ``do`` would have returned it: after a crash, or a link that broke under it."""
    undo: Callable[..., None] = keep
    """``undo(context, args, result, certain=...)``: puts back what ``do`` did; again is harmless. With ``certain``
    false nobody knows whether it was done by us: it must look before it removes anything."""
    check: Callable[[Context, Args], None] = nothing
    """Cheap, before anything of the job is done. Raises what ``do`` would."""
    final: bool = False
    """Cannot be undone. Once begun, the job goes forward or gets stuck; it is not rolled back."""
    partial: bool = False
    """A failed or cancelled ``do`` may leave something behind that ``undo`` takes away."""


_HOMES: Final = ("vm", "volume", "transfer", "flatten", "keep", "change", "resize", "device", "pool")
_registry: dict[str, Operation] = {}
_loading = threading.Lock()


def operation(name: str) -> Operation:
    """By name. Raises ``NotSupported`` for one that this version does not know."""
    with _loading:  # jobs begin on threads of their own, several at once
        if not _registry:
            _load()
    found = _registry.get(name)
    if found is None:
        raise NotSupported("This step is not known", name, "A newer Limen wrote it: finish the job with that one.")
    return found


def _load() -> None:
    for home in _HOMES:
        try:
            module = import_module(f"limen_tui.jobs.ops.{home}")
        except ModuleNotFoundError as error:
            if error.name != f"limen_tui.jobs.ops.{home}":
                raise
            continue
        operations: Mapping[str, Operation] = module.OPERATIONS
        _registry.update(operations)
