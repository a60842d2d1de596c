"""Disk images made by hand, small and exact: so that tests need no tool and know each byte."""

from __future__ import annotations

import random
from struct import pack

CLUSTER = 1 << 16


def qcow2(data: int = 3, *, capacity: int = 64 << 20, backing: bytes = b"", incompatible: int = 0) -> bytes:
    """A version 3 image with ``data`` clusters of noise: header, refcounts, L1, L2, then the data."""
    header = pack(
        ">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", 3, 512 if backing else 0, len(backing), 16, capacity, 0, 1, 3 * CLUSTER,
        CLUSTER, 1, 0, 0, incompatible, 0, 0, 4, 104,
    )  # fmt: skip
    count = 5 + data
    clusters = [
        header.ljust(512, b"\0") + backing,
        pack(">Q", 2 * CLUSTER),
        pack(">H", 1) * count,
        pack(">Q", 4 * CLUSTER | 1 << 63),
        b"".join(pack(">Q", (5 + number) * CLUSTER | 1 << 63) for number in range(data)),
        *(random.Random(number).randbytes(CLUSTER) for number in range(data)),
    ]
    return b"".join(cluster.ljust(CLUSTER, b"\0") for cluster in clusters)


def raw(size: int = 1 << 20) -> bytes:
    """A disk with a boot sector and noise, and zeros between."""
    noise = random.Random(5).randbytes(size // 4)
    return (noise[:510] + b"\x55\xaa" + noise[512:]).ljust(size - len(noise), b"\0") + noise
