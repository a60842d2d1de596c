"""Which VMs are known, and what a person chose to hear no more of. Kept in the inventory's settings. Any thread."""

from __future__ import annotations

from limen_tui.model.ports import InventoryPort
from limen_tui.model.reconcile import Mismatch

KNOWN = "reconcile.known"
IGNORED = "reconcile.ignored"


class Known:
    """Known VMs by host, ignored mismatches by key."""

    def __init__(self, inventory: InventoryPort) -> None:
        self._inventory = inventory

    def of(self, host_id: str) -> set[str] | None:
        """UUIDs of the VMs known on a host; ``None`` when it was never scanned."""
        kept: dict[str, list[str]] = self._inventory.setting(KNOWN, {})
        return set(kept[host_id]) if host_id in kept else None

    def keep(self, host_id: str, uuids: set[str]) -> None:
        """Know these of a host, and no others."""
        kept: dict[str, list[str]] = dict(self._inventory.setting(KNOWN, {}))
        kept[host_id] = sorted(uuids)
        self._inventory.set_setting(KNOWN, kept)

    def adopt(self, host_id: str, uuid: str) -> None:
        """Know a VM from now on."""
        self.keep(host_id, (self.of(host_id) or set()) | {uuid})

    def forget(self, host_id: str, uuid: str) -> None:
        """Know a VM no more."""
        if uuid in (self.of(host_id) or ()):
            self.keep(host_id, (self.of(host_id) or set()) - {uuid})

    @property
    def ignored(self) -> set[str]:
        """Keys of what is not spoken of."""
        return set(self._inventory.setting(IGNORED, []))

    def ignore(self, mismatch: Mismatch) -> None:
        """Speak of it no more."""
        self._inventory.set_setting(IGNORED, sorted({*self.ignored, mismatch.key}))

    def stop_ignoring(self) -> int:
        """Speak of everything again; how much that is."""
        count = len(self.ignored)
        self._inventory.set_setting(IGNORED, [])
        return count
