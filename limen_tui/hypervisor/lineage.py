"""Snapshots and backing chains of one VM. Imports libvirt; runs on a thread that serves the host's acts."""

from __future__ import annotations

from typing import Any, Final

import libvirt

from limen_tui.errors import InputError
from limen_tui.hypervisor import volumes
from limen_tui.hypervisor.gate import Gate, mapped
from limen_tui.model.storage import Volume
from limen_tui.model.verbs.lineage import ChainMember, DiskChain, Lineage, SnapshotFact
from limen_tui.model.xml.overview import DiskPart, overview
from limen_tui.model.xml.parse import number, parse, text

MOST: Final = 256
"""Snapshots that are looked at."""
LINKS: Final = 64
"""Members of one chain."""
_BLOCK: Final = libvirt.VIR_DOMAIN_STATS_BLOCK
_BACKING: Final = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING


class LibvirtLineage:
    """Implements :class:`limen_tui.model.verbs.lineage.LineageVerbs`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._raw = gate.raw

    @mapped
    def of(self, uuid: str) -> Lineage:
        """See LineageVerbs."""
        dom = self._gate.dom(uuid)
        parts = [part for part in overview(str(dom.XMLDesc(0))).disks if part.source and part.device in ("disk", "lun")]
        measured = self._measured(dom) if any(part.chain for part in parts) else {}
        return Lineage(_snapshots(dom), tuple(self._chain(dom, part, measured) for part in parts))

    def _measured(self, dom: Any) -> dict[str, int]:
        """Length by path of every member that a running VM has open; empty where the driver does not tell."""
        try:
            stats = self._raw.domainListGetStats([dom], _BLOCK, _BACKING)
        except libvirt.libvirtError:
            self._see_to_link()
            return {}
        found = {}
        for _, values in stats:
            for place in range(int(values.get("block.count", 0))):
                path, length = values.get(f"block.{place}.path"), values.get(f"block.{place}.physical")
                if path and length is not None:
                    found[str(path)] = int(length)
        return found

    def _chain(self, dom: Any, part: DiskPart, measured: dict[str, int]) -> DiskChain:
        top = self._volume(part.source)
        taken = self._taken(dom, part.target)
        if taken is None:
            taken = top.allocation if top is not None else measured.get(part.source)
        members = [ChainMember(part.source, part.format, taken)]
        for source in part.chain[:LINKS]:
            below = self._volume(source)
            members.append(ChainMember(source, below.format if below is not None else "",
                                       below.allocation if below is not None else measured.get(source)))  # fmt: skip
        if not part.chain:  # of a VM that is off libvirt's definition has only the top
            members += self._below(top)
        return DiskChain(part.target, tuple(members))

    def _below(self, top: Volume | None) -> list[ChainMember]:
        members: list[ChainMember] = []
        seen = {top.path} if top is not None else set()
        while top is not None and (path := top.backing_path) and path not in seen and len(members) < LINKS:
            seen.add(path)
            found = self._volume(path)
            members.append(ChainMember(path, found.format if found is not None else top.backing_format,
                                       found.allocation if found is not None else None))  # fmt: skip
            top = found
        return members

    def _volume(self, source: str) -> Volume | None:
        """The volume at a path or ``pool/name``; ``None`` where libvirt knows none."""
        try:
            if source.startswith("/"):
                return volumes.volume_at(self._raw, source)
            pool, _, name = source.partition("/")
            return volumes.one_volume(self._raw, pool, name) if name and "://" not in source else None
        except (libvirt.libvirtError, InputError):
            self._see_to_link()
            return None

    def _taken(self, dom: Any, target: str) -> int | None:
        """Bytes that a disk takes on the host (virDomainGetBlockInfo)."""
        try:
            return int(dom.blockInfo(target)[1])
        except libvirt.libvirtError:
            self._see_to_link()
            return None

    def _see_to_link(self) -> None:
        """Raises ``libvirtError`` when what failed was the link: half an answer must not look whole."""
        if not self._raw.isAlive():
            self._raw.getLibVersion()


def _snapshots(dom: Any) -> tuple[SnapshotFact, ...]:
    try:
        kept = dom.listAllSnapshots(0)
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_SUPPORT:
            return ()
        raise
    found = []
    for snapshot in kept[:MOST]:
        try:
            root = parse(str(snapshot.getXMLDesc(0)), "domainsnapshot")
        except (libvirt.libvirtError, InputError):
            continue  # deleted between the list and the question, or not to be read
        found.append(SnapshotFact(snapshot.getName(), float(number(text(root, "creationTime")))))
    return tuple(sorted(found, key=lambda fact: (fact.made_at, fact.name)))
