"""The host fetches an image by itself, over its own network. Runs on the thread of a job."""

from __future__ import annotations

import time
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, runtime_checkable

from limen_tui.errors import Cancelled, ConnectError, LimenError, StepFailed
from limen_tui.jobs.context import Context
from limen_tui.jobs.ops.registry import Result
from limen_tui.model.checksums import parse_checksum
from limen_tui.model.jobs import Args
from limen_tui.model.units import clean

if TYPE_CHECKING:
    from limen_tui.remote.hostweb import HostWeb

T = TypeVar("T")
_LOOK: Final = 1.0
"""Seconds between looks at how much is there."""


@runtime_checkable
class Webbed(Protocol):
    """Hosts that can be told to fetch by themselves."""

    def web(self, host_id: str) -> HostWeb | None:
        """The web as that host sees it; ``None`` where it is not reached over SSH."""


def host_fetch(context: Context, args: Args) -> Result:
    """Fetch, and prove it by the checksum of what lies in the volume. Raises ``LimenError``."""
    web = context.hosts.web(context.host_id) if isinstance(context.hosts, Webbed) else None
    if web is None:
        raise ConnectError(f"{clean(args['name'])} cannot be fetched by the host", "There is no SSH connection to it.",
                           "Resume when the host is up again, or fetch it through this machine.")  # fmt: skip
    _watch(context, args, web.begin(args["url"], args["pool"], args["name"], context.cancelled))
    wanted = args.get("checksum", "")
    if not wanted:
        return {}
    context.log("Comparing the checksum, on the host")
    checksum = parse_checksum(wanted)
    got = _wait(context, web.digest(args["pool"], args["name"], args["size"], checksum.algorithm))
    if got != checksum.hex:
        raise StepFailed(
            f"The checksum of {clean(args['name'])} is wrong", f"Expected {checksum.hex}, got {clean(got)[:128]}.",
            "It was damaged on the way, or is not the file it should be: nothing of it was kept.",
        )
    return {"checksum": wanted}


def _watch(context: Context, args: Args, future: Future[None]) -> None:
    """Until it has ended; what the volume takes by now is the progress."""
    looked = 0.0
    while True:
        try:
            future.result(0.2)
            return
        except FutureTimeout:
            pass
        except CancelledError as error:
            raise ConnectError("The SSH connection was closed") from error
        if time.monotonic() - looked >= _LOOK:
            looked = time.monotonic()
            try:
                volume = context.ask(lambda verbs: verbs.storage.volume(args["pool"], args["name"]))
            except LimenError:
                continue  # only for show; what matters is what the fetch itself says
            context.report(min(volume.allocation, args["size"]), args["size"], "bytes")


def _wait(context: Context, future: Future[T]) -> T:
    while True:
        try:
            return future.result(0.2)
        except FutureTimeout:
            if context.cancelled():
                future.cancel()
                raise Cancelled("Cancelled") from None
        except CancelledError as error:
            raise ConnectError("The SSH connection was closed") from error
