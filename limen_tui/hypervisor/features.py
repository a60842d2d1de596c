"""Which libvirt features a connection has, each probed once. Imports libvirt; runs on a session thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import libvirt

UNSUPPORTED: Final = frozenset({
    libvirt.VIR_ERR_NO_SUPPORT,
    libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED,
    libvirt.VIR_ERR_OPERATION_UNSUPPORTED,
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
    libvirt.VIR_ERR_INVALID_ARG,  # how a driver refuses a flag it does not know
})


@dataclass(slots=True)
class Features:
    """Learned by the first refusal, so that nothing is asked twice in vain."""

    keepalive: bool = True
    nowait: bool = True
    cpu_stats: bool = True
    memory_stats: bool = True
    bulk: bool = True
    """There is a bulk call at all."""
    bulk_figures: bool = True
    """The bulk call gives more than the state."""
    stats_in_chunks: bool = False
    """So many VMs that one reply would be over libvirt's limit."""
    list_in_halves: bool = False
    """So many that even a list of them is over the limit."""
    managed_save: bool = True
    events: bool = False
    """It tells of what happens to a VM: not all need to be asked at every tick."""
    some: bool = True
    """The bulk call can be asked of some VMs only."""
    networks: bool = True


def refuses(error: libvirt.libvirtError) -> bool:
    """Whether ``error`` says that the driver cannot do what was asked, now or later."""
    return error.get_error_code() in UNSUPPORTED
