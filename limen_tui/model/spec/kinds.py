"""How fields of a spec are marked that people write with units. Pure."""

from __future__ import annotations

from dataclasses import field
from typing import Any

UNIT = "unit"
"""The metadata key: ``B`` or ``KiB``, for integers that may also be written as ``20G`` or ``512 MiB``."""


def BYTES(default: int) -> Any:  # noqa: N802 - reads as a type where it is used
    """A field in bytes."""
    return field(default=default, metadata={UNIT: "B"})


def KIB(default: int) -> Any:  # noqa: N802
    """A field in KiB."""
    return field(default=default, metadata={UNIT: "KiB"})
