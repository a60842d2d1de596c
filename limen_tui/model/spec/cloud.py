"""What cloud-init is told on the first boot. Pure values.

No plain password is ever in here: :mod:`limen_tui.fleet.passwords` makes the hash first.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Addressing:
    """How one NIC gets its addresses."""

    dhcp: bool = True
    addresses: tuple[str, ...] = ()
    """``10.0.0.5/24``, ``fd00::5/64``; with their prefix length."""
    gateways: tuple[str, ...] = ()
    """At most one of IPv4 and one of IPv6."""
    dns: tuple[str, ...] = ()
    search: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CloudInit:
    """The NoCloud seed's content."""

    hostname: str = ""
    """Empty: the VM's name as far as a host may be called so."""
    user: str = ""
    """The user to make; empty: the image's own default user gets the keys and the password."""
    ssh_keys: tuple[str, ...] = ()
    """Public keys, as in authorized_keys."""
    password_hash: str = field(default="", repr=False)
    """crypt(3), such as ``$6$...``; empty: no password sign-in."""
    sudo: bool = True
    """Whether ``user`` may become root without a password."""
    packages: tuple[str, ...] = ()
    upgrade: bool = False
    """Bring all packages up to date on the first boot."""
    addressing: tuple[Addressing, ...] = ()
    """By NIC, in their order; NICs beyond it use DHCP."""
    user_data: str = field(default="", repr=False)
    """The user's own: ``#cloud-config`` (laid over what the other fields say) or a script."""
