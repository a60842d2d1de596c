"""Definitions of VMs: read, add, replace, remove. Imports libvirt; runs on a thread that serves the host's acts."""

from __future__ import annotations

from typing import Any, Final

import libvirt

from limen_tui.errors import Conflict, InputError
from limen_tui.hypervisor.gate import Gate, mapped
from limen_tui.model.verbs.definitions import Leftovers
from limen_tui.model.xml.parse import attribute, parse, text

_ALL: Final = (
    libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
    | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
)  # fmt: skip
# the flags for TPM state came with libvirt 8.9
_KEEP: Final = libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM | getattr(libvirt, "VIR_DOMAIN_UNDEFINE_KEEP_TPM", 0)
_TAKE: Final = libvirt.VIR_DOMAIN_UNDEFINE_NVRAM | getattr(libvirt, "VIR_DOMAIN_UNDEFINE_TPM", 0)
_NOT_KNOWN: Final = frozenset({
    libvirt.VIR_ERR_INVALID_ARG, libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_ERR_OPERATION_UNSUPPORTED,
    libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED,
})  # fmt: skip
"""What a driver says that lacks a call, or does not know a flag."""
_GONE: Final = frozenset({libvirt.VIR_ERR_NO_DOMAIN})


class LibvirtDefinitions:
    """Implements :class:`limen_tui.model.verbs.definitions.DefinitionVerbs`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._raw = gate.raw

    @mapped
    def names(self) -> dict[str, str]:
        """See DefinitionVerbs; virConnectListAllDomains."""
        return {dom.name(): dom.UUIDString() for dom in self._raw.listAllDomains(0)}

    @mapped
    def is_active(self, uuid: str) -> bool:
        """See DefinitionVerbs; virDomainIsActive."""
        return bool(self._gate.dom(uuid).isActive())

    @mapped
    def all_xml(self) -> dict[str, str]:
        """See DefinitionVerbs; virDomainGetXMLDesc of each."""
        found = {}
        for dom in self._raw.listAllDomains(0):
            try:
                found[dom.UUIDString()] = str(dom.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
            except libvirt.libvirtError as error:
                if error.get_error_code() not in _GONE:  # removed between the list and the question
                    raise
        return found

    @mapped
    def xml_for_edit(self, uuid: str) -> str:
        """See DefinitionVerbs; virDomainGetXMLDesc with SECURE, which a read-only connection may not."""
        self._gate.writable("Its definition stays as it is.")
        return _with_secrets(self._gate.dom(uuid))

    @mapped
    def define_new(self, xml: str) -> None:
        """See DefinitionVerbs; virDomainDefineXMLFlags."""
        self._gate.writable("Nothing was defined.")
        root = parse(xml, "domain")
        name, uuid = text(root, "name"), text(root, "uuid")
        if not name or not uuid:
            raise InputError("The definition has no name or no UUID")
        if any(dom.UUIDString() == uuid for dom in self._raw.listAllDomains(0)):
            # libvirt would take it for a change of that VM
            raise Conflict("A VM with this UUID exists already", uuid, "Choose another UUID.")
        try:
            _define(self._raw, xml)
        except libvirt.libvirtError as error:
            if self._taken(name, uuid):
                raise Conflict(f"A VM called {name} exists already", str(error), "Choose another name.") from error
            raise
        self._gate.changed(uuid)

    def _taken(self, name: str, uuid: str) -> bool:
        return any(dom.name() == name and dom.UUIDString() != uuid for dom in self._raw.listAllDomains(0))

    @mapped
    def redefine(self, uuid: str, xml: str, *, expected: str | None = None) -> None:
        """See DefinitionVerbs; virDomainDefineXMLFlags after a look at what is there."""
        self._gate.writable("Its definition stays as it is.")
        dom = self._gate.dom(uuid)
        if text(parse(xml, "domain"), "uuid") != uuid:
            raise InputError("The UUID of a definition cannot change", uuid, "Leave <uuid> as it was.")
        if expected is not None and str(dom.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)) != expected:
            raise Conflict("Somebody changed the definition meanwhile", dom.name(),
                           "Nothing was changed. Look at it again, then repeat your change.")  # fmt: skip
        _define(self._raw, xml)
        self._gate.changed(uuid)

    @mapped
    def undefine(self, uuid: str, *, keep_nvram: bool = False) -> None:
        """See DefinitionVerbs; virDomainUndefineFlags."""
        self._gate.writable("The VM stays.")
        try:
            dom = self._gate.dom(uuid)
            try:
                dom.undefineFlags(_ALL | (_KEEP if keep_nvram else _TAKE))
            except libvirt.libvirtError as error:
                if error.get_error_code() not in _NOT_KNOWN:
                    raise
                dom.undefine()
        except libvirt.libvirtError as error:
            if error.get_error_code() not in _GONE:
                raise
        self._gate.changed(uuid)

    @mapped
    def leftovers(self, uuid: str) -> Leftovers:
        """See DefinitionVerbs; virDomainListAllSnapshots, ...Checkpoints, HasManagedSaveImage."""
        dom = self._gate.dom(uuid)
        root = parse(str(dom.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)), "domain")
        return Leftovers(
            snapshots=_names(dom.listAllSnapshots), checkpoints=_names(dom.listAllCheckpoints),
            managed_save=bool(_unless_unknown(lambda: dom.hasManagedSaveImage(0), 0)),
            nvram=text(root, "os/nvram") or attribute(root, "os/nvram/source", "file"),
            tpm=attribute(root, "devices/tpm/backend", "type") == "emulator",
        )  # fmt: skip

    @mapped
    def domain_capabilities(self, *, arch: str = "", machine: str = "", kind: str = "") -> str:
        """See DefinitionVerbs; virConnectGetDomainCapabilities."""
        return str(self._raw.getDomainCapabilities(None, arch or None, machine or None, kind or None, 0))


def _define(raw: Any, xml: str) -> None:
    try:
        raw.defineXMLFlags(xml, libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
    except libvirt.libvirtError as error:
        # the schemas may be missing on the host; libvirt's own parser still looks at everything it uses
        if "schema" not in str(error).lower() or error.get_error_code() == libvirt.VIR_ERR_XML_INVALID_SCHEMA:
            raise
        raw.defineXMLFlags(xml, 0)


def _with_secrets(dom: Any) -> str:
    return str(dom.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE))


def _names(listing: Any) -> tuple[str, ...]:
    return tuple(sorted(each.getName() for each in _unless_unknown(lambda: listing(0), [])))


def _unless_unknown(call: Any, default: Any) -> Any:
    """What ``call`` gives, or ``default`` where the driver has no such thing."""
    try:
        return call()
    except libvirt.libvirtError as error:
        if error.get_error_code() not in _NOT_KNOWN:
            raise
        return default
