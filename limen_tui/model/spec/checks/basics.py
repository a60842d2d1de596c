"""Names, texts and where the VM comes from. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from limen_tui.model.naming import name_problem
from limen_tui.model.spec.finding import Finding, HostLimits
from limen_tui.model.spec.source import CloudImage, CopyOf, DirectKernel, ImportDisk, IsoInstall, Pxe
from limen_tui.model.spec.vm import VMSpec

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def unusable(text: str, *, lines: bool = False) -> bool:
    """Whether there are characters in it that XML or a terminal cannot take. ``lines``: line ends and tabs are fine."""
    fine = "\n\t" if lines else ""
    return any(unicodedata.category(char) in ("Cc", "Cs", "Cn") and char not in fine for char in text)


def basics(spec: VMSpec, host: HostLimits) -> Iterator[Finding]:
    """Name, UUID, texts, source."""
    if host.read_only:
        yield Finding("host_id", "error", f"{host.name or 'The host'} is read-only.")
    problem = name_problem(spec.name)
    if problem:
        yield Finding("name", "error", problem)
    elif spec.name in host.vm_names:
        yield Finding("name", "error", f"There is a VM of that name on {host.name or 'the host'}.")
    if spec.uuid and not _UUID.fullmatch(spec.uuid):
        yield Finding("uuid", "error", "That is no UUID.")
    elif spec.uuid in host.uuids:
        yield Finding("uuid", "error", "There is a VM with that UUID on the host.")
    for name in ("title", "machine"):
        if unusable(getattr(spec, name)):
            yield Finding(name, "error", "There are control characters in it.")
    if unusable(spec.description, lines=True):
        yield Finding("description", "error", "There are control characters in it.")
    for tag in spec.tags:
        if not tag.strip() or unusable(tag):
            yield Finding("tags", "error", "A tag is empty, or has control characters in it.")
    yield from _source(spec)


def _source(spec: VMSpec) -> Iterator[Finding]:
    source = spec.source
    if isinstance(source, CloudImage | IsoInstall | ImportDisk):
        if not source.pool or not source.volume:
            yield Finding("source.volume", "error", "Choose the image and its pool.")
        elif unusable(source.pool) or unusable(source.volume):
            yield Finding("source.volume", "error", "There are control characters in it.")
    elif isinstance(source, DirectKernel):
        if not source.kernel.startswith("/"):
            yield Finding("source.kernel", "error", "The kernel is an absolute path on the host.")
        if source.initrd and not source.initrd.startswith("/"):
            yield Finding("source.initrd", "error", "The initrd is an absolute path on the host.")
        if any(unusable(text) for text in (source.kernel, source.initrd, source.cmdline)):
            yield Finding("source", "error", "There are control characters in it.")
    elif isinstance(source, Pxe) and not spec.nics:
        yield Finding("nics", "error", "To boot from the network the VM needs a NIC.")
    elif isinstance(source, CopyOf) and not source.uuid and not source.xml:
        yield Finding("source.uuid", "error", "Choose the VM whose settings are copied.")
