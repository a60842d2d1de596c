"""One simulated VM: a state machine with realistic delays, and counters that grow as its load says. Pure."""

from __future__ import annotations

import math
from dataclasses import replace

from limen_tui.errors import Conflict, NotSupported, StepFailed
from limen_tui.hypervisor.simulated.catalogue import BROKEN, CRASHY, STUBBORN, Made
from limen_tui.model.lifecycle import RULES, SAVED, Verb, VMState, refusal
from limen_tui.model.samples import RawDisk, RawNic, RawVM
from limen_tui.model.vm import VMFacts

RUNNING, PAUSED, SHUTOFF = 1, 3, 5
MIB = 1 << 20
DISK_USED = 17 << 30
_MASK = 0xFFFF
_SINE = tuple(math.sin(place / (_MASK + 1) * math.tau) for place in range(_MASK + 1))
"""A full turn: looked up thousands of times a second."""
_DAY, _SLOW, _SLOWER, _FLICKER = ((_MASK + 1) / math.tau / pace for pace in (13750, 97, 41, 1 / 1.7))
START_SECONDS, REBOOT_SECONDS, SAVE_SECONDS = 2.0, 3.0, 4.0


class Machine:
    """A VM that lives in simulated time. Used by one thread at a time."""

    def __init__(self, made: Made, now: float) -> None:
        self.made = made
        self.facts = made.facts
        self.uuid, self.name = made.uuid, made.name
        self.xml = ""
        """As it was defined; empty for one of the catalogue, whose definition is made of its facts."""
        self.later = ""
        """The definition that its next boot takes, where that is another."""
        self.ips = (made.ip,)
        self.state = VMState.RUNNING if made.running else VMState.STOPPED
        self.reason = "booted" if made.running else "shut down"
        self.started_at: float | None = now - 3600 * (1 + made.seed % 900) if made.running else None
        self.pending: tuple[float, VMState, str] | None = None
        """(when, state, reason) of what is under way."""
        self._saved_paused = False
        self._lean = 0.1 * math.sin(made.seed / 0xFFFF * math.tau)
        self._cpu_ns = made.seed * 10**9
        self._moved = float(made.seed)
        """CPU seconds used of one vCPU: disks and networks moved in proportion."""
        self._at = now
        self._busy = 0.0

    # -- asking -----------------------------------------------------------------------------------

    def ask(self, verb: Verb, now: float) -> None:
        """Accept ``verb``, or refuse it as libvirt would. Raises ``Conflict``, ``StepFailed`` or ``NotSupported``."""
        if why := refusal(verb, self.state, self.reason):
            raise Conflict(f"{RULES[verb].doing.capitalize()} {self.name} is not possible", why, "Wait, or look again.")
        if verb is Verb.START and self.name == BROKEN:
            raise StepFailed("Cannot start lab-broken", "Cannot access storage file "
                             "'/var/lib/libvirt/images/lab-broken.qcow2': No such file or directory",
                             "Put the disk back, or attach another.")  # fmt: skip
        if verb is Verb.SAVE and len(self.facts.disks) > 5:
            raise NotSupported("It has too much to save")
        match verb:
            case Verb.START:
                restored = self.reason == SAVED
                state = VMState.PAUSED if restored and self._saved_paused else VMState.RUNNING
                self.pending = (now + START_SECONDS, state, "restored" if restored else "booted")
            case Verb.SHUTDOWN:
                if self.name != STUBBORN:
                    self.pending = (now + 5 + self.made.seed % 4, VMState.STOPPED, "shut down")
            case Verb.REBOOT | Verb.RESET:
                self.started_at = now + REBOOT_SECONDS
            case Verb.FORCE_OFF:
                self._become(VMState.STOPPED, "forced off", now)
            case Verb.PAUSE:
                self._become(VMState.PAUSED, "user", now)
            case Verb.RESUME:
                self._become(VMState.RUNNING, "unpaused", now)
            case Verb.SAVE:
                self._saved_paused = self.state is VMState.PAUSED
                self.pending = (now + SAVE_SECONDS, VMState.SUSPENDED, SAVED)

    def set_autostart(self, on: bool) -> None:
        """Kept in the definition."""
        self.facts = replace(self.facts, autostart=on)

    def set_tags(self, tags: tuple[str, ...]) -> None:
        """Kept in the definition."""
        self.facts = replace(self.facts, tags=tags)

    def describe(self, title: str, description: str) -> None:
        """Kept in the definition."""
        self.facts = replace(self.facts, title=title, description=description)

    def redefine(self, xml: str, facts: VMFacts) -> None:
        """Take over a definition; what is kept beside it stays."""
        self.xml, self.later = xml, ""
        self.facts = replace(facts, autostart=self.facts.autostart, persistent=True)

    # -- living -----------------------------------------------------------------------------------

    def live(self, now: float) -> str | None:
        """Go on to ``now``; the event that this made, in words, if any."""
        seconds = now - self._at
        self._at = now
        if self.state is VMState.RUNNING:
            self._work(now, seconds)
            if self.name == CRASHY and self.pending is None and int(now / 300) != int((now - seconds) / 300):
                self.pending = (now + 45, VMState.RUNNING, "booted")
                return self._become(VMState.CRASHED, "panicked", now)
        if self.pending is not None and self.pending[0] <= now:
            _, state, reason = self.pending
            return self._become(state, reason, now)
        return None

    def _become(self, state: VMState, reason: str, now: float) -> str:
        if self.pending is not None and self.pending[1] is state:
            self.pending = None
        if state is VMState.RUNNING and self.state is not VMState.PAUSED:
            self.started_at = now
            self._cpu_ns, self._moved = 0, 0.0
        if state in (VMState.STOPPED, VMState.SUSPENDED):
            self.started_at = None
            self.pending = None
            self._take_over()
        self.state, self.reason = state, reason
        words = {VMState.RUNNING: "started", VMState.STOPPED: "stopped", VMState.SUSPENDED: "stopped"}
        return f"{words.get(state, state.value)} ({reason})"

    def _take_over(self) -> None:
        """What was changed for the next boot is the definition from now on."""
        if self.later:
            from limen_tui.model.xml.read import facts  # noqa: PLC0415 - lxml only where something was changed

            self.redefine(self.later, facts(self.later))

    def _work(self, now: float, seconds: float) -> None:
        """Load is a daily wave, a slow wander and a short flicker, all from the seed."""
        made = self.made
        role, seed = made.role, made.seed
        busy = (
            role.busy + role.swing * _SINE[int(now * _DAY + seed) & _MASK]
            + role.busy * _SINE[int(now * _SLOW + seed * 7) & _MASK] * _SINE[int(now * _SLOWER + seed * 3) & _MASK]
            + 0.04 * _SINE[int(now * _FLICKER + seed * 29) & _MASK]
        )  # fmt: skip
        self._busy = busy = 0.99 if busy > 0.99 else 0.004 if busy < 0.004 else busy
        moved = busy * seconds
        self._moved += moved
        self._cpu_ns += int(moved * self.facts.vcpus * 1e9)

    def raw(self, *, vcpus_too: bool) -> RawVM:
        """Its counters, as virConnectGetAllDomainStats would give them; those of each vCPU only when asked for."""
        facts = self.facts
        code = RUNNING if self.state is VMState.RUNNING else PAUSED if self.state is VMState.PAUSED else SHUTOFF
        if code == SHUTOFF:
            return RawVM(self.uuid, self.name, code, vcpus=facts.vcpus, vcpus_max=facts.vcpus_max)
        vcpus, memory, moved, role = facts.vcpus, facts.memory_kib, self._moved, self.made.role
        share = self._cpu_ns // vcpus
        fill = 0.25 + 0.6 * self._busy + self._lean
        spare = memory - int(memory * (0.95 if fill > 0.95 else fill))
        disk, net = role.disk_mib * moved, role.net_mib * MIB * moved
        return RawVM(
            self.uuid, self.name, code, 0, self._cpu_ns, vcpus, facts.vcpus_max,
            (share,) * vcpus if vcpus_too else (), (share // 100,) * vcpus if vcpus_too else (),
            memory, facts.memory_max_kib, spare, memory, spare, memory + 90_000, 1,
            (RawDisk("vda", int(disk * 0.6 * MIB), int(disk * 0.4 * MIB), int(disk * 12), int(disk * 9),
                     int(disk * 5e6), int(disk * 8e6), 40 << 30, DISK_USED, DISK_USED),),
            (RawNic("vnet", int(net * 0.7), int(net * 0.3), int(net / 1400), int(net / 2900), 0, 0),),
        )  # fmt: skip
