"""What the guest agent says, as values. Imports the model; safe on any thread. All of it comes from inside the guest:
sizes, kinds and texts may be anything.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final

from limen_tui.errors import NotSupported, StepFailed
from limen_tui.model.verbs.agent import AddressSource, AgentVersion, GuestDisk, GuestInfo, GuestNic, GuestUser, Ran

MOST: Final = 256
"""Users, file systems and interfaces that are taken in at most."""
_LONGEST: Final = 1024


def guest_info(params: Mapping[str, Any], skew: float | None) -> GuestInfo:
    """From the typed parameters of virDomainGetGuestInfo."""
    return GuestInfo(
        hostname=_text(params.get("hostname")),
        os=_text(params.get("os.pretty-name")) or _text(params.get("os.name")),
        kernel=_text(params.get("os.kernel-release")),
        machine=_text(params.get("os.machine")),
        timezone=_text(params.get("timezone.name")),
        skew=skew,
        users=tuple(
            GuestUser(_text(each.get("name")), _text(each.get("domain")), _number(each.get("login-time"), 1000))
            for each in _listed(params, "user")
        ),
        disks=tuple(
            GuestDisk(
                _text(each.get("mountpoint")), _text(each.get("name")), _text(each.get("fstype")),
                _count(each.get("total-bytes")), _count(each.get("used-bytes")),
                tuple(_text(disk.get("alias")) for disk in _listed(each, "disk") if disk.get("alias")),
            )
            for each in _listed(params, "fs")
        ),
    )  # fmt: skip


def _listed(params: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    count = params.get(f"{kind}.count", 0)
    if not isinstance(count, int):
        return []
    return [
        {key.removeprefix(start): value for key, value in params.items() if key.startswith(start)}
        for start in (f"{kind}.{number}." for number in range(min(count, MOST)))
    ]


def nics(found: Any, source: AddressSource) -> list[GuestNic]:
    """From virDomainInterfaceAddresses; without loopback and interfaces that have no address."""
    made = []
    for name, facts in list(found.items())[:MOST] if isinstance(found, dict) else ():
        rows = facts.get("addrs") or ()
        addresses = tuple(
            f"{_text(row.get('addr'))}/{row.get('prefix')}" if row.get("prefix") else _text(row.get("addr"))
            for row in rows[:MOST] if row.get("addr") and not str(row.get("addr")).startswith(("127.", "::1"))
        )  # fmt: skip
        if addresses:
            made.append(GuestNic(_text(name), _text(facts.get("hwaddr")).lower(), addresses, source))
    return made


def reply(text: Any) -> Any:
    """The ``return`` of the agent's answer in JSON. Raises ``StepFailed`` or ``NotSupported`` in its words."""
    try:
        parsed = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise StepFailed("The guest agent's answer cannot be read", str(error)) from error
    if not isinstance(parsed, dict) or "return" not in parsed:
        failure = parsed.get("error") if isinstance(parsed, dict) else None
        words = _text(failure.get("desc")) if isinstance(failure, dict) else ""
        if isinstance(failure, dict) and failure.get("class") == "CommandNotFound":
            raise NotSupported("The guest agent cannot do this", words, "It is too old, or the command is off.")
        raise StepFailed("The guest agent could not do it", words)
    return parsed["return"]


def version(answer: Any) -> AgentVersion:
    """From guest-info."""
    rows = answer.get("supported_commands") if isinstance(answer, dict) else None
    names = [
        _text(row.get("name")) for row in (rows if isinstance(rows, list) else [])[:MOST]
        if isinstance(row, dict) and row.get("enabled", True)
    ]  # fmt: skip
    return AgentVersion(_text(answer.get("version")) if isinstance(answer, dict) else "", tuple(sorted(names)))


def ran(answer: Any) -> Ran | None:
    """From guest-exec-status; ``None`` while it runs."""
    if not isinstance(answer, dict):
        raise StepFailed("The guest agent's answer cannot be read", _text(answer))
    if not answer.get("exited"):
        return None
    signal = answer.get("signal")
    code = -signal if isinstance(signal, int) and signal else answer.get("exitcode", 0)
    return Ran(
        code if isinstance(code, int) else -1, decoded(answer.get("out-data")), decoded(answer.get("err-data")),
        bool(answer.get("out-truncated") or answer.get("err-truncated")),
    )  # fmt: skip


def decoded(data: Any) -> bytes:
    """Base64 as the agent sends it; nothing for what is none."""
    try:
        return base64.b64decode(data or "", validate=False)
    except (binascii.Error, ValueError, TypeError):
        return b""


def _text(value: Any) -> str:
    return str(value)[:_LONGEST] if isinstance(value, str | int | float) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _number(value: Any, divisor: float) -> float | None:
    return value / divisor if isinstance(value, int | float) and 0 < value < 1e16 else None
