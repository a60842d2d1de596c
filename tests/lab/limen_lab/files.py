"""The files of a host: its /etc, its keys, its users, its sshd."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.lab.limen_lab.plan import HostPlan, Lab
from tests.lab.limen_lab.shell import sh

USERS = (("limen", 2001), ("pw", 2002), ("nolibvirt", 2003))
"""``limen`` and root sign in by key; ``pw`` by the password "lab"; ``nolibvirt`` may only read."""
PASSWORD = "lab"

LIBVIRTD = """\
exec </dev/null >/dev/null 2>&1
setsid sh -c 'while :; do libvirtd --listen -p /run/libvirtd.pid; [ $? -eq 139 ] || break; done' &
for _ in $(seq 400); do virsh -q uri && exit 0; sleep 0.05; done
exit 1
"""
"""What starts libvirtd in a host, and starts it again when it crashes, as systemd does: 9.0 does now and then, when a
client that has callbacks is killed."""


def keygen(path: Path, *, passphrase: str = "", comment: str = "lab") -> None:
    """An ed25519 key, if there is none yet."""
    if not path.exists():
        sh("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", comment, "-f", path)


def client_keys(lab: Lab) -> Path:
    """The keys a user of the lab has: one plain, one with the passphrase "lab", and a certificate authority."""
    folder = lab.state / "client"
    folder.mkdir(parents=True, exist_ok=True)
    keygen(folder / "id_lab")
    keygen(folder / "id_locked", passphrase=PASSWORD)
    keygen(folder / "ca", comment="lab authority")
    return folder


def write(lab: Lab, plan: HostPlan, count: int) -> Path:
    """All files of a host; what is there stays."""
    folder = lab.folder(plan.number)
    for sub in ("etc", "lib/images", "log", "cache", "ssh", "home/.ssh", "logs"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    for path in (lab.state, folder, folder / "lib", folder / "lib/images"):
        path.chmod(0o755)
    (lab.state / "shared").mkdir(exist_ok=True)
    client = client_keys(lab)
    _libvirt(folder, plan)
    _names(lab, folder, plan, count)
    _users(folder)
    _ssh(folder, plan, client)
    return folder


def _libvirt(folder: Path, plan: HostPlan) -> None:
    etc = folder / "etc/libvirt"
    if not etc.exists():
        shutil.copytree("/etc/libvirt", etc, symlinks=True)
        for sub in ("qemu", "storage"):
            shutil.rmtree(etc / sub, ignore_errors=True)
        (etc / "qemu").mkdir()
    (folder / "libvirtd.sh").write_text(LIBVIRTD)
    (etc / "libvirtd.conf").write_text(
        f'host_uuid = "{plan.uuid}"\nunix_sock_group = "libvirt"\nunix_sock_rw_perms = "0770"\n'
        'auth_unix_ro = "none"\nauth_unix_rw = "none"\nlisten_tls = 0\nlisten_tcp = 1\nlisten_addr = "0.0.0.0"\n'
        'auth_tcp = "none"\nlog_outputs = "2:file:/var/log/libvirt/libvirtd.log"\n'
    )
    (etc / "qemu.conf").write_text(
        'security_driver = "none"\nvnc_listen = "127.0.0.1"\nmax_core = 0\nuser = "root"\ngroup = "root"\n'
        f'migration_host = "{plan.address}"\n'
    )


def _names(lab: Lab, folder: Path, plan: HostPlan, count: int) -> None:
    (folder / "etc/hostname").write_text(plan.name + "\n")
    others = (lab.host(number) for number in range(1, max(count, plan.number) + 1))
    (folder / "etc/hosts").write_text(
        "127.0.0.1 localhost\n" + "".join(f"{other.address} {other.name}\n" for other in others)
    )


def _users(folder: Path) -> None:
    """Private copies of the user files: the machine's own are not touched."""
    etc = folder / "etc"
    hashed = sh("openssl", "passwd", "-6", "-salt", "limenlab", PASSWORD).stdout.strip()
    passwd = Path("/etc/passwd").read_text()
    etc.joinpath("passwd").write_text(passwd + "".join(f"{u}:x:{n}:{n}::/home/{u}:/bin/sh\n" for u, n in USERS))
    shadow = ["root:*:20000:0:99999:7:::" if line.startswith("root:") else line
              for line in Path("/etc/shadow").read_text().splitlines()]  # fmt: skip
    shadow += [f"{user}:{hashed if user == 'pw' else '*'}:20000:0:99999:7:::" for user, _ in USERS]
    etc.joinpath("shadow").write_text("\n".join(shadow) + "\n")
    etc.joinpath("shadow").chmod(0o600)
    groups = []
    for line in Path("/etc/group").read_text().splitlines():
        member = line.startswith("libvirt:")
        groups.append(line + ("" if not member else "limen,pw" if line.endswith(":") else ",limen,pw"))
    groups += [f"{user}:x:{number}:" for user, number in USERS]
    etc.joinpath("group").write_text("\n".join(groups) + "\n")


def _ssh(folder: Path, plan: HostPlan, client: Path) -> None:
    ssh = folder / "ssh"
    host_key(folder, plan, client)
    keys = ssh / "authorized_keys"
    keys.write_text("".join((client / f"{name}.pub").read_text() for name in ("id_lab", "id_locked")))
    home = folder / "home/.ssh"
    home.chmod(0o700)
    # hosts reach one another, as migration wants it
    shutil.copy(client / "id_lab", home / "id_ed25519")
    (home / "id_ed25519").chmod(0o600)
    (home / "config").write_text(
        "Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n"
    )
    certificate = f"HostCertificate {ssh}/host-cert.pub\n" if plan.certificate else ""
    forwarding = "AllowStreamLocalForwarding no\nAllowTcpForwarding no\n" if plan.no_forwarding else ""
    by_key = "no" if plan.password_only else "yes"
    (ssh / "sshd_config").write_text(
        f"Port 22\nHostKey {ssh}/host\n{certificate}PidFile /run/sshd.pid\nAuthorizedKeysFile {keys}\nStrictModes no\n"
        f"UsePAM no\nPermitRootLogin yes\nPubkeyAuthentication {by_key}\nPasswordAuthentication "
        f"{'yes' if plan.password_only else 'no'}\nKbdInteractiveAuthentication no\nSubsystem sftp internal-sftp\n"
        f"MaxStartups 100\n{forwarding}"
    )


def host_key(folder: Path, plan: HostPlan, client: Path) -> None:
    """The host's key, and where it is so planned, the authority's certificate for it."""
    key = folder / "ssh/host"
    keygen(key, comment=plan.name)
    if plan.certificate:
        sh(
            "ssh-keygen",
            "-q",
            "-s",
            client / "ca",
            "-I",
            plan.name,
            "-h",
            "-n",
            f"{plan.name},{plan.address}",
            f"{key}.pub",
        )
