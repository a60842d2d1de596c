"""A real libvirtd that wants SASL: one user, ann, whose password is hunter2."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.unit.hypervisor.libvirt_daemon import Daemon, wait_for

USER, PASSWORD = "ann", "hunter2"


@contextmanager
def sasl_libvirtd(folder: Path, mechanism: str, *, tcp_port: int | None = None) -> Iterator[Daemon]:
    """On its Unix socket with ``mechanism``, and on ``tcp_port`` of the loopback where one is given."""
    daemon = Daemon(folder)
    try:
        mechanisms = folder / "sasl2"
        mechanisms.mkdir()
        database = folder / "sasldb2"
        (mechanisms / "libvirt.conf").write_text(f"mech_list: {mechanism}\nsasldb_path: {database}\n")
        subprocess.run(
            ["saslpasswd2", "-p", "-c", "-a", "libvirt", "-f", str(database), USER],
            input=PASSWORD.encode(), check=True, timeout=20,
        )  # fmt: skip
        daemon.run("mount", "--bind", str(mechanisms), "/etc/sasl2")
        conf = folder / "libvirtd.conf"
        text = conf.read_text().replace('auth_unix_rw = "none"', 'auth_unix_rw = "sasl"')
        daemon.stop()
        if tcp_port is None:
            conf.write_text(text)
            daemon.start()
        else:
            conf.write_text(
                text + f'listen_tls = 0\nlisten_tcp = 1\ntcp_port = "{tcp_port}"\nlisten_addr = "127.0.0.1"\n'
                'auth_tcp = "sasl"\n'
            )
            daemon.run("libvirtd", "-d", "--listen", "-f", str(conf), "-p", str(folder / "libvirtd.pid"))
            wait_for(lambda: _listens(tcp_port), 60.0, what="libvirtd on TCP")
        yield daemon
    finally:
        daemon.close()


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on, and that the system gives to nobody who takes any."""
    first = 20_000 + os.getpid() * 7 % 10_000
    for port in range(first, first + 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"all taken from {first} on")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True
