"""Is a spec usable on a host? Findings by field, so that a form can say them beside it. Pure; any thread."""

from __future__ import annotations

from collections.abc import Iterable

from limen_tui.model.spec.checks import basics, cloud, devices, limits
from limen_tui.model.spec.finding import Finding, HostLimits, PoolLimits
from limen_tui.model.spec.vm import VMSpec

__all__ = ["Finding", "HostLimits", "PoolLimits", "errors", "validate"]


def validate(spec: VMSpec, host: HostLimits) -> tuple[Finding, ...]:
    """All that is wrong (``error``: libvirt or Limen would refuse) or doubtful (``warning``), errors first.

    Works on specs before and after ``complete``. Never raises.
    """
    found = [*basics(spec, host), *limits(spec, host), *devices(spec, host), *cloud(spec)]
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: finding.level != "error"))


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that forbid going on."""
    return tuple(finding for finding in findings if finding.level == "error")
