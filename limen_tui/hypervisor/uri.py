"""What a host's URI says before it is opened. Imports the model only; safe on any thread."""

from __future__ import annotations

from dataclasses import replace

from limen_tui.model.uri import parse_uri


def transport(uri: str) -> str:
    """How the host is reached: ``local``, ``unix``, ``ssh``, ``tls``, ``tcp`` ... Raises ``InputError``."""
    parsed = parse_uri(uri)
    # without a transport, libvirt takes TLS for another host and a socket for this one
    return parsed.transport or ("tls" if parsed.host else "local")


def is_local(uri: str) -> bool:
    """Whether the hypervisor runs on this machine: no host name, and no socket that may be a bridge to another.

    Raises ``InputError``.
    """
    parsed = parse_uri(uri)
    return parsed.is_local and not parsed.param("socket")


def for_libvirt(uri: str) -> str:
    """``uri`` as libvirt is to open it. Raises ``InputError``.

    Its own ssh must never talk on our terminal (``no_tty``: batch mode), and parameters that are ours are
    taken out: libvirt would hand them on to the far end.
    """
    parsed = parse_uri(uri)
    if not parsed.is_ssh:
        return uri
    params = [(name, value) for name, value in parsed.params if name not in {"transport", "no_tty"}]
    return str(replace(parsed, params=(*params, ("no_tty", "1"))))
