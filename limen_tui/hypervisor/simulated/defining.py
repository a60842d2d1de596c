"""Definitions of simulated VMs. Imports the model; runs on the simulation's thread."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping

from limen_tui.errors import Conflict, InputError, NotFound, ReadOnlyError
from limen_tui.hypervisor.simulated.catalogue import ROLES, Made
from limen_tui.hypervisor.simulated.lineage import snapshots_of
from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.hypervisor.simulated.xml import config_xml
from limen_tui.model.lifecycle import VMState
from limen_tui.model.verbs.definitions import Leftovers
from limen_tui.model.xml.parse import attribute, parse, text
from limen_tui.model.xml.read import facts

CAPABILITIES = """<domainCapabilities>
  <path>/usr/bin/qemu-system-x86_64</path><domain>kvm</domain><machine>pc-q35-9.2</machine><arch>x86_64</arch>
  <vcpu max='288'/>
  <os supported='yes'>
    <enum name='firmware'><value>bios</value><value>efi</value></enum>
    <loader supported='yes'>
      <value>/usr/share/OVMF/OVMF_CODE_4M.fd</value><value>/usr/share/OVMF/OVMF_CODE_4M.ms.fd</value>
      <enum name='type'><value>rom</value><value>pflash</value></enum>
      <enum name='readonly'><value>yes</value><value>no</value></enum>
      <enum name='secure'><value>yes</value><value>no</value></enum>
    </loader>
  </os>
  <cpu>
    <mode name='host-passthrough' supported='yes'/><mode name='maximum' supported='yes'/>
    <mode name='host-model' supported='yes'/><mode name='custom' supported='yes'/>
  </cpu>
  <devices>
    <disk supported='yes'>
      <enum name='diskDevice'><value>disk</value><value>cdrom</value></enum>
      <enum name='bus'><value>virtio</value><value>scsi</value><value>sata</value><value>usb</value></enum>
    </disk>
    <graphics supported='yes'><enum name='type'><value>vnc</value><value>spice</value></enum></graphics>
    <video supported='yes'><enum name='modelType'><value>virtio</value><value>vga</value></enum></video>
    <rng supported='yes'><enum name='backendModel'><value>random</value></enum></rng>
    <tpm supported='yes'>
      <enum name='model'><value>tpm-crb</value></enum><enum name='backendModel'><value>emulator</value></enum>
    </tpm>
  </devices>
</domainCapabilities>
"""


class SimulatedDefinitions:
    """Implements :class:`limen_tui.model.verbs.definitions.DefinitionVerbs`."""

    def __init__(
        self, machines: MutableMapping[str, Machine], number: int, now: Callable[[], float],
        changed: Callable[[Machine, str], None], *, read_only: bool,
    ) -> None:  # fmt: skip
        self._machines = machines
        self._number = number
        self._now = now
        self._changed = changed
        self._read_only = read_only

    def names(self) -> dict[str, str]:
        """See DefinitionVerbs."""
        return {machine.name: uuid for uuid, machine in self._machines.items()}

    def is_active(self, uuid: str) -> bool:
        """See DefinitionVerbs."""
        machine = self._machine(uuid)
        return machine.state.is_active or machine.pending is not None

    def all_xml(self) -> dict[str, str]:
        """See DefinitionVerbs."""
        return {uuid: config_xml(machine) for uuid, machine in self._machines.items()}

    def xml_for_edit(self, uuid: str) -> str:
        """See DefinitionVerbs."""
        self._writable()
        return config_xml(self._machine(uuid))

    def define_new(self, xml: str) -> None:
        """See DefinitionVerbs."""
        self._writable()
        root = parse(xml, "domain")
        name, uuid = text(root, "name"), text(root, "uuid")
        if not name or not uuid:
            raise InputError("The definition has no name or no UUID")
        if uuid in self._machines:
            raise Conflict("A VM with this UUID exists already", uuid, "Choose another UUID.")
        if name in self.names():
            raise Conflict(f"A VM called {name} exists already", hint="Choose another name.")
        seed = int(uuid.replace("-", "")[:4], 16)
        made = Made(uuid, name, ROLES[-1], facts(xml), f"10.{20 + self._number}.9.{2 + seed % 250}", False, seed)
        machine = self._machines[uuid] = Machine(made, self._now())
        machine.xml = xml
        self._changed(machine, "defined")

    def redefine(self, uuid: str, xml: str, *, expected: str | None = None) -> None:
        """See DefinitionVerbs."""
        self._writable()
        machine = self._machine(uuid)
        if text(parse(xml, "domain"), "uuid") != uuid:
            raise InputError("The UUID of a definition cannot change", uuid, "Leave <uuid> as it was.")
        if expected is not None and config_xml(machine) != expected:
            raise Conflict("Somebody changed the definition meanwhile", machine.name,
                           "Nothing was changed. Look at it again, then repeat your change.")  # fmt: skip
        if machine.state.is_active:
            machine.later = xml  # what runs goes on as it is
        else:
            machine.redefine(xml, facts(xml))
        self._changed(machine, "defined")

    def undefine(self, uuid: str, *, keep_nvram: bool = False) -> None:  # noqa: ARG002 - it has no file for it
        """See DefinitionVerbs."""
        self._writable()
        machine = self._machines.get(uuid)
        if machine is None:
            return
        if machine.state.is_active:
            raise Conflict(f"{machine.name} is {machine.state.value}", hint="Force it off first.")
        del self._machines[uuid]
        machine.state = VMState.TERMINATED
        self._changed(machine, "undefined")

    def leftovers(self, uuid: str) -> Leftovers:
        """See DefinitionVerbs."""
        root = parse(config_xml(self._machine(uuid)), "domain")
        firmware = self._machine(uuid).facts.firmware
        return Leftovers(
            snapshots=tuple(sorted(each.name for each in snapshots_of(self._machine(uuid), self._now()))),
            managed_save=self._machine(uuid).state is VMState.SUSPENDED,
            nvram="" if firmware == "bios" else f"/var/lib/libvirt/qemu/nvram/{text(root, 'name')}_VARS.fd",
            tpm=attribute(root, "devices/tpm/backend", "type") == "emulator",
        )

    def domain_capabilities(self, *, arch: str = "", machine: str = "", kind: str = "") -> str:  # noqa: ARG002
        """See DefinitionVerbs."""
        return CAPABILITIES

    def _machine(self, uuid: str) -> Machine:
        if (machine := self._machines.get(uuid)) is None:
            raise NotFound("The VM is gone", f"no VM has the UUID {uuid}", "It may have been removed meanwhile.")
        return machine

    def _writable(self) -> None:
        if self._read_only:
            raise ReadOnlyError("The host is read-only", hint="Start Limen without --read-only, or edit the host.")
