"""``limen vms``, ``hosts``, ``audit``, ``events``. Main thread."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime

from limen_tui.cli import exits, output
from limen_tui.cli.resolve import why_not_up
from limen_tui.cli.store import opened
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import InputError
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.view import total
from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.query import compile_query
from limen_tui.model.units import UNKNOWN, clean, listed, percent, size
from limen_tui.model.vm import VM
from limen_tui.settings import Settings


def vms(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """List VMs. Hosts that did not answer are named on standard error, and make the exit code 3."""
    query = compile_query(" ".join(arguments.filter))
    if wrong := (*query.problems, *query.unfinished):
        raise InputError("The filter is not usable", listed(clean(problem.message) for problem in wrong),
                         "Examples: state:running cpu>80 host:kvm1 !tag:test")  # fmt: skip
    waiter = Waiter(fleet)
    missing = waiter.reach(arguments.timeout, facts=True)
    if not arguments.names:
        waiter.measure()
    shown = sorted(filter(query.predicate, fleet.view.vms), key=lambda vm: (vm.host_name, vm.name))
    if arguments.json:
        output.as_json([vm_json(vm) for vm in shown])
    elif arguments.names:
        for vm in shown:
            print(clean(vm.name))
    else:
        _vm_table(shown)
    return _unreached(missing)


def _vm_table(shown: list[VM]) -> None:
    rows = []
    for vm in shown:
        used, assigned = vm.load.mem_used_kib, vm.load.mem_assigned_kib or vm.facts.memory_kib
        rows.append([
            vm.name, vm.host_name, vm.state.value + (" (stale)" if vm.stale else ""), str(vm.facts.vcpus or UNKNOWN),
            percent(vm.load.cpu_pct), size(used, unit="KiB"), size(assigned, unit="KiB"), " ".join(vm.ips),
            ",".join(vm.facts.tags),
        ])  # fmt: skip
    head = ["NAME", "HOST", "STATE", "VCPU", "CPU", "USED", "MEMORY", "IP", "TAGS"]
    output.table(head, rows, right=frozenset({3, 4, 5, 6}))
    if not rows and sys.stdout.isatty():
        output.say("No VMs.")


def hosts(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """List hosts with their state and load."""
    if arguments.names:
        for snapshot in fleet.view.hosts:
            print(clean(snapshot.host.name))
        return exits.OK
    waiter = Waiter(fleet)
    missing = waiter.reach(arguments.timeout)
    waiter.measure()
    if arguments.json:
        output.as_json([host_json(snapshot) for snapshot in fleet.view.hosts])
    else:
        rows = []
        for s in fleet.view.hosts:
            up = s.state is HostState.UP
            versions = f"{s.info.libvirt_version} / {s.info.hypervisor_version or UNKNOWN}" if up else ""
            rows.append([
                s.host.name, s.state.value, f"{s.running}/{len(s.vms)}", percent(s.load.cpu_pct if up else None),
                size(s.load.mem_used_kib if up else None, unit="KiB"),
                size(s.info.memory_kib if up and s.info.memory_kib else None, unit="KiB"), versions, s.host.uri,
            ])  # fmt: skip
        head = ["NAME", "STATE", "VMS", "CPU", "USED", "MEMORY", "LIBVIRT / HYPERVISOR", "URI"]
        output.table(head, rows, right=frozenset({2, 3, 4, 5}))
    return _unreached(missing)


def _unreached(missing: list[HostSnapshot]) -> int:
    for snapshot in missing:
        output.complain(why_not_up(snapshot))
    if any(snapshot.state is HostState.NEEDS_AUTH for snapshot in missing):
        return exits.SIGN_IN
    return exits.UNREACHABLE if missing else exits.OK


def audit(settings: Settings, arguments: argparse.Namespace) -> int:
    """Who did what."""
    with opened(settings, demo=arguments.demo) as store:
        entries = store.audit_entries(limit=arguments.limit, search=arguments.search)
    if arguments.json:
        output.as_json([
            {"at": _iso(e.at), "who": e.who, "origin": e.origin, "action": e.action, "host": e.host_name,
             "vm": e.vm_name, "uuid": e.uuid, "result": e.result, "detail": e.detail} for e in entries
        ])  # fmt: skip
    else:
        rows = [[_local(e.at), e.who, e.origin, e.action, e.vm_name, e.host_name, e.result, e.detail] for e in entries]
        output.table(["TIME", "WHO", "FROM", "ACTION", "VM", "HOST", "RESULT", "DETAIL"], rows)
    return exits.OK


def events(settings: Settings, arguments: argparse.Namespace) -> int:
    """What the hosts reported."""
    with opened(settings, demo=arguments.demo) as store:
        found = store.events(limit=arguments.limit, search=arguments.search)
    if arguments.json:
        output.as_json([
            {"at": _iso(e.at), "host": e.host_name, "kind": e.kind.value, "vm": e.vm_name, "uuid": e.uuid,
             "text": e.text, "level": e.level} for e in found
        ])  # fmt: skip
    else:
        rows = [[_local(e.at), e.host_name, e.vm_name, e.text] for e in found]
        output.table(["TIME", "HOST", "VM", "EVENT"], rows)
    return exits.OK


def vm_json(vm: VM) -> dict[str, object]:
    """A VM for scripts: names of fields say their unit, ``null`` is "not known"."""
    load = vm.load
    return {
        "name": vm.name, "uuid": vm.key.uuid, "host": vm.host_name, "state": vm.state.value, "reason": vm.reason,
        "stale": vm.stale, "vcpus": vm.facts.vcpus or None, "memory_kib": vm.facts.memory_kib or None,
        "cpu_percent": load.cpu_pct, "memory_used_kib": load.mem_used_kib,
        "disk_read_bytes_per_s": load.disk_rd_bps, "disk_write_bytes_per_s": load.disk_wr_bps,
        "net_received_bytes_per_s": load.net_rx_bps, "net_sent_bytes_per_s": load.net_tx_bps,
        "ips": list(vm.ips), "macs": [nic.mac for nic in vm.facts.nics], "os": vm.facts.os or None,
        "tags": list(vm.facts.tags), "autostart": vm.facts.autostart,
        "uptime_s": None if vm.started_at is None else max(0, round(time.time() - vm.started_at)),
    }  # fmt: skip


def host_json(s: HostSnapshot) -> dict[str, object]:
    """A host for scripts."""
    sums = total((s,))
    return {
        "name": s.host.name, "uri": s.host.uri, "group": s.host.group, "state": s.state.value,
        "problem": None if s.problem is None else f"{s.problem.title}: {s.problem.detail}",
        "read_only": s.info.read_only, "hypervisor": s.info.hypervisor, "libvirt": s.info.libvirt_version,
        "hypervisor_version": s.info.hypervisor_version, "cpus": s.info.cpus, "memory_kib": s.info.memory_kib,
        "cpu_percent": s.load.cpu_pct, "memory_used_kib": s.load.mem_used_kib, "load1": s.load.load1,
        "vms": sums.vms, "running": sums.running, "vcpus_running": sums.vcpus_running,
    }  # fmt: skip


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _local(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
