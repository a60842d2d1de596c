"""The columns that ``[columns]`` can name, by view. Pure; a test holds it against the tables themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "vms": (
        "name", "state", "host", "vcpus", "cpu", "memory", "disk", "net", "ip", "os", "autostart", "uptime", "tags",
        "uuid", "mac", "cpu-history", "steal", "iops", "rss", "reason", "description", "machine", "kind", "firmware",
        "workspace", "group", "disks",
    ),
    "hosts": (
        "name", "state", "cpu", "memory", "load", "vms", "vcpus", "mem-over", "libvirt", "hypervisor", "transport",
        "tick", "problem", "group", "uri",
    ),
    "storage": ("name", "host", "state", "fill", "capacity", "available", "volumes", "kind", "path"),
    "volumes": ("name", "kind", "format", "size", "used", "users", "below", "pool", "modified", "path"),
    "networks": ("name", "host", "state", "forward", "bridge", "cidr", "leases"),
    "jobs": ("what", "state", "progress", "result", "began"),
    "events": ("when", "host", "vm", "kind", "text", "who"),
    "top": ("name", "host", "cpu", "cpu-lately", "memory", "disk", "disk-lately", "net", "net-lately", "steal"),
}  # fmt: skip
"""In the order of the column chooser."""
