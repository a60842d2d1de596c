"""When a local QEMU process started, from its pid file. Imports nothing of Limen; session thread."""

from __future__ import annotations

import os
from pathlib import Path


def qemu_started_at(name: str) -> float | None:
    """Unix time at which the QEMU of the local VM ``name`` started; ``None`` when it cannot be told.

    ``name`` comes from outside: one that is not a plain file name is not looked for.
    """
    if "/" in name or "\0" in name or name in {"", ".", ".."}:
        return None
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folders = [Path("/run/libvirt/qemu")]
    if runtime:
        folders.append(Path(runtime) / "libvirt/qemu/run")
    for folder in folders:
        try:
            pid = int((folder / f"{name}.pid").read_text(encoding="ascii"))
            return _process_started_at(pid)
        except (OSError, ValueError, IndexError):
            continue
    return None


def _process_started_at(pid: int) -> float:
    # field 22 counts clock ticks since boot; the command name before it may hold blanks and brackets
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    ticks = int(stat.rpartition(")")[2].split()[19])
    boot = next(
        int(line.split()[1]) for line in Path("/proc/stat").read_text(encoding="ascii").splitlines()
        if line.startswith("btime ")
    )
    return boot + ticks / os.sysconf("SC_CLK_TCK")
