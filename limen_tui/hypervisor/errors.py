"""libvirtError -> LimenError, at one seam. Imports libvirt; safe on any thread."""

from __future__ import annotations

import re
from typing import Final

import libvirt

from limen_tui.errors import AuthError, ConnectError, InputError, LimenError, NotSupported, StepFailed, Timeout
from limen_tui.hypervisor.errcodes import CLASS_HINT, CLASS_OF, CLASS_TITLE, TITLE_OF

_Shape = tuple[re.Pattern[str], type[LimenError], str, str]

START_DAEMON: Final = (
    "Start it: sudo systemctl start libvirtd.socket (or virtqemud.socket); without systemd: sudo libvirtd -d."
)
JOIN_GROUP: Final = "Run: sudo usermod -aG libvirt $USER, then log in again."

# libvirt folds most failures to connect into a few codes; the words tell them apart. The first match wins.
_BY_WORDS: Final[tuple[_Shape, ...]] = tuple(
    (re.compile(words, re.IGNORECASE), kind, title, hint)
    for words, kind, title, hint in (
        (r"failed to connect socket.*permission denied", AuthError, "No right to use the libvirt socket", JOIN_GROUP),
        (r"system bus connection|policykit|dbus\.error\.(spawn|serviceunknown)", ConnectError,
         "libvirt there cannot ask who may use it",
         "It asks polkit over D-Bus, and one of them does not run there: start both (systemctl start dbus polkit), or "
         "connect as root."),
        (r"polkit|access denied by policy|no agent is available", AuthError, "Refused by polkit", JOIN_GROUP),
        (r"authentication cancelled|cancelled by user|requires? authentication|authentication (failed|unavailable)",
         AuthError, "Sign-in is needed", "Sign in to this host."),
        (r"host key verification failed", AuthError, "The host's SSH key is not trusted",
         "Check the key and add it to known_hosts."),
        (r"permission denied \(publickey|permission denied, please try again", AuthError, "SSH sign-in refused",
         "Check the user name and that your key is in the host's authorized_keys (ssh-add -l lists the agent's)."),
        (r"failed to connect socket.*(no such file|not found)", ConnectError, "libvirt does not run there",
         START_DAEMON),
        (r"failed to connect socket.*connection refused", ConnectError, "libvirt does not run there", START_DAEMON),
        (r"unable to connect to server.*connection refused", ConnectError, "The connection was refused",
         "Check the port in the URI, and that libvirt listens there."),
        (r"unable to connect to server.*(timed out|no route|unreachable)", Timeout, "The host cannot be reached",
         "Check the network and that the host is up."),
        (r"name or service not known|unable to resolve|temporary failure in name resolution|"
         r"no address associated", ConnectError,
         "The host name is not known", "Check the name in the URI and your DNS or /etc/hosts."),
        (r"cannot find '?(libvirtd|virtqemud)|'?(libvirtd|virtqemud)'? does not exist", ConnectError,
         "libvirt is not installed", "Run: sudo apt install libvirt-daemon-system."),
        (r"keepalive", Timeout, "The host stopped answering", "Check the network and that the host is up."),
        (r"no connection driver available|could not find (the )?driver|no \S+ driver|driver .*not available",
         NotSupported, "No driver for this kind of URI",
         "Check the URI's scheme; for QEMU install libvirt-daemon-driver-qemu on the host."),
        (r"end of file while reading|connection reset|broken pipe|client socket is closed|connection closed|"
         r"cannot recv data|cannot write data|internal error: client socket|received (hangup|error) .*event on socket",
         ConnectError, "The connection broke",
         "Limen connects again by itself."),
        (r"unsupported scheme|unable to parse uri|transport.*not recognized|unsupported transport|"
         r"failed to parse uri|unexpected .* URI path", InputError, "The URI is not usable",
         "Examples: qemu:///system, qemu+ssh://user@host/system, test:///default."),
        (r"user session|cannot create (user )?runtime directory", ConnectError,
         "libvirt cannot run in your session", "Set XDG_RUNTIME_DIR, or use qemu:///system."),
        (r"cannot acquire state change lock", Timeout, "The hypervisor is busy with this VM",
         "Another act on it is under way; try again when it is over."),
        (r"could not access kvm kernel module|failed to initialize kvm|target/i386/kvm|kvm_\w+: assertion", StepFailed,
         "KVM does not work on this host",
         "Check /dev/kvm there; type qemu (--kind qemu) needs no KVM, but is many times slower."),
        (r"no space left on device", StepFailed, "The host's disk is full", "Make room there, or use another pool."),
        (r"(could not open|cannot access|failed to open|unable to open) .*permission denied", StepFailed,
         "The host may not use a file of this VM",
         "Look at the file's owner and at the folders above it: QEMU runs as a user of its own there."),
    )
)
_CONNECTIVITY: Final = frozenset({libvirt.VIR_FROM_RPC, libvirt.VIR_FROM_REMOTE})
_WORDS_APPLY: Final = frozenset({
    libvirt.VIR_ERR_SYSTEM_ERROR, libvirt.VIR_ERR_INTERNAL_ERROR, libvirt.VIR_ERR_RPC, libvirt.VIR_ERR_NO_CONNECT,
    libvirt.VIR_ERR_AUTH_FAILED, libvirt.VIR_ERR_AUTH_CANCELLED, libvirt.VIR_ERR_AUTH_UNAVAILABLE,
    libvirt.VIR_ERR_OPERATION_FAILED, libvirt.VIR_ERR_INVALID_ARG, libvirt.VIR_ERR_OPERATION_TIMEOUT,
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED, libvirt.VIR_ERR_INVALID_CONN, libvirt.VIR_ERR_SSH, libvirt.VIR_ERR_LIBSSH,
    libvirt.VIR_ERR_OPEN_FAILED, libvirt.VIR_ERR_UNKNOWN_HOST, libvirt.VIR_ERR_ACCESS_DENIED,
    libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_ERR_GNUTLS_ERROR, libvirt.VIR_ERR_DBUS_SERVICE,
})


def map_error(error: libvirt.libvirtError) -> LimenError:
    """The LimenError for a libvirtError: class, title, detail (libvirt's words) and hint. Never raises."""
    code = error.get_error_code()
    domain = error.get_error_domain()
    message = _one_line(error.get_error_message() or str(error))
    if code is None:
        # libvirt-python raises without an error set when a call fails before it reaches libvirt
        return StepFailed(CLASS_TITLE[StepFailed], message, CLASS_HINT[StepFailed])
    if code in _WORDS_APPLY:
        for words, kind, title, hint in _BY_WORDS:
            if words.search(message):
                return kind(title, message, hint)
    kind = CLASS_OF.get(code, StepFailed)
    if kind is StepFailed and code == libvirt.VIR_ERR_SYSTEM_ERROR and domain in _CONNECTIVITY:
        kind = ConnectError
    return kind(TITLE_OF.get(code, CLASS_TITLE[kind]), message, CLASS_HINT[kind])


def _one_line(text: str) -> str:
    """QEMU and the schema check answer in several lines; a screen would show their ends as unprintable."""
    return "; ".join(line for each in text.splitlines() if (line := each.strip())).replace(":; ", ": ")
