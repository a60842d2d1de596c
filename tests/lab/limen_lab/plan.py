"""What a lab is made of: names, addresses, and what is special about each host. Pure."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

GUEST = Path(__file__).resolve().parent.parent / "guest"


@dataclass(frozen=True)
class HostPlan:
    """One host."""

    number: int
    name: str
    address: str
    behind: int | None = None
    """The host through which alone it can be reached."""
    password_only: bool = False
    no_forwarding: bool = False
    """Its sshd forbids forwarding of sockets and ports."""
    certificate: bool = False
    """Its host key is vouched for by a certificate authority, and known_hosts names only that."""

    @property
    def uuid(self) -> str:
        """The host's own UUID, stable over runs."""
        return uuid_of(self.name)


@dataclass(frozen=True)
class Lab:
    """A lab's places. Several labs live side by side under different names."""

    name: str = "limen"
    state: Path = Path("/run/limen-lab")
    cache: Path = Path("/var/cache/limen-lab")
    accel: str = ""
    """``kvm`` or ``qemu``; empty: whichever works."""

    @classmethod
    def here(cls) -> Lab:
        """As the environment says: LIMEN_LAB_NAME, LIMEN_LAB_STATE, LIMEN_LAB_CACHE, LIMEN_LAB_ACCEL."""
        name = os.environ.get("LIMEN_LAB_NAME", "limen")
        if not name.isalnum() or len(name) > 7:
            raise SystemExit("lab: LIMEN_LAB_NAME takes up to 7 letters and digits (it names network devices)")
        state = Path(os.environ.get("LIMEN_LAB_STATE", f"/run/limen-lab-{name}"))
        cache = Path(os.environ.get("LIMEN_LAB_CACHE", "~/.cache/limen-lab")).expanduser()
        return cls(name, state, cache, os.environ.get("LIMEN_LAB_ACCEL", ""))

    @property
    def octet(self) -> int:
        """Of 10.X.0.0/16: the lab's own."""
        return 70 + int(hashlib.sha256(self.name.encode()).hexdigest()[:4], 16) % 150 if self.name != "limen" else 77

    @property
    def gateway(self) -> str:
        """This machine's address on the lab's network."""
        return f"10.{self.octet}.0.254"

    @property
    def hidden_net(self) -> str:
        """The network behind the jump host."""
        return f"10.{self.octet}.8.0/24"

    @property
    def bridge(self) -> str:
        """The bridge of the hosts that this machine reaches."""
        return f"{self.name}-br0"

    @property
    def hidden_bridge(self) -> str:
        """The bridge of those behind the jump host."""
        return f"{self.name}-br1"

    def device(self, kind: str, number: int) -> str:
        """The name of a network device: at most 15 characters."""
        return f"{self.name}-{kind}{number}"

    def host(self, number: int) -> HostPlan:
        """Host 2 wants a password, 3 is behind 1, 4 forbids forwarding, 5 has a host certificate."""
        name = f"{self.name}-kvm{number}"
        if number == 3:
            return HostPlan(3, name, f"10.{self.octet}.8.3", behind=1)
        return HostPlan(
            number, name, f"10.{self.octet}.0.{number}", password_only=number == 2, no_forwarding=number == 4,
            certificate=number == 5,
        )  # fmt: skip

    def folder(self, number: int) -> Path:
        """Where a host's files are."""
        return self.state / f"kvm{number}"

    def numbers(self) -> list[int]:
        """Hosts that were brought up."""
        return sorted(int(path.name[3:]) for path in self.state.glob("kvm[0-9]*") if path.is_dir())


def uuid_of(text: str) -> str:
    """A UUID made of a text."""
    h = hashlib.sha256(text.encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-8{h[17:20]}-{h[20:32]}"
