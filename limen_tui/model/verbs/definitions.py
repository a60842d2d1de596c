"""What can be asked of a host about the definitions of its VMs. Pure: it names shapes, it does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What hangs on a definition beside its disks, and would go with it."""

    snapshots: tuple[str, ...] = ()
    checkpoints: tuple[str, ...] = ()
    managed_save: bool = False
    nvram: str = ""
    """Path of the file with the UEFI variables."""
    tpm: bool = False


class DefinitionVerbs(Protocol):
    """Definitions by UUID. Every call may block; errors as in :class:`limen_tui.model.ports.HostVerbs`."""

    def names(self) -> dict[str, str]:
        """UUID by name of every VM of the host (virConnectListAllDomains)."""

    def is_active(self, uuid: str) -> bool:
        """Whether it runs now, paused or not (virDomainIsActive). Raises ``NotFound``."""

    def all_xml(self) -> dict[str, str]:
        """Inactive definition by UUID of every VM of the host, without secrets (one list, then virDomainGetXMLDesc)."""

    def xml_for_edit(self, uuid: str) -> str:
        """The inactive definition with its secrets, as it must be given back (VIR_DOMAIN_XML_SECURE).

        Never to be shown, kept or logged: see :func:`limen_tui.model.xml.secrets.without_secrets`.
        """

    def define_new(self, xml: str) -> None:
        """Define a VM that is not there yet (virDomainDefineXMLFlags, validated).

        Raises ``Conflict`` when its name or UUID is taken, ``InputError`` when libvirt does not accept the XML.
        """

    def redefine(self, uuid: str, xml: str, *, expected: str | None = None) -> None:
        """Put ``xml`` in place of the inactive definition. ``expected`` is the secret-free inactive definition that
        was seen when the change was made: raises ``Conflict`` when it is another by now."""

    def undefine(self, uuid: str, *, keep_nvram: bool = False) -> None:
        """Remove the definition with managed save, snapshot and checkpoint metadata, NVRAM and TPM state
        (virDomainUndefineFlags). A VM that is gone is no error."""

    def leftovers(self, uuid: str) -> Leftovers:
        """What would go with the definition."""

    def domain_capabilities(self, *, arch: str = "", machine: str = "", kind: str = "") -> str:
        """XML of what VMs can be on this host (virConnectGetDomainCapabilities)."""
