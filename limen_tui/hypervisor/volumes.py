"""Volumes of storage pools. Imports libvirt; runs on a thread of the session."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any, Final

import libvirt

from limen_tui.errors import Conflict, InputError, LimenError, StepFailed
from limen_tui.hypervisor.errors import map_error
from limen_tui.model.storage import Volume
from limen_tui.model.units import clean, size
from limen_tui.model.xml.volume import check_volume_name, read_volume, volume_xml

DEEPEST: Final = 64
"""Links of a backing chain that are followed."""


@contextlib.contextmanager
def explained(pool: str, volume: str = "") -> Iterator[None]:
    """libvirt's errors about storage, told so that one knows what to do. Raises ``LimenError`` only."""
    try:
        yield
    except libvirt.libvirtError as error:
        raise _told(error, pool, volume) from error


def _told(error: libvirt.libvirtError, pool: str, volume: str) -> LimenError:
    words = error.get_error_message() or str(error)
    lower, what, code = words.lower(), clean(volume) or "It", error.get_error_code()
    if (told := _pool_told(pool, words)) is not None:
        return told
    if code == libvirt.VIR_ERR_STORAGE_VOL_EXIST or "already exists" in lower or "already in use" in lower:
        return Conflict(f"{what} exists already in {clean(pool)}", words, "Choose another name, or remove it first.")
    if "no space left" in lower or "insufficient free space" in lower or "not enough free space" in lower:
        return StepFailed(
            f"The pool {clean(pool)} is full", words, "Free some room in it, or choose another pool or a smaller size."
        )
    if "disk quota exceeded" in lower:
        return StepFailed(f"The quota of {clean(pool)} is used up", words, "Ask its administrator for more room.")
    if "permission denied" in lower or "read-only file system" in lower:
        return _not_writable(pool, words)
    locked = "failed to get" in lower and " lock" in lower
    if locked or "still being allocated" in lower or "is in use" in lower or "still in use" in lower:
        return Conflict(f"{what} is in use", words, "A running VM writes to it: shut it down first." if locked else
                        "Another act on it is under way; try again when it is over.")  # fmt: skip
    if code is not None:
        return map_error(error)
    # seen where another act on the volume ended in that moment
    return Conflict(f"{what} in {clean(pool)} could not be touched", words, "libvirt gave no reason; try again.")


def _not_writable(pool: str, words: str) -> StepFailed:
    if "read-only" in words.lower():
        return StepFailed(f"{clean(pool)} is on a read-only file system", words, "Choose another pool.")
    return StepFailed(
        f"libvirt may not write to {clean(pool)}", words, "Look at owner and mode of its directory on the host."
    )


def _pool_told(pool: str, words: str) -> LimenError | None:
    lower, shown = words.lower(), clean(pool)
    if "is not active" in lower and "pool" in lower:
        return Conflict(f"The pool {shown} is not active", words, "Start the pool, then try again.")
    if re.search(r"pool .* is (already )?active", lower):
        return Conflict(f"The pool {shown} is active already", words)
    if "asynchronous jobs running" in lower:
        return Conflict(f"The pool {shown} is at work", words, "A volume is being written; try again later.")
    return None


def pool_of(raw: Any, pool: str) -> Any:
    """virStoragePoolLookupByName. Raises ``libvirtError``, ``InputError``."""
    if not pool:
        raise InputError("No storage pool was named")
    return raw.storagePoolLookupByName(pool)


def volume_of(raw: Any, pool: str, name: str) -> Any:
    """virStorageVolLookupByName. Raises ``libvirtError``, ``InputError``."""
    if not name:
        raise InputError("No volume was named")
    return pool_of(raw, pool).storageVolLookupByName(name)


def list_volumes(raw: Any, pool: str) -> tuple[Volume, ...]:
    """All volumes of a pool by name."""
    found = []
    for vol in pool_of(raw, pool).listAllVolumes(0):
        try:
            found.append(read_volume(vol.XMLDesc(0), pool))
        except libvirt.libvirtError as error:
            # deleted between the list and the question
            if error.get_error_code() != libvirt.VIR_ERR_NO_STORAGE_VOL:
                raise
        except InputError:
            found.append(Volume(pool, vol.name(), vol.path()))  # what can be known without its XML
    return tuple(sorted(found, key=lambda volume: volume.name))


def one_volume(raw: Any, pool: str, name: str) -> Volume:
    """One volume."""
    return read_volume(volume_of(raw, pool, name).XMLDesc(0), pool)


def volume_at(raw: Any, path: str) -> Volume | None:
    """The volume at a path, in whatever active pool."""
    if not path:
        return None
    try:
        vol = raw.storageVolLookupByPath(path)
        return read_volume(vol.XMLDesc(0), vol.storagePoolLookupByVolume().name())
    except libvirt.libvirtError as error:
        if error.get_error_code() in (libvirt.VIR_ERR_NO_STORAGE_VOL, libvirt.VIR_ERR_NO_STORAGE_POOL):
            return None
        raise


def backing_chain(raw: Any, pool: str, name: str) -> tuple[Volume, ...]:
    """The volume and what is below it, nearest first."""
    chain = [one_volume(raw, pool, name)]
    seen = {chain[0].path}
    while (below := chain[-1].backing_path) and below not in seen and len(chain) < DEEPEST:
        seen.add(below)
        found = volume_at(raw, below)
        if found is None:
            chain.append(Volume("", below.rpartition("/")[2], below, format=chain[-1].backing_format))
            break
        chain.append(found)
    return tuple(chain)


def create_volume(raw: Any, pool: str, xml: str) -> Volume:
    """virStorageVolCreateXML."""
    check_volume_name(read_volume(xml, pool).name)
    return read_volume(pool_of(raw, pool).createXML(xml, 0).XMLDesc(0), pool)


def flat_copy(raw: Any, pool: str, name: str, new: str) -> Volume:
    """virStorageVolCreateXMLFrom: without a backing store in the XML qemu-img copies the whole chain into one file."""
    origin = volume_of(raw, pool, name)
    xml = volume_xml(new, origin.info()[1], "qcow2")
    return read_volume(pool_of(raw, pool).createXMLFrom(xml, origin, 0).XMLDesc(0), pool)


def resize_volume(raw: Any, pool: str, name: str, capacity: int) -> None:
    """virStorageVolResize, which never shrinks."""
    vol = volume_of(raw, pool, name)
    now = vol.info()[1]
    if capacity < now:
        raise Conflict(
            f"{clean(name)} would shrink", f"It has {size(now)} and was to have {size(capacity)}.",
            "A disk never shrinks: what lies beyond the end would be lost.",
        )
    if capacity > now:
        vol.resize(capacity, 0)
