"""What cloud-init is told. Pure; PyYAML is imported when there is user-data to look at."""

from __future__ import annotations

from collections.abc import Iterator

from limen_tui.model.spec.finding import Finding
from limen_tui.model.spec.vm import VMSpec


def cloud(spec: VMSpec) -> Iterator[Finding]:
    """Host name, user, keys, password, addresses, user-data."""
    if spec.cloud_init is None:
        return
    yield from ()
