"""Names as typed into VMs and hosts. Pure; raises what the user did wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from limen_tui.errors import AuthError, ConnectError, LimenError, NotFound, Timeout
from limen_tui.model.host import Host, HostSnapshot, HostState
from limen_tui.model.units import clean
from limen_tui.model.vm import VM


def vms_named(names: Iterable[str], vms: Sequence[VM], host: str | None) -> list[VM]:
    """The VM of each name or UUID, each once, in the order typed.

    Raises ``NotFound`` for a name that fits none, or several: a guess could hit the wrong VM.
    """
    found: list[VM] = []
    for name in names:
        fits = [vm for vm in vms if name in (vm.name, vm.key.uuid) and (host is None or host == vm.host_name)]
        if not fits:
            close = sorted({vm.name for vm in vms if name.casefold() in vm.name.casefold()})[:5]
            where = f" on {host}" if host else ""
            raise NotFound(f"No VM is called {name!r}{where}", f"close: {', '.join(close)}" if close else "",
                           "`limen vms` lists them.")  # fmt: skip
        if len(fits) > 1:
            places = ", ".join(f"{vm.host_name} ({vm.key.uuid})" for vm in fits)
            raise NotFound(f"{name!r} fits {len(fits)} VMs", places, "Say which with --host, or give the UUID.")
        if fits[0] not in found:
            found.append(fits[0])
    return found


def host_named(name: str, hosts: Sequence[Host]) -> Host:
    """The saved host of that name, URI or id. Raises ``NotFound``."""
    for host in hosts:
        if name in (host.name, host.uri, host.id):
            return host
    known = ", ".join(host.name for host in hosts) or "none is saved"
    raise NotFound(f"No host is called {name!r}", f"saved: {known}", "`limen hosts` lists them.")


def snapshot_named(name: str, hosts: Sequence[HostSnapshot]) -> HostSnapshot:
    """The host of this run with that name, URI or id. Raises ``NotFound``."""
    for snapshot in hosts:
        if name in (snapshot.host.name, snapshot.host.id, snapshot.host.uri):
            return snapshot
    known = ", ".join(clean(snapshot.host.name) for snapshot in hosts) or "none"
    raise NotFound(f"No host is called {clean(name)!r}", f"there are: {known}", "`limen hosts` lists them.")


def require_up(snapshot: HostSnapshot) -> HostSnapshot:
    """The same, for what needs the host now. Raises ``ConnectError`` or ``AuthError``: why it cannot be asked."""
    if snapshot.state is not HostState.UP:
        raise why_not_up(snapshot)
    return snapshot


def why_not_up(snapshot: HostSnapshot) -> LimenError:
    """Why a host that is not up cannot be asked, and what to do."""
    name, problem, state = clean(snapshot.host.name), snapshot.problem, snapshot.state
    kind = AuthError if state is HostState.NEEDS_AUTH else ConnectError
    if problem is not None:
        words = ": ".join(part for part in (problem.title, problem.detail) if part)
        return kind(f"{name} is {state.value}", words, problem.hint)
    if state is HostState.CONNECTING:
        return Timeout(f"{name} does not answer", hint=f"`limen hosts test {name}` says where it stops.")
    if state is HostState.DISABLED:
        return kind(f"{name} is {state.value}", hint="Switch it on under Hosts in the TUI: 2, then o.")
    return kind(f"{name} is {state.value}", hint="`limen hosts` says more.")
