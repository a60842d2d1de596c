"""Storage pools as listed. Imports libvirt; runs on a thread of the session."""

from __future__ import annotations

from typing import Any

import libvirt

from limen_tui.errors import InputError
from limen_tui.model.storage import Pool
from limen_tui.model.xml.parse import parse, text


def pools(raw: Any) -> tuple[Pool, ...]:
    """All pools by name (virConnectListAllStoragePools, then a few calls each). Raises ``libvirtError``."""
    found = []
    for pool in raw.listAllStoragePools(0):
        try:
            found.append(_pool(pool))
        except libvirt.libvirtError as error:
            # undefined between the list and the question
            if error.get_error_code() != libvirt.VIR_ERR_NO_STORAGE_POOL:
                raise
    return tuple(sorted(found, key=lambda pool: pool.name))


def _pool(pool: Any) -> Pool:
    state, capacity, allocation, available = pool.info()
    active = state in (libvirt.VIR_STORAGE_POOL_RUNNING, libvirt.VIR_STORAGE_POOL_DEGRADED)
    kind = path = ""
    try:
        root = parse(pool.XMLDesc(0), "pool")
        kind, path = root.get("type", ""), text(root, "target/path") or text(root, "source/name")
    except InputError:
        pass  # shown without them
    return Pool(
        uuid=pool.UUIDString(), name=pool.name(), kind=kind, path=path, active=active,
        autostart=bool(pool.autostart()), persistent=bool(pool.isPersistent()),
        capacity=capacity, allocation=allocation, available=available,
        volumes=pool.numOfVolumes() if active else None,
    )
