"""The checks by what they look at; :mod:`limen_tui.model.spec.check` runs them all."""

from limen_tui.model.spec.checks.basics import basics
from limen_tui.model.spec.checks.cloud import cloud
from limen_tui.model.spec.checks.devices import devices
from limen_tui.model.spec.checks.limits import limits

__all__ = ["basics", "cloud", "devices", "limits"]
