"""What every family of verbs needs of a connection: the VM by UUID, leave to write, errors at one seam. Imports
libvirt; stateless but for the connection, so safe on any thread that holds it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import libvirt

from limen_tui.errors import InputError, ReadOnlyError
from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.events import Then

P = ParamSpec("P")
T = TypeVar("T")
After = Callable[[str, Then], None]
"""(UUID, what to look at again): tells the session what an act may have changed."""


def mapped(method: Callable[P, T]) -> Callable[P, T]:
    """``method``, raising ``LimenError`` where libvirt raises its own."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except libvirt.libvirtError as error:
            raise map_error(error) from error

    return call


class Gate:
    """One connection as the verbs see it."""

    def __init__(self, connection: Connection, *, read_only: bool, after: After) -> None:
        self.raw = connection.raw
        self.pace = connection.pace
        self.read_only = read_only
        self._after = after

    def dom(self, uuid: str) -> Any:
        """The virDomain (virDomainLookupByUUIDString). Raises ``libvirtError``; ``InputError`` for no UUID."""
        if not uuid:
            raise InputError("No VM was named")
        return self.raw.lookupByUUIDString(uuid)

    def writable(self, what: str) -> None:
        """Raises ``ReadOnlyError``, with ``what`` did not happen, on a host that is read-only."""
        if self.read_only:
            raise ReadOnlyError("This host is read-only", what, "Open it without --read-only to change something.")

    def changed(self, uuid: str, then: Then = Then.STATE | Then.MARKS | Then.XML) -> None:
        """Have the session look at the VM again."""
        self._after(uuid, then)
