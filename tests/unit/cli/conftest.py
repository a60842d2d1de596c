"""The command line run in this process, in an XDG home of its own, on libvirt's test driver."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from limen_tui.cli.main import run

RUNNING, OFF = 1, 5


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Limen = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Limen's files go."""
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return tmp_path


@pytest.fixture
def limen(home: Path, capsys: pytest.CaptureFixture[str]) -> Limen:
    """Run ``limen`` with these words."""

    def call(*words: str) -> Ran:
        capsys.readouterr()
        code = run(list(words))
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return call


def identity(name: str) -> str:
    """The UUID of the VM that :func:`fleet_of` makes of ``name``."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name.encode("utf-8", "surrogateescape").hex()))


@pytest.fixture
def host_of(tmp_path: Path) -> Callable[..., str]:
    """The URI of a host of libvirt's test driver with these VMs: ``host_of("a", web=RUNNING)``."""

    def make(folder: str, vms: dict[str, int]) -> str:
        domains = "".join(
            f"<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>{escape(name)}</name>"
            f"<uuid>{identity(name)}</uuid><memory>65536</memory><vcpu>2</vcpu><os><type>hvm</type></os>"
            f"<test:runstate>{state}</test:runstate></domain>"
            for name, state in vms.items()
        )
        path = tmp_path / f"{folder}.xml"
        path.write_text(f"<node>{domains}</node>")
        return f"test://{path}"

    return make


@pytest.fixture
def hung() -> Iterator[str]:
    """The URI of a host that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"qemu+tcp://127.0.0.1:{server.getsockname()[1]}/system"
