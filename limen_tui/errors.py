"""What can go wrong, as one tree. Imports nothing of Limen; used on every thread.

::

    LimenError                  base: title, detail, hint
    |- ConnectError             the host cannot be reached, or the link broke
    |  `- Timeout               it was reached and did not answer in time
    |- AuthError                reached, but we may not in: sign-in, polkit, group, host key
    |- NotFound                 the VM, volume, network ... is not (or no longer) there
    |- Conflict                 the state of the target forbids it, or a name is taken
    |- NotSupported             this hypervisor or driver cannot do it
    |- ReadOnlyError            refused here: the host or the whole run is read-only
    |- StepFailed               the hypervisor tried and failed
    |- Cancelled                stopped because a person asked for it
    |- InventoryError           the database is damaged, newer than we are, or not writable
    `- InputError               what was typed, or a file that was read, is not usable
       `- ConfigError           config.toml; the detail names the line
"""

from __future__ import annotations


class LimenError(Exception):
    """An error with a title to show, a detail to understand it, and a hint that says what to do.

    All three are plain text from outside as often as not: show them without markup.
    """

    def __init__(self, title: str, detail: str = "", hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.title}: {self.detail}" if self.detail else self.title


class ConnectError(LimenError):
    """The host cannot be reached, or the link to it broke."""

    before_sending = False
    """True when what was asked certainly never left: then it did not happen. Else nobody knows yet."""

    @classmethod
    def unsent(cls, title: str, detail: str = "", hint: str = "") -> ConnectError:
        """One for what was asked and certainly never left."""
        error = cls(title, detail, hint)
        error.before_sending = True
        return error


class Timeout(ConnectError):
    """The host was reached and did not answer in time; what was asked may still happen."""


class AuthError(LimenError):
    """The host was reached, and refused us."""


class NotFound(LimenError):
    """The object asked for is not there, or no longer."""


class Conflict(LimenError):
    """The target's state forbids it, or its name is taken."""


class NotSupported(LimenError):
    """This hypervisor, driver or version cannot do it."""


class ReadOnlyError(LimenError):
    """Refused by Limen itself: the host, or the whole run, is read-only."""


class StepFailed(LimenError):
    """The hypervisor tried and failed."""


class Cancelled(LimenError):
    """Stopped on the way because a person asked for it: no failure."""


class InventoryError(LimenError):
    """The inventory database cannot be used."""


class InputError(LimenError):
    """What was typed or read is not usable."""


class ConfigError(InputError):
    """config.toml is not usable; the detail names file and line."""
