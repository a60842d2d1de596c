"""Checksums as people and mirrors write them. Pure; safe on any thread."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from limen_tui.errors import InputError
from limen_tui.model.units import clean

_ALGORITHM: Final = {64: "sha256", 96: "sha384", 128: "sha512"}
_WEAK: Final = {32: "MD5", 40: "SHA-1"}
_BSD: Final = re.compile(r"(?:SHA\d+)\s*\((?P<name>[^()]+)\)\s*=\s*(?P<hex>[0-9a-fA-F]+)", re.ASCII)
_GNU: Final = re.compile(r"\\?(?P<hex>[0-9a-fA-F]{64,128})(?:\s+\*?(?P<name>\S.*))?", re.ASCII)
MOST: Final = 1 << 20
"""Characters of a checksum file that are looked at."""


class Checksum(NamedTuple):
    """A checksum and how it is made."""

    algorithm: str
    """As hashlib names it."""
    hex: str
    """Lower case."""

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


def parse_checksum(text: str) -> Checksum:
    """``sha256:<hex>`` or the bare digits, whose length tells. Raises ``InputError``."""
    said, _, digits = text.strip().rpartition(":")
    digits = digits.strip().lower()
    if not re.fullmatch(r"[0-9a-f]+", digits):
        raise InputError(f"{clean(text.strip())[:80]!r} is not a checksum", hint="Give the SHA-256 or SHA-512 digits.")
    if weak := _WEAK.get(len(digits)):
        raise InputError(f"{weak} proves nothing any more", hint="Give the SHA-256 or SHA-512 digits.")
    algorithm = _ALGORITHM.get(len(digits))
    if algorithm is None or (said and said.strip().lower().replace("-", "") != algorithm):
        raise InputError(f"A checksum of {len(digits)} digits cannot be", hint="SHA-256 has 64, SHA-512 has 128.")
    return Checksum(algorithm, digits)


def find_checksum(text: str, name: str) -> Checksum:
    """The checksum of the file ``name`` in a checksum file: GNU or BSD lines, signed or not; the strongest wins.

    A file with a single checksum and no name, or another name, is that of ``name`` (``image.qcow2.sha256``).
    Raises ``InputError`` where there is none.
    """
    found: dict[str, list[Checksum]] = {}
    for line in text[:MOST].splitlines():
        match = _BSD.fullmatch(line.strip()) or _GNU.fullmatch(line.strip())
        if match is None or len(match["hex"]) not in _ALGORITHM:
            continue
        listed = (match["name"] or "").strip().rpartition("/")[2]
        found.setdefault(listed, []).append(Checksum(_ALGORITHM[len(match["hex"])], match["hex"].lower()))
    of_it = found.get(name) or (next(iter(found.values())) if len(found) == 1 else [])
    if not of_it:
        raise InputError(f"No checksum of {clean(name)} is listed", hint="Give it yourself, or look at the mirror.")
    best = max(of_it, key=lambda checksum: len(checksum.hex))
    if any(other != best and other.algorithm == best.algorithm for other in of_it):
        raise InputError(f"Two checksums of {clean(name)} contradict each other", hint="Look at the mirror.")
    return best
