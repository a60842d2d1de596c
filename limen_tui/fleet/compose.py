"""Puts a fleet together: hosts, sessions, SSH, inventory. The one place that knows all the parts. Main thread.

Everything heavy is imported where it is needed: the demo works without libvirt, and a fleet without SSH hosts never
loads asyncssh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from limen_tui.errors import ConnectError
from limen_tui.fleet.actor import current_actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.questions import QuestionDesk
from limen_tui.fleet.remoting import Remoting
from limen_tui.inventory import Inventory, open_inventory
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host, Problem
from limen_tui.model.ports import Connector, EventSink, HostPort, InventoryPort
from limen_tui.settings import Settings, data_dir, runtime_dir

if TYPE_CHECKING:
    from limen_tui.fleet.stages import Tester
    from limen_tui.model.uri import LibvirtURI


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    uris: tuple[str, ...] = ()
    """Just these hosts, for this run."""
    demo: bool = False
    read_only: bool = False
    front: str = "tui"
    """``tui`` or ``cli``, for the audit log."""
    ssh_config: tuple[str, ...] | None = None
    """ssh configuration files in place of the user's own."""


@dataclass(slots=True)
class Composed:
    """A fleet ready to start, and what the user should be told first."""

    fleet: Fleet
    notices: tuple[Problem, ...] = ()
    remoting: Remoting | None = None


def open_fleet(options: Options, settings: Settings) -> Composed:
    """The fleet that ``options`` ask for; connects nothing yet, but looks for a local hypervisor where none is known.

    Raises ``InputError`` for a URI that cannot be, ``InventoryError`` for a database that cannot be used, and
    ``ConnectError`` when there is no host at all to show.
    """
    if options.demo:
        return _demo(options, settings)
    uris = _parsed(options.uris) if options.uris else []
    inventory = open_store(settings)
    notices = (inventory.notice,) if inventory.notice is not None else ()
    try:
        hosts = _given(uris, inventory.hosts()) if uris else inventory.hosts()
        if not hosts:
            local, why_not = _local()
            hosts, notices = (local,), (*notices, *why_not)
    except ConnectError as error:
        for notice in notices:
            error.add_note(f"{notice.title}: {notice.detail}")
        inventory.close()
        raise
    return _real(hosts, inventory, options, settings, notices)


def open_store(settings: Settings, *, demo: bool = False) -> Inventory:
    """The inventory where the settings, or XDG, say it is; that of the demo is empty. Raises ``InventoryError``."""
    return open_inventory(None if demo else store_path(settings))


def store_path(settings: Settings) -> Path:
    """Where the inventory is."""
    return Path(settings.paths.inventory).expanduser() if settings.paths.inventory else data_dir() / "inventory.db"


def _parsed(uris: Sequence[str]) -> list[LibvirtURI]:
    from limen_tui.model.uri import parse_uri  # noqa: PLC0415 - saved hosts were looked at when they were saved

    return [parse_uri(uri) for uri in uris]


def _given(uris: Sequence[LibvirtURI], saved: Sequence[Host]) -> tuple[Host, ...]:
    from limen_tui.fleet.newhost import for_this_run  # noqa: PLC0415

    return for_this_run(uris, saved)


def local_uri() -> tuple[str | None, tuple[tuple[str, Problem], ...]]:
    """The local hypervisor that answers, if any, and why those before it did not. Blocks for some seconds at most."""
    from limen_tui.hypervisor.probe import default_uri  # noqa: PLC0415 - libvirt only where it is asked

    choice = default_uri()
    return choice.uri, choice.problems


def _local() -> tuple[Host, tuple[Problem, ...]]:
    """The hypervisor of this machine, and why a better one was not taken.

    Raises ``ConnectError`` with the reasons when there is none.
    """
    uri, problems = local_uri()
    if uri is None:
        reasons = "; ".join(f"{tried}: {problem.title}" for tried, problem in problems)
        raise ConnectError("No hypervisor answers on this machine", reasons,
                           "`limen doctor` says how to mend it; `limen --demo` shows Limen without one; "
                           "`limen -c qemu+ssh://root@HOST/system` goes to another.")  # fmt: skip
    notices = tuple(replace(problem, title=f"{tried}: {problem.title}; showing {uri}") for tried, problem in problems)
    from limen_tui.fleet.newhost import local_host  # noqa: PLC0415 - saved hosts need none of it

    return local_host(uri), notices


def _real(
    hosts: Sequence[Host], inventory: Inventory, options: Options, settings: Settings, notices: tuple[Problem, ...]
) -> Composed:
    desk = QuestionDesk()
    composed: list[Fleet] = []

    def reconnect(host_id_: str) -> None:
        composed[0].reconnect(host_id_)

    remoting = Remoting(
        desk, runtime_dir(), reconnect, ssh_config=list(options.ssh_config) if options.ssh_config else None,
        parallel=settings.connections.parallel,
    )  # fmt: skip
    made: list[Connector] = []

    def connect(host: Host, sink: EventSink) -> HostPort:
        if not made:
            from limen_tui.hypervisor.session import session_connector  # noqa: PLC0415 - not before the first paint

            made.append(session_connector(read_only=options.read_only, transport=remoting.transport, asker=desk))
        return made[0](host, sink)

    fleet = Fleet(
        hosts, connect, inventory,
        clock=SystemClock(), actor=current_actor(options.front), read_only=options.read_only, questions=desk,
        watchers=(remoting.watch_view,), acts_per_host=settings.connections.lifecycle_per_host,
        shutdown_timeout=settings.confirm.shutdown_timeout,
    )  # fmt: skip
    composed.append(fleet)

    def make_tester() -> Tester:
        from limen_tui.fleet.stages import HostTester  # noqa: PLC0415 - not before the first test

        return HostTester(remoting)

    fleet.make_tester = make_tester
    fleet.links = remoting
    return Composed(fleet, notices, remoting)


def _demo(options: Options, settings: Settings) -> Composed:
    from limen_tui.hypervisor.simulated import simulated_fleet  # noqa: PLC0415 - only the demo needs it

    simulation = simulated_fleet()
    inventory: InventoryPort = open_inventory(None)
    fleet = Fleet(
        simulation.hosts, simulation.connector, inventory, clock=simulation.clock, actor=current_actor(options.front),
        read_only=options.read_only, acts_per_host=settings.connections.lifecycle_per_host,
        shutdown_timeout=min(20.0, settings.confirm.shutdown_timeout),
    )  # fmt: skip
    return Composed(fleet)
