"""What can be asked of a simulated host. Implements HostVerbs; runs on the simulation's thread."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from typing import TYPE_CHECKING

from limen_tui.errors import NotFound, ReadOnlyError
from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.model.lifecycle import Verb
from limen_tui.model.network import Lease, Network
from limen_tui.model.storage import Pool

if TYPE_CHECKING:
    from limen_tui.hypervisor.simulated.agent import SimulatedAgents
    from limen_tui.hypervisor.simulated.consoles import SimulatedConsoles
    from limen_tui.hypervisor.simulated.defining import SimulatedDefinitions
    from limen_tui.hypervisor.simulated.devices import SimulatedDevices
    from limen_tui.hypervisor.simulated.lineage import SimulatedLineage
    from limen_tui.hypervisor.simulated.pools import SimulatedPools
    from limen_tui.hypervisor.simulated.screens import SimulatedScreens
    from limen_tui.hypervisor.simulated.storage import SimulatedStorage

WORDS = {Verb.RESUME: "resumed"}
"""Where libvirt's event is not called by the state that it leads to."""


class SimulatedVerbs:
    """Acts on the machines of one host at the time that ``now`` gives; ``changed`` is told of each act."""

    def __init__(
        self,
        machines: MutableMapping[str, Machine],
        number: int,
        now: Callable[[], float],
        changed: Callable[[Machine, str], None],
        *,
        read_only: bool,
    ) -> None:
        self._machines = machines
        self._number = number
        self._now = now
        self._changed = changed
        self._read_only = read_only
        self._storage: SimulatedStorage | None = None
        self._agent: SimulatedAgents | None = None
        self._screens: SimulatedScreens | None = None
        self._consoles: SimulatedConsoles | None = None

    @property
    def agent(self) -> SimulatedAgents:
        """See HostVerbs."""
        if self._agent is None:
            from limen_tui.hypervisor.simulated.agent import SimulatedAgents  # noqa: PLC0415 - when it is looked at
            from limen_tui.hypervisor.simulated.guestdisks import GuestDisks  # noqa: PLC0415 - likewise

            disks = GuestDisks(lambda uuid, target: self.devices.block_info(uuid, target).capacity)
            self._agent = SimulatedAgents(self._machines, self._now, disks, read_only=self._read_only)
        return self._agent

    @property
    def definitions(self) -> SimulatedDefinitions:
        """See HostVerbs."""
        from limen_tui.hypervisor.simulated.defining import SimulatedDefinitions  # noqa: PLC0415 - lxml, late

        return SimulatedDefinitions(
            self._machines, self._number, self._now, self._changed, read_only=self._read_only
        )

    @property
    def devices(self) -> SimulatedDevices:
        """See HostVerbs."""
        from limen_tui.hypervisor.simulated.devices import SimulatedDevices  # noqa: PLC0415 - lxml, late

        return SimulatedDevices(self._machines, self.storage, self._changed, read_only=self._read_only)

    @property
    def lineage(self) -> SimulatedLineage:
        """See HostVerbs."""
        from limen_tui.hypervisor.simulated.lineage import SimulatedLineage  # noqa: PLC0415 - when looked at

        return SimulatedLineage(self._machines, self.storage, self._now)

    @property
    def screens(self) -> SimulatedScreens:
        """See HostVerbs."""
        if self._screens is None:
            from limen_tui.hypervisor.simulated.screens import SimulatedScreens  # noqa: PLC0415 - when looked at

            self._screens = SimulatedScreens(self._machines, self._now, read_only=self._read_only)
        return self._screens

    @property
    def storage(self) -> SimulatedStorage:
        """See HostVerbs."""
        if self._storage is None:
            from limen_tui.hypervisor.simulated.storage import SimulatedStorage  # noqa: PLC0415 - made when looked at

            self._storage = SimulatedStorage(
                tuple(self._machines.values()), self._number, self._now, read_only=self._read_only
            )
        return self._storage

    @property
    def pool_definitions(self) -> SimulatedPools:
        """See HostVerbs."""
        return self.storage.definitions()

    @property
    def consoles(self) -> SimulatedConsoles:
        """See HostVerbs."""
        if self._consoles is None:
            from limen_tui.hypervisor.simulated.consoles import SimulatedConsoles  # noqa: PLC0415 - when looked at

            self._consoles = SimulatedConsoles(self._machines, self._now, read_only=self._read_only)
        return self._consoles

    def lifecycle(self, verb: Verb, uuid: str) -> None:
        """See HostVerbs."""
        machine = self._writable(uuid)
        before = machine.state, machine.started_at
        machine.ask(verb, self._now())
        if verb in (Verb.REBOOT, Verb.RESET):
            self._changed(machine, "rebooted")
        elif machine.state is not before[0]:
            self._changed(machine, f"{WORDS.get(verb, machine.state.value)} ({machine.reason})")

    def set_autostart(self, uuid: str, on: bool) -> None:
        """See HostVerbs."""
        machine = self._writable(uuid)
        machine.set_autostart(on)
        self._changed(machine, f"autostart {'on' if on else 'off'}")

    def set_tags(self, uuid: str, tags: Sequence[str]) -> None:
        """See HostVerbs."""
        machine = self._writable(uuid)
        from limen_tui.model.xml.tags import tags_element  # noqa: PLC0415 - lxml only where it is looked at

        tags_element(tags)  # what the definition of a real VM cannot hold is refused here too
        machine.set_tags(tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip())))
        self._changed(machine, "metadata changed")

    def describe(self, uuid: str, title: str, description: str) -> None:
        """See HostVerbs."""
        machine = self._writable(uuid)
        from limen_tui.model.xml.tags import checked_note  # noqa: PLC0415 - lxml only where it is looked at

        machine.describe(*checked_note(title, description))
        self._changed(machine, "metadata changed")

    def xml(self, uuid: str, *, inactive: bool = False) -> str:
        """See HostVerbs."""
        from limen_tui.hypervisor.simulated.xml import config_xml, domain_xml  # noqa: PLC0415 - lxml, late

        return (config_xml if inactive else domain_xml)(self._machine(uuid))

    def pools(self) -> tuple[Pool, ...]:
        """Directories and a volume group, as full as their host's number says."""
        return self.storage.pools()

    def networks(self) -> tuple[Network, ...]:
        """Two networks, with a lease for each running VM."""
        made = []
        for place, (name, forward) in enumerate((("default", "nat"), ("prod", "bridge"))):
            leases = tuple(
                Lease(machine.facts.nics[0].mac, machine.made.ip, machine.name, self._now() + 3600)
                for machine in self._machines.values()
                if machine.state.is_active and machine.facts.nics and machine.facts.nics[0].source == name
            )
            made.append(
                Network(
                    f"{self._number:08x}-0000-4000-9000-{place:012x}",
                    name,
                    f"virbr{place}",
                    forward,
                    f"10.{20 + self._number}.0.1/16",
                    True,
                    True,
                    True,
                    leases,
                )
            )
        return tuple(made)

    def _machine(self, uuid: str) -> Machine:
        machine = self._machines.get(uuid)
        if machine is None:
            raise NotFound("No such VM", f"no VM has the UUID {uuid}", "It may have been removed meanwhile.")
        return machine

    def _writable(self, uuid: str) -> Machine:
        if self._read_only:
            raise ReadOnlyError("The host is read-only", hint="Start Limen without --read-only, or edit the host.")
        return self._machine(uuid)
