"""Which of a session's recurring tasks is due. Pure; belongs to one session thread."""

from __future__ import annotations

from limen_tui.model.ports import Priority


class Agenda:
    """Named tasks, each with a priority and at most one due time: a task is never queued twice."""

    def __init__(self) -> None:
        self._due: dict[str, tuple[Priority, float]] = {}

    def at(self, name: str, priority: Priority, due: float) -> None:
        """Do ``name`` at monotonic ``due``, in place of any time set before."""
        self._due[name] = (priority, due)

    def by(self, name: str, priority: Priority, due: float) -> None:
        """Do ``name`` at ``due`` or earlier, if it is set for earlier already."""
        before = self._due.get(name)
        self._due[name] = (priority, due if before is None else min(due, before[1]))

    def next_due(self, now: float) -> tuple[str, Priority] | None:
        """The most urgent task that is due; it stays on the agenda until :meth:`done`."""
        ready = [(priority, due, name) for name, (priority, due) in self._due.items() if due <= now]
        if not ready:
            return None
        priority, _, name = min(ready)
        return name, priority

    def done(self, name: str) -> None:
        """Take ``name`` off."""
        self._due.pop(name, None)

    def wait(self, now: float) -> float | None:
        """Seconds until the next task is due; ``None`` when there is none."""
        if not self._due:
            return None
        return max(0.0, min(due for _, due in self._due.values()) - now)
