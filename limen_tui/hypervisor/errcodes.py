"""Which LimenError each libvirt error code becomes. Imports libvirt for the names; safe on any thread."""

from __future__ import annotations

from typing import Final

import libvirt

from limen_tui.errors import (
    AuthError,
    Conflict,
    ConnectError,
    InputError,
    LimenError,
    NotFound,
    NotSupported,
    ReadOnlyError,
    StepFailed,
    Timeout,
)

# libvirt 9.1's; a daemon may be newer than what libvirt-python was built with here
AGENT_COMMAND_TIMEOUT: Final[int] = getattr(libvirt, "VIR_ERR_AGENT_COMMAND_TIMEOUT", 112)
AGENT_COMMAND_FAILED: Final[int] = getattr(libvirt, "VIR_ERR_AGENT_COMMAND_FAILED", 113)

# Names, not numbers: an older or newer libvirt may lack one, and then it cannot be raised either.
_NAMES: Final[dict[type[LimenError], str]] = {
    ConnectError: """UNKNOWN_HOST NO_CONNECT INVALID_CONN HTTP_ERROR GET_FAILED POST_FAILED OPEN_FAILED RPC
        GNUTLS_ERROR NO_SOURCE NO_SERVER NO_CLIENT SSH LIBSSH NO_XEN NO_XENSTORE DRIVER_FULL""",
    Timeout: "OPERATION_TIMEOUT AGENT_UNRESPONSIVE AGENT_UNSYNCED",
    AuthError: "AUTH_FAILED AUTH_CANCELLED AUTH_UNAVAILABLE ACCESS_DENIED",
    ReadOnlyError: "OPERATION_DENIED",
    NotFound: """NO_DOMAIN NO_NETWORK NO_STORAGE_POOL NO_STORAGE_VOL NO_NODE_DEVICE NO_INTERFACE NO_NWFILTER
        NO_SECRET NO_DOMAIN_SNAPSHOT NO_DOMAIN_METADATA NO_NWFILTER_BINDING NO_DOMAIN_CHECKPOINT
        NO_DOMAIN_BACKUP NO_NETWORK_PORT NO_NETWORK_METADATA NO_HOSTNAME DEVICE_MISSING""",
    Conflict: """OPERATION_INVALID DOM_EXIST NETWORK_EXIST RESOURCE_BUSY BLOCK_COPY_ACTIVE STORAGE_POOL_BUILT
        STORAGE_VOL_EXIST SNAPSHOT_REVERT_RISKY MIGRATE_UNSAFE NETWORK_PORT_EXIST MULTIPLE_DOMAINS
        MULTIPLE_INTERFACES CHECKPOINT_INCONSISTENT CPU_INCOMPATIBLE MIGRATE_FINISH_OK""",
    NotSupported: """NO_SUPPORT OS_TYPE NO_KERNEL NO_ROOT NO_TARGET NO_OS NO_DEVICE CONFIG_UNSUPPORTED
        ARGUMENT_UNSUPPORTED OPERATION_UNSUPPORTED NO_SECURITY_MODEL""",
    InputError: """INVALID_DOMAIN INVALID_ARG NO_NAME XML_ERROR XML_DETAIL XML_INVALID_SCHEMA INVALID_MAC
        INVALID_NETWORK INVALID_STORAGE_POOL INVALID_STORAGE_VOL INVALID_NODE_DEVICE INVALID_INTERFACE
        INVALID_NWFILTER INVALID_SECRET INVALID_DOMAIN_SNAPSHOT INVALID_STREAM INVALID_NWFILTER_BINDING
        INVALID_DOMAIN_CHECKPOINT INVALID_NETWORK_PORT INVALID_ENCR_KEY_SECRET CONF_SYNTAX PARSE_FAILED OVERFLOW
        SEXPR_SERIAL""",
    StepFailed: """OK INTERNAL_ERROR NO_MEMORY OPERATION_FAILED XEN_CALL CALL_FAILED READ_FAILED WRITE_FAILED
        SYSTEM_ERROR BUILD_FIREWALL MIGRATE_PERSIST_FAILED HOOK_SCRIPT_FAILED STORAGE_PROBE_FAILED
        OPERATION_ABORTED DBUS_SERVICE""",
}

CLASS_OF: Final[dict[int, type[LimenError]]] = {
    getattr(libvirt, f"VIR_ERR_{name}"): kind
    for kind, names in _NAMES.items()
    for name in names.split()
    if hasattr(libvirt, f"VIR_ERR_{name}")
} | {AGENT_COMMAND_TIMEOUT: Timeout, AGENT_COMMAND_FAILED: StepFailed}
"""By libvirt error code (virErrorNumber)."""

TITLE_OF: Final[dict[int, str]] = {
    libvirt.VIR_ERR_NO_DOMAIN: "The VM is gone",
    libvirt.VIR_ERR_NO_NETWORK: "The network is gone",
    libvirt.VIR_ERR_NO_STORAGE_POOL: "The storage pool is gone",
    libvirt.VIR_ERR_NO_STORAGE_VOL: "The volume is gone",
    libvirt.VIR_ERR_UNKNOWN_HOST: "The host name is not known",
    libvirt.VIR_ERR_DOM_EXIST: "A VM of that name or UUID exists already",
    libvirt.VIR_ERR_OPERATION_INVALID: "Its state does not allow this",
    libvirt.VIR_ERR_RESOURCE_BUSY: "It is in use",
    libvirt.VIR_ERR_AGENT_UNRESPONSIVE: "The guest agent does not answer",
    AGENT_COMMAND_TIMEOUT: "The guest agent does not answer",
    AGENT_COMMAND_FAILED: "The guest agent could not do it",
    libvirt.VIR_ERR_OPERATION_DENIED: "The connection is read-only",
    libvirt.VIR_ERR_ACCESS_DENIED: "Access denied by the host's policy",
    libvirt.VIR_ERR_AUTH_FAILED: "Sign-in failed",
    libvirt.VIR_ERR_AUTH_CANCELLED: "Sign-in is needed",
    libvirt.VIR_ERR_AUTH_UNAVAILABLE: "No way to sign in",
    libvirt.VIR_ERR_NO_SUPPORT: "This hypervisor cannot do it",
    libvirt.VIR_ERR_OPERATION_TIMEOUT: "The hypervisor is busy with this VM",
    libvirt.VIR_ERR_INTERNAL_ERROR: "The hypervisor failed",
    libvirt.VIR_ERR_OPERATION_FAILED: "The hypervisor failed",
    libvirt.VIR_ERR_NO_MEMORY: "The host is out of memory",
}
"""Titles where the class's own is not the best."""

CLASS_TITLE: Final[dict[type[LimenError], str]] = {
    ConnectError: "Cannot reach the host",
    Timeout: "No answer in time",
    AuthError: "Access refused",
    ReadOnlyError: "Read-only",
    NotFound: "Not found",
    Conflict: "Not possible now",
    NotSupported: "Not supported here",
    InputError: "The hypervisor does not accept this",
    StepFailed: "The hypervisor failed",
}

CLASS_HINT: Final[dict[type[LimenError], str]] = {
    ConnectError: "Check that the host is up and that libvirt runs there; Limen tries again by itself.",
    Timeout: "Try again in a moment; the act may still happen.",
    AuthError: "Ask the host's administrator for access, or sign in as another user.",
    ReadOnlyError: "Open the host without --read-only to change something.",
    NotFound: "It may have been removed or renamed; refresh the view.",
    Conflict: "Look at its state and at running jobs, then try again.",
    NotSupported: "Another hypervisor, driver or version is needed for this.",
    InputError: "Look at the detail for what was refused.",
    StepFailed: "Look at the detail, and at the host's libvirt log.",
}
