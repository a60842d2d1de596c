"""CPU, memory, firmware and what else the host may not offer. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from limen_tui.model import units
from limen_tui.model.spec.finding import Finding, HostLimits
from limen_tui.model.spec.vm import VMSpec


def limits(spec: VMSpec, host: HostLimits) -> Iterator[Finding]:
    """All of it."""
    yield from _cpu(spec, host)
    yield from _memory(spec, host)
    yield from _offered(spec, host)


def _cpu(spec: VMSpec, host: HostLimits) -> Iterator[Finding]:
    most = max(spec.vcpus_max, spec.vcpus)
    if spec.vcpus < 1:
        yield Finding("vcpus", "error", "A VM needs a vCPU.")
    if spec.vcpus_max and spec.vcpus_max < spec.vcpus:
        yield Finding("vcpus_max", "error", f"The maximum is below the {spec.vcpus} vCPUs it starts with.")
    if spec.topology is not None:
        if min(spec.topology.sockets, spec.topology.cores, spec.topology.threads) < 1:
            yield Finding("topology", "error", "Sockets, cores and threads are at least 1 each.")
        elif spec.topology.cpus != (spec.vcpus_max or spec.topology.cpus) or spec.topology.cpus < spec.vcpus:
            yield Finding("topology", "error", f"It makes {spec.topology.cpus} CPUs; the maximum is {most}.")
    caps = host.caps
    if caps.max_vcpus and most > caps.max_vcpus:
        # libvirt refuses to start (and newer ones to define) such a VM
        yield Finding("vcpus", "error", f"{caps.machine or 'This machine type'} takes at most {caps.max_vcpus} vCPUs.")
    elif host.cpus and spec.vcpus > host.cpus:
        yield Finding("vcpus", "warning", f"More vCPUs than the host's {host.cpus}: they will wait for one another.")


def _memory(spec: VMSpec, host: HostLimits) -> Iterator[Finding]:
    if spec.memory_kib < 1024:
        yield Finding("memory_kib", "error", "A VM needs memory: at least 1 MiB.")
    elif spec.memory_kib < 64 * 1024:
        yield Finding("memory_kib", "warning", "With less than 64 MiB hardly anything boots.")
    if spec.memory_max_kib and spec.memory_max_kib < spec.memory_kib:
        yield Finding("memory_max_kib", "error", "The maximum is below what it starts with.")
    if max(spec.memory_kib, spec.memory_max_kib) > 1 << 50:
        yield Finding("memory_kib", "error", "No machine has that much memory.")
    elif host.memory_kib and spec.memory_kib > host.memory_kib:
        total = units.size(host.memory_kib, unit="KiB")
        yield Finding("memory_kib", "warning", f"More than the host's {total}: it may not start, or the host may swap.")
    elif host.memory_free_kib is not None and spec.start and spec.memory_kib > host.memory_free_kib:
        free = units.size(host.memory_free_kib, unit="KiB")
        yield Finding("memory_kib", "warning", f"The host has {free} free: others may have to swap.")


def _offered(spec: VMSpec, host: HostLimits) -> Iterator[Finding]:
    caps = host.caps
    if spec.kind == "qemu" or (not spec.kind and caps.emulated):
        why = "There is no KVM: the VM" if caps.known and caps.emulated else "The VM"
        yield Finding("kind", "warning", f"{why} is emulated (type qemu) and many times slower.")
    if spec.firmware == "uefi-secure" and spec.machine.startswith(("pc-i440fx", "isapc")):
        yield Finding("firmware", "error", "Secure boot needs the q35 machine type.")
    if spec.tpm and spec.firmware == "bios":
        yield Finding("tpm", "warning", "Few systems use a TPM without UEFI.")
    if not caps.known:
        return
    if spec.kind == "kvm" and caps.emulated:
        yield Finding("kind", "error", "The host offers no KVM.")
    if spec.firmware != "bios" and not caps.uefi:
        yield Finding("firmware", "error", "The host has no UEFI firmware (package ovmf or edk2-ovmf).")
    elif spec.firmware == "uefi-secure" and not caps.secure_boot:
        yield Finding("firmware", "error", "The host has no UEFI firmware with secure boot.")
    if spec.tpm and not caps.tpm:
        yield Finding("tpm", "error", "The host offers no software TPM (package swtpm).")
    if spec.cpu_mode and spec.cpu_mode not in caps.cpu_modes:
        yield Finding("cpu_mode", "error", f"The host does not offer {spec.cpu_mode}.")
    if spec.graphics != "none" and spec.graphics not in caps.graphics:
        yield Finding("graphics", "error", f"The host does not offer {spec.graphics.upper()}.")
