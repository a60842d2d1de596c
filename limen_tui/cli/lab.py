"""``limen --lab``: the hosts that `make lab` brought up, with the lab's ssh settings. Main thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from limen_tui.errors import NotFound
from limen_tui.fleet.compose import Options

STATE = Path("/run/limen-lab-limen")
SSH_CONFIG = STATE / "client/config"


def lab_options(options: Options) -> Options:
    """``options`` with the lab's hosts. Raises ``NotFound`` when no lab is up."""
    try:
        lines = (STATE / "client/hosts").read_text().splitlines()
    except OSError as error:
        raise NotFound("No lab is up", hint="`make lab` brings one up; `make lab-down` takes it down.") from error
    uris = tuple(line.split()[1] for line in lines if len(line.split()) == 2)
    return replace(options, uris=uris, ssh_config=(str(SSH_CONFIG),))
