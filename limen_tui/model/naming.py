"""Names of VMs and of what is made for them. Pure; any thread.

A name goes into file names, libvirt's log and monitor paths and shells' completions, so Limen is stricter than libvirt
for what it makes: letters (of any script), digits and ``. _ - +`` and blanks inside, none at the edges. VMs that others
made may be called anything.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Collection, Iterator
from typing import Final

from limen_tui.errors import InputError
from limen_tui.model import units

MAX_BYTES: Final = 200
"""Of UTF-8: libvirt appends up to 40 bytes for its own files, and a file name has room for 255."""
MAX_MANY: Final = 500
_PUNCTUATION: Final = frozenset("._-+ ")
_RANGE: Final = re.compile(r"\{(\d{1,6})\.\.(\d{1,6})\}")
_NUMBER: Final = re.compile(r"\{n(?::(0?)(\d))?\}")


def name_problem(name: str) -> str:
    """Why ``name`` is no name for a new VM, as a sentence; empty when it is one."""
    if not name:
        return "A VM needs a name."
    if len(name.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return f"The name is longer than {MAX_BYTES} bytes."
    if unicodedata.normalize("NFC", name) != name:
        return "The name has letters put together of parts; type it in composed form (NFC)."
    if name[0] in "-.+ " or name[-1] in " .":
        return "A name does not start with a dash, dot, plus or blank, nor end with a dot or blank."
    for char in name:
        kind = unicodedata.category(char)
        if char not in _PUNCTUATION and kind[0] not in "LN" and kind not in ("Mn", "Mc"):
            return f"{units.clean(char)!r} cannot be in a name: letters, digits and . _ - + are fine."
    if ".." in name:
        return "Two dots in a row cannot be in a name."
    return ""


def check_name(name: str) -> str:
    """``name`` itself. Raises ``InputError`` where :func:`name_problem` finds something."""
    problem = name_problem(name)
    if problem:
        raise InputError("The name cannot be used", f"{units.clean(name[:80])!r}: {problem}",
                         "Example: web-01")  # fmt: skip
    return name


def expand(pattern: str, count: int = 0, *, start: int = 1) -> tuple[str, ...]:
    """The names that ``pattern`` stands for: ``web{1..5}`` says itself how many, ``web-{n:02}`` needs ``count``.

    ``{01..12}`` keeps its width. A pattern without either is one name, or with a ``count`` above 1 gets ``-1``, ``-2``
    ... appended. Raises ``InputError`` for a name that is none, a count over 500, or a pattern that says two things.
    """
    names = tuple(_expanded(pattern, count, start))
    for name in names:
        check_name(name)
    if len(set(names)) != len(names):
        raise InputError("The pattern makes a name twice", units.clean(pattern[:80]))
    return names


def _expanded(pattern: str, count: int, start: int) -> Iterator[str]:
    ranges, numbers = _RANGE.findall(pattern), _NUMBER.findall(pattern)
    if len(ranges) + len(numbers) > 1:
        raise InputError("The pattern counts twice", units.clean(pattern[:80]), "Use {1..5} or {n} once.")
    if ranges:
        (low, high), before, after = ranges[0], *_around(_RANGE, pattern)
        total = int(high) - int(low) + 1
        if total < 1 or (count and count != total):
            raise InputError("The range does not fit", f"{{{low}..{high}}} makes {max(total, 0)}, asked for {count}.")
        width = len(low) if low.startswith("0") else 0
    else:
        total, low = count or 1, str(start)
        width = int(numbers[0][1] or 0) if numbers else 0
        if numbers:
            before, after = _around(_NUMBER, pattern)
        elif total == 1:
            yield pattern
            return
        else:
            before, after = f"{pattern}-", ""
    if total > MAX_MANY:
        raise InputError("That is too many at once", f"{total} VMs; the most is {MAX_MANY}.")
    for number in range(int(low), int(low) + total):
        yield f"{before}{number:0{width}d}{after}"


def _around(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.search(text)
    assert found is not None  # noqa: S101 - the caller found it
    return text[: found.start()], text[found.end() :]


def free_name(wish: str, taken: Collection[str]) -> str:
    """``wish``, or with the first ``-2``, ``-3`` ... that is not taken."""
    if wish not in taken:
        return wish
    return next(name for number in range(2, len(taken) + 3) if (name := f"{wish}-{number}") not in taken)


def hostname_of(name: str) -> str:
    """A host name (RFC 1123, at most 63 letters) made of a VM's name; ``vm`` where nothing of it can stay."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    kept = "".join(char if char in string.ascii_lowercase + string.digits else "-" for char in plain)
    return re.sub("-+", "-", kept).strip("-")[:63].rstrip("-") or "vm"


def volume_problem(name: str, what: str = "volume") -> str:
    """Why ``name`` is no name for a volume (or for something else that libvirt keeps in a file of that name); empty
    when it is one. Others' volumes may be called more."""
    if not name or name in (".", "..") or "/" in name or "\\" in name:
        return f"A {what}'s name is a file name: no slashes."
    if len(name.encode("utf-8", "surrogatepass")) > 250:
        return "The name is longer than 250 bytes."
    if units.clean(name) != name:
        return "There are characters in the name that cannot be shown."
    if name[0] in "-" or name != name.strip():
        return f"A {what}'s name does not start with a dash, nor start or end with a blank."
    return ""


def check_file_name(name: str, what: str) -> None:
    """Raises ``InputError`` for what cannot be the name of a new pool or network (``what``)."""
    if problem := volume_problem(name, what):
        raise InputError("The name cannot be used", f"{units.clean(name[:80])!r}: {problem}")
