"""Looks into a guest through its agent: what lies on its disks, and grows it. Imports the model.

On a lane of the host's session (``look_inside``) or the thread of a job (``grow``). No shell is asked anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from limen_tui.errors import ConnectError, LimenError, NotSupported, StepFailed, Timeout
from limen_tui.jobs.context import Context
from limen_tui.model.guestgrow import Inside, Words, commands_for, last_of, partitions_of, whole_of, without
from limen_tui.model.ports import HostVerbs
from limen_tui.model.units import clean
from limen_tui.model.verbs.agent import Ran

FOLDERS: Final = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")
NEEDED: Final = ("guest-exec", "guest-exec-status", "guest-file-open", "guest-file-read")
SEEN_WITHIN: Final = 20.0
"""Seconds in which a guest notices that its disk has grown."""
RUN_WITHIN: Final = 300.0
"""Seconds for one program: a large file system takes a while."""
LOOK_EVERY: Final = 0.5
SECTOR: Final = 512
NOCHANGE: Final = b"NOCHANGE"
"""growpart's word for a partition that fills its disk already: it ends with 1, and all is well."""


def look_inside(verbs: HostVerbs, uuid: str, targets: Iterable[str]) -> dict[str, Inside]:
    """What can be grown inside, by target of disk; why not, where it cannot. Raises ``ConnectError`` only."""
    wanted = tuple(targets)
    try:
        return _look(verbs, uuid, wanted)
    except LimenError as error:
        if isinstance(error, ConnectError) and not isinstance(error, Timeout):  # that is the agent's
            raise
        said = Inside(why_not=error.title[:1].lower() + error.title[1:], hint=error.hint)
        return dict.fromkeys(wanted, said)


def _look(verbs: HostVerbs, uuid: str, targets: tuple[str, ...]) -> dict[str, Inside]:
    agent = verbs.agent
    disks = agent.guest(uuid).disks
    off = [name for name in NEEDED if name not in agent.version(uuid).commands]
    if off:
        raise NotSupported(f"The guest agent's {off[0]} is switched off",
                           hint="Allow it in the guest's settings of qemu-ga.")  # fmt: skip
    known = agent.read_file(uuid, "/proc/partitions")[0].decode("utf-8", "replace")
    found: dict[str, Inside] = {}
    has: dict[str, bool] = {}
    for target in targets:
        wholes = {whole[0] for disk in disks if target in disk.targets and (whole := whole_of(disk.device))}
        names = [name for whole in sorted(wholes) for name in partitions_of(whole, known)]
        starts = {name: _number(verbs, uuid, f"/sys/class/block/{name}/start") for name in names}
        last = last_of(disks, target, starts)
        inside = last if isinstance(last, Inside) else commands_for(last)
        for tool in [words[0] for words in inside.commands]:
            if tool not in has:
                has[tool] = _has(verbs, uuid, tool)
            if not has[tool]:
                inside = without(inside, tool)
                break
        found[target] = inside
    return found


def _number(verbs: HostVerbs, uuid: str, path: str) -> int:
    text = verbs.agent.read_file(uuid, path, 64)[0].strip()
    if not text.isdigit():
        raise StepFailed("The guest's disks cannot be read", path)
    return int(text)


def _has(verbs: HostVerbs, uuid: str, tool: str) -> bool:
    for folder in FOLDERS:
        try:
            verbs.agent.read_file(uuid, f"{folder}/{tool}", 1)
        except StepFailed:
            continue
        return True
    return False


def grow(context: Context, uuid: str, target: str, capacity: int) -> Inside:
    """Grow what lies at the end of a disk that has ``capacity`` bytes by now; what was done. Raises ``LimenError``
    whose hint is what to type in the guest."""
    inside = context.ask(lambda verbs: look_inside(verbs, uuid, (target,)))[target]
    if not inside.possible:
        raise NotSupported(inside.why_not[:1].upper() + inside.why_not[1:], hint=inside.hint)
    try:
        _wait_seen(context, uuid, inside.whole, capacity)
        for words in inside.commands:
            _run(context, uuid, words)
    except LimenError as error:
        if isinstance(error, ConnectError) and not isinstance(error, Timeout):
            raise
        raise StepFailed(error.title, error.detail, f"Type in the guest: {inside.typed}") from error
    return inside


def _wait_seen(context: Context, uuid: str, whole: str, capacity: int) -> None:
    until = context.clock.mono() + SEEN_WITHIN
    path = f"/sys/class/block/{whole}/size"
    while context.ask(lambda verbs: _number(verbs, uuid, path)) * SECTOR < capacity:
        if context.clock.mono() > until:
            raise Timeout("The guest has not noticed that its disk has grown", whole)
        context.check()
        time.sleep(LOOK_EVERY)


def _run(context: Context, uuid: str, words: Words) -> None:
    context.log(f"In the guest: {clean(' '.join(words))}")
    pid = context.ask(lambda verbs: verbs.agent.start_command(uuid, words))
    until = context.clock.mono() + RUN_WITHIN
    ran: Ran | None = None
    while (ran := context.ask(lambda verbs: verbs.agent.command_result(uuid, pid))) is None:
        if context.clock.mono() > until:
            raise Timeout(f"{words[0]} has not ended in the guest")
        context.check()
        time.sleep(LOOK_EVERY)
    if ran.code and not (words[0] == "growpart" and NOCHANGE in ran.out + ran.err):
        text = (ran.err or ran.out).decode("utf-8", "replace").strip()
        raise StepFailed(f"{words[0]} failed in the guest ({ran.code})", clean(text)[-400:])
