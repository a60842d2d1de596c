"""Bridges and cables between the hosts and this machine."""

from __future__ import annotations

from tests.lab.limen_lab.plan import HostPlan, Lab
from tests.lab.limen_lab.shell import sh


def _exists(device: str) -> bool:
    return sh("ip", "link", "show", device, check=False).returncode == 0


def up(lab: Lab) -> None:
    """The two bridges; what is behind the jump host has no way from here."""
    if not _exists(lab.bridge):
        sh("ip", "link", "add", lab.bridge, "type", "bridge")
        sh("ip", "addr", "add", f"{lab.gateway}/24", "dev", lab.bridge)
    if not _exists(lab.hidden_bridge):
        sh("ip", "link", "add", lab.hidden_bridge, "type", "bridge")
    for bridge in (lab.bridge, lab.hidden_bridge):
        sh("ip", "link", "set", bridge, "up")
    sh("ip", "route", "replace", "unreachable", lab.hidden_net)


def down(lab: Lab) -> None:
    """Take the bridges and the route away."""
    for bridge in (lab.bridge, lab.hidden_bridge):
        sh("ip", "link", "del", bridge, check=False)
    sh("ip", "route", "del", "unreachable", lab.hidden_net, check=False)


def bridge_of(lab: Lab, plan: HostPlan) -> str:
    """The bridge that a host's first cable goes to."""
    return lab.hidden_bridge if plan.behind else lab.bridge


def plug(lab: Lab, plan: HostPlan, hosts_behind: bool) -> None:
    """Cables of a host: one to its bridge, and of a jump host a second to the hidden one."""
    if sh("ip", "netns", "pids", plan.name, check=False).returncode:
        sh("ip", "netns", "add", plan.name)
    sh("ip", "-n", plan.name, "link", "set", "lo", "up")
    _cable(plan, lab.device("v", plan.number), bridge_of(lab, plan), plan.address, "eth0")
    if not plan.behind:
        sh("ip", "-n", plan.name, "route", "replace", "default", "via", lab.gateway)
    if hosts_behind:
        hidden = f"10.{lab.octet}.8.{plan.number}"
        _cable(plan, lab.device("j", plan.number), lab.hidden_bridge, hidden, "eth1")


def _cable(plan: HostPlan, device: str, bridge: str, address: str, inside: str) -> None:
    if not _exists(device):
        sh("ip", "link", "add", device, "type", "veth", "peer", "name", inside, "netns", plan.name)
    sh("ip", "link", "set", device, "master", bridge, "up")
    # the same address card after a reboot: neighbours remember it, as they do of a real machine
    sh("ip", "-n", plan.name, "link", "set", inside, "address", _mac(address))
    sh("ip", "-n", plan.name, "addr", "replace", f"{address}/24", "dev", inside)
    sh("ip", "-n", plan.name, "link", "set", inside, "up")


def _mac(address: str) -> str:
    return "02:4c:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def unplug(lab: Lab, plan: HostPlan) -> None:
    """Cables and namespace of a host."""
    for kind in ("v", "j", "d"):
        sh("ip", "link", "del", lab.device(kind, plan.number), check=False)
    sh("ip", "netns", "del", plan.name, check=False)
