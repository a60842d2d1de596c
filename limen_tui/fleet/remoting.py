"""SSH for the fleet, brought in only when a host needs it: asyncssh costs 130 ms to import.

Any thread. What is imported late here is ``limen_tui.remote``; its work runs on the SSH loop thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from limen_tui.errors import InputError
from limen_tui.fleet.view import FleetView
from limen_tui.model.host import Host, HostState

if TYPE_CHECKING:
    from limen_tui.model.questions import Asker
    from limen_tui.remote.link import SshLink
    from limen_tui.remote.nudge import Nudger
    from limen_tui.remote.transport import SshTransport


class Remoting:
    """The transport for host sessions, and the watch for hosts that come back."""

    def __init__(
        self,
        asker: Asker,
        runtime_dir: Path,
        reconnect: Callable[[str], None],
        *,
        ssh_config: list[str] | None = None,
        parallel: int = 16,
    ) -> None:
        self.asker = asker
        """Where hosts' questions go."""
        self._runtime_dir = runtime_dir
        self._reconnect = reconnect
        self._ssh_config = ssh_config
        self._parallel = parallel
        self._lock = threading.Lock()
        self._transport: SshTransport | None = None
        self._nudger: Nudger | None = None
        self._down: frozenset[str] = frozenset()

    @property
    def ssh_config(self) -> str:
        """The file for ``ssh -F``: what holds for the hosts holds for ssh through them. Empty for the user's own."""
        return self._ssh_config[0] if self._ssh_config else ""

    def transport(self, host: Host) -> tuple[str, Callable[[], None]]:
        """``model.ports.Transport``: a bridge for SSH URIs, the URI itself for all others."""
        from limen_tui.model.uri import parse_uri  # noqa: PLC0415 - not before the first paint

        if not parse_uri(host.uri).is_ssh:
            return host.uri, lambda: None
        return self.ssh()(host)

    def ssh(self) -> SshTransport:
        """The SSH transport, made at its first use."""
        with self._lock:
            if self._transport is None:
                from limen_tui.remote.connect import SignIn  # noqa: PLC0415 - late: see the module's docstring
                from limen_tui.remote.nudge import Nudger  # noqa: PLC0415
                from limen_tui.remote.transport import SshTransport  # noqa: PLC0415

                sign_in = SignIn(self.asker, config=self._ssh_config, parallel=self._parallel)
                self._transport = SshTransport(sign_in, self._runtime_dir, self._reconnect)
                self._nudger = Nudger(sign_in, self._reconnect)
            return self._transport

    def link(self, host_id: str) -> SshLink | None:
        """The open SSH link of a host, if it has one."""
        with self._lock:
            return self._transport.link(host_id) if self._transport is not None else None

    def watch_view(self, view: FleetView) -> None:
        """Have the hosts that are down now watched for their return; called with each new view."""
        if self._nudger is None:
            return
        down = {
            snapshot.host.id: snapshot.host
            for snapshot in view.hosts
            if snapshot.state in (HostState.DOWN, HostState.STALE) and _is_ssh(snapshot.host)
        }
        if down.keys() != self._down:
            self._down = frozenset(down)
            self._nudger.watch(down)


def _is_ssh(host: Host) -> bool:
    try:
        from limen_tui.model.uri import parse_uri  # noqa: PLC0415

        return parse_uri(host.uri).is_ssh
    except InputError:
        return False
