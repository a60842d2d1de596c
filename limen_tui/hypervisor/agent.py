"""The guest agent of a VM, through libvirt. Imports libvirt and libvirt_qemu; runs on a lane of the session.

libvirt itself waits for ever for an agent that stops in mid-answer, and a worker of the host's daemon with it. So each
question first sets how long libvirt is to wait (virDomainAgentSetResponseTimeout): a limit of the running VM, which is
in no definition and goes with it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import libvirt
import libvirt_qemu

from limen_tui.errors import Conflict, InputError, LimenError, NotSupported, StepFailed, Timeout
from limen_tui.hypervisor import agentwords
from limen_tui.hypervisor.errcodes import AGENT_COMMAND_FAILED, AGENT_COMMAND_TIMEOUT
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.features import refuses
from limen_tui.hypervisor.gate import Gate, mapped
from limen_tui.model.verbs.agent import ANSWER, READ_LIMIT, AddressSource, AgentVersion, GuestInfo, GuestNic, Ran

T = TypeVar("T")
SLOW: Final = 60
"""Seconds for what writes to disks: freezing and trimming."""
CHUNK: Final = 48 * 1024
_SOURCES: Final = (
    (AddressSource.LEASE, libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE),
    (AddressSource.AGENT, libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT),
    (AddressSource.ARP, libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP),
)
_ASLEEP: Final = "Start the agent inside the guest: systemctl start qemu-guest-agent (Windows: the service QEMU-GA)."
_NO_CHANNEL: Final = "Give the VM a channel named org.qemu.guest_agent.0 and install qemu-guest-agent inside the guest."


class LibvirtAgent:
    """Implements :class:`limen_tui.model.verbs.agent.AgentVerbs`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    # -- looking ----------------------------------------------------------------------------------

    @mapped
    def addresses(self, uuid: str) -> tuple[GuestNic, ...]:
        """See AgentVerbs. A source that cannot tell is passed by."""
        dom = self._gate.dom(uuid)
        found: list[GuestNic] = []
        if not dom.isActive():
            return ()
        for source, flag in _SOURCES:
            if source is AddressSource.AGENT and (self._gate.read_only or not self._connected(dom)):
                continue
            try:
                if source is AddressSource.AGENT:
                    self._limit(dom, ANSWER)
                found += agentwords.nics(dom.interfaceAddresses(flag, 0), source)
            except libvirt.libvirtError as error:
                if not _only_unknown(error):
                    raise
        return tuple(found)

    def guest(self, uuid: str) -> GuestInfo:
        """See AgentVerbs."""

        def ask(dom: Any) -> GuestInfo:
            params = dom.guestInfo(0, 0)
            return agentwords.guest_info(params if isinstance(params, dict) else {}, _skew(dom))

        return self._ask(uuid, ask, "The guest is not asked: libvirt counts it as a change.")

    def version(self, uuid: str) -> AgentVersion:
        """See AgentVerbs."""
        return agentwords.version(self._command(uuid, "guest-info"))

    # -- commands and files -----------------------------------------------------------------------

    def start_command(self, uuid: str, words: tuple[str, ...]) -> int:
        """See AgentVerbs."""
        if not words or not words[0].strip() or any("\0" in word for word in words):
            raise InputError("No command was typed")
        answer = self._command(
            uuid, "guest-exec", {"path": words[0], "arg": list(words[1:]), "capture-output": True}
        )
        pid = answer.get("pid") if isinstance(answer, dict) else None
        if not isinstance(pid, int):
            raise StepFailed("The guest agent did not say what it started")
        return pid

    def command_result(self, uuid: str, pid: int) -> Ran | None:
        """See AgentVerbs."""
        return agentwords.ran(self._command(uuid, "guest-exec-status", {"pid": pid}))

    def read_file(self, uuid: str, path: str, limit: int = READ_LIMIT) -> tuple[bytes, bool]:
        """See AgentVerbs."""
        if not path.strip() or "\0" in path:
            raise InputError("No file was named")
        handle = self._command(uuid, "guest-file-open", {"path": path, "mode": "r"})
        data = bytearray()
        try:
            while len(data) < limit:
                answer = self._command(uuid, "guest-file-read", {"handle": handle, "count": CHUNK})
                part = agentwords.decoded(answer.get("buf-b64") if isinstance(answer, dict) else "")
                data += part
                if not part or answer.get("eof"):
                    return bytes(data[:limit]), len(data) <= limit
        finally:
            self._close_file(uuid, handle)
        return bytes(data[:limit]), False

    def _close_file(self, uuid: str, handle: object) -> None:
        try:
            self._command(uuid, "guest-file-close", {"handle": handle})
        except LimenError:
            return  # the agent is gone, and its files with it

    # -- acts -------------------------------------------------------------------------------------

    def freeze(self, uuid: str) -> int:
        """See AgentVerbs."""
        return self._ask(uuid, lambda dom: int(dom.fsFreeze()), "Nothing was frozen.", SLOW)

    def thaw(self, uuid: str) -> int:
        """See AgentVerbs."""
        return self._ask(uuid, lambda dom: int(dom.fsThaw()), "Nothing was thawed.", SLOW)

    def trim(self, uuid: str) -> None:
        """See AgentVerbs."""
        self._ask(uuid, lambda dom: dom.fSTrim(None, 0, 0), "Nothing was trimmed.", SLOW)

    def set_password(self, uuid: str, user: str, password: str) -> None:
        """See AgentVerbs."""
        if not user.strip() or any(sign in user for sign in "\0\n:"):
            raise InputError("That cannot be a user's name")
        self._ask(uuid, lambda dom: dom.setUserPassword(user, password, 0), "The password stays as it is.")

    def sync_time(self, uuid: str) -> None:
        """See AgentVerbs."""
        self._ask(
            uuid, lambda dom: dom.setTime(None, libvirt.VIR_DOMAIN_TIME_SYNC), "The clock stays as it is."
        )

    # -- inside -----------------------------------------------------------------------------------

    def _ask(self, uuid: str, ask: Callable[[Any], T], refused: str, seconds: int = ANSWER) -> T:
        self._gate.writable(refused)
        try:
            dom = self._gate.dom(uuid)
            self._limit(dom, seconds)
            return ask(dom)
        except libvirt.libvirtError as error:
            raise _in_words(error) from error

    def _command(self, uuid: str, name: str, arguments: dict[str, object] | None = None) -> Any:
        """A command of the agent's own (virDomainQemuAgentCommand), for what libvirt has no call."""
        words = json.dumps({"execute": name, **({"arguments": arguments} if arguments else {})})
        return self._ask(
            uuid, lambda dom: agentwords.reply(libvirt_qemu.qemuAgentCommand(dom, words, ANSWER, 0)),
            "The guest is not asked: libvirt counts it as a change.",
        )  # fmt: skip

    @staticmethod
    def _limit(dom: Any, seconds: int) -> None:
        try:
            dom.agentSetResponseTimeout(seconds, 0)
        except libvirt.libvirtError as error:
            if not refuses(error):  # libvirt before 5.10, or a driver without agents: what follows says so
                raise

    @staticmethod
    def _connected(dom: Any) -> bool:
        return "org.qemu.guest_agent" in (xml := dom.XMLDesc(0)) and "state='connected'" in xml


def _skew(dom: Any) -> float | None:
    """Seconds that the guest is ahead; half of the way there and back is taken off."""
    before = time.time()
    try:
        told = dom.getTime(0)
    except libvirt.libvirtError as error:
        if not _only_unknown(error):
            raise
        return None
    if not isinstance(told, dict) or "seconds" not in told:
        return None
    return float(told["seconds"]) + float(told.get("nseconds", 0)) / 1e9 - (before + time.time()) / 2


def _only_unknown(error: libvirt.libvirtError) -> bool:
    """Whether that way just cannot tell, and the link is well."""
    return refuses(error) or error.get_error_code() in (
        libvirt.VIR_ERR_AGENT_UNRESPONSIVE, libvirt.VIR_ERR_AGENT_UNSYNCED, libvirt.VIR_ERR_OPERATION_INVALID,
        libvirt.VIR_ERR_INTERNAL_ERROR, libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED, libvirt.VIR_ERR_OPERATION_UNSUPPORTED,
        libvirt.VIR_ERR_OPERATION_FAILED, libvirt.VIR_ERR_OPERATION_DENIED, AGENT_COMMAND_TIMEOUT,
        AGENT_COMMAND_FAILED,
    )  # fmt: skip


def _in_words(error: libvirt.libvirtError) -> LimenError:
    code, message = error.get_error_code(), (error.get_error_message() or "").strip()
    low = message.lower()
    if code in (libvirt.VIR_ERR_AGENT_UNRESPONSIVE, libvirt.VIR_ERR_AGENT_UNSYNCED, AGENT_COMMAND_TIMEOUT):
        return Timeout("The guest agent does not answer", message, _ASLEEP)
    if "agent is not configured" in low:
        return NotSupported("The VM has no guest agent", message, _NO_CHANNEL)
    if code == libvirt.VIR_ERR_OPERATION_INVALID and "not running" in low:
        return Conflict("The VM does not run", message, "Start it first.")
    if "has been disabled" in low or ("not found" in low and "command" in low):
        return NotSupported("The guest agent cannot do this", message, "It is too old, or the command is off.")
    if "unable to execute qemu agent command" in low:
        return StepFailed("The guest agent could not do it", message, "The words are the guest's own.")
    return map_error(error)
