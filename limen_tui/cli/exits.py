"""Exit codes, documented in ``limen --help`` and the README. Pure."""

from __future__ import annotations

from typing import Final

from limen_tui.errors import (
    AuthError,
    Conflict,
    ConnectError,
    InputError,
    InventoryError,
    LimenError,
    NotFound,
    NotSupported,
    ReadOnlyError,
)

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
NOT_FOUND: Final = 4
REFUSED: Final = 5
SIGN_IN: Final = 6
INVENTORY: Final = 7
INTERRUPTED: Final = 130

TEXT: Final = """exit codes:
  0  done                          4  no such VM or host, or the name fits several
  1  something failed              5  refused: its state, or read-only, forbids it
  2  usage, configuration, input   6  sign-in or host key needed
  3  a host did not answer         7  the inventory database cannot be used
"""


def code_of(error: LimenError) -> int:
    """The exit code that an error means."""
    table: tuple[tuple[type[LimenError] | tuple[type[LimenError], ...], int], ...] = (
        (ConnectError, UNREACHABLE),
        (AuthError, SIGN_IN),
        (NotFound, NOT_FOUND),
        ((Conflict, NotSupported, ReadOnlyError), REFUSED),
        (InventoryError, INVENTORY),
        (InputError, USAGE),
    )
    return next((code for kinds, code in table if isinstance(error, kinds)), FAILED)
