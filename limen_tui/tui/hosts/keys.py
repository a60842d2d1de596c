"""Keys that mean something else under Hosts: elsewhere they belong to VMs. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple


class HostKey(NamedTuple):
    """An action's keys under Hosts."""

    action_id: str
    keys: tuple[str, ...]
    word: str
    """What the line below the table calls it; empty: it is not in it."""

    @property
    def id(self) -> str:
        """The name in the keymap: ``hosts.add`` is the key under Hosts, ``host.add`` one for everywhere."""
        return self.action_id.replace("host.", "hosts.", 1)


HOST_KEYS: Final = (
    HostKey("host.add", ("n", "plus"), "Add"), HostKey("host.edit", ("e",), "Edit"),
    HostKey("host.test", ("t",), "Test"), HostKey("host.import", ("I",), "Import"),
    HostKey("host.enable", ("o",), "On/off"), HostKey("host.read-only", ("w",), "Read-only"),
    HostKey("host.up", ("shift+up",), "Order"), HostKey("host.down", ("shift+down",), ""),
    HostKey("host.remove", ("ctrl+d",), "Remove"), HostKey("host.reconnect", ("c",), "Connect"),
)  # fmt: skip
