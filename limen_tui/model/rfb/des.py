"""DES of one block, for VNC's password challenge and nothing else. Pure.

VNC authentication is of 1998: it proves knowledge of eight characters and hides nothing else. The tables are those of
FIPS 46-3; what Limen already carries offers single DES no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_IP: Final = tuple(start - 8 * step for start in (58, 60, 62, 64, 57, 59, 61, 63) for step in range(8))
_FP: Final = tuple(_IP.index(place) + 1 for place in range(1, 65))
_E: Final = tuple((4 * group + bit - 1) % 32 + 1 for group in range(8) for bit in range(6))
_P: Final = (16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
             2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25)  # fmt: skip
_PC1: Final = (57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44,
               36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20,
               12, 4)  # fmt: skip
_PC2: Final = (14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
               41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29,
               32)  # fmt: skip
_SHIFTS: Final = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)
_S: Final = tuple(bytes.fromhex("".join("0" + digit for digit in box)) for box in (
    "e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d",
    "f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9",
    "a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c",
    "7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e",
    "2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453",
    "c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d",
    "4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c",
    "d2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b",
))  # fmt: skip


def vnc_response(password: str, challenge: bytes) -> bytes:
    """What proves to a VNC server that ``password`` (its first eight bytes count) is known."""
    key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in password.encode("latin-1", "replace")[:8].ljust(8, b"\0"))
    return b"".join(encrypt(key, challenge[at : at + 8]) for at in range(0, len(challenge), 8))


def encrypt(key: bytes, block: bytes) -> bytes:
    """One block of eight bytes under a key of eight bytes, whose lowest bits mean nothing."""
    bits = _pick(_bits(block), _IP)
    left, right = bits[:32], bits[32:]
    for subkey in _subkeys(key):
        left, right = right, [a ^ b for a, b in zip(left, _round(right, subkey), strict=True)]
    number = int("".join(map(str, _pick(right + left, _FP))), 2)
    return number.to_bytes(8, "big")


def _subkeys(key: bytes) -> Iterable[list[int]]:
    kept = _pick(_bits(key), _PC1)
    c, d = kept[:28], kept[28:]
    for shift in _SHIFTS:
        c, d = c[shift:] + c[:shift], d[shift:] + d[:shift]
        yield _pick(c + d, _PC2)


def _round(half: list[int], subkey: list[int]) -> list[int]:
    mixed = [a ^ b for a, b in zip(_pick(half, _E), subkey, strict=True)]
    out: list[int] = []
    for box in range(8):
        a, b, c, d, e, f = mixed[box * 6 : box * 6 + 6]
        value = _S[box][(a << 5 | f << 4) | (b << 3 | c << 2 | d << 1 | e)]
        out += [value >> 3 & 1, value >> 2 & 1, value >> 1 & 1, value & 1]
    return _pick(out, _P)


def _bits(data: bytes) -> list[int]:
    return [byte >> shift & 1 for byte in data for shift in range(7, -1, -1)]


def _pick(bits: list[int], places: Iterable[int]) -> list[int]:
    return [bits[place - 1] for place in places]
