"""Makes the screenshots in this folder from the simulated fleet: `make screenshots`.

Simulated time stands still, so that a picture changes only when the screen does. With rsvg-convert on the PATH each
SVG also becomes a PNG in the folder given as the one argument, for looking at.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Shot:
    """A picture: its name, the terminal's size, the theme, and the keys that lead to it."""

    name: str
    keys: Sequence[str] = ()
    size: tuple[int, int] = (120, 36)
    theme: str = "dark"


SHOTS = (
    Shot("fleet", ("j", "j", "j")),
    Shot("fleet-light", ("j", "j", "j"), theme="light"),
    Shot("fleet-80x24", (), (80, 24)),
    Shot("fleet-200x60", ("shift+right",), (200, 60)),
    Shot("filter", ("slash", *"state:running cpu>60", "enter")),
    Shot("groups", ("ctrl+g",)),
    Shot("confirm", ("j", "space", "j", "space", "S")),
    Shot("palette", ("colon", *"web")),
    Shot("help", ("question_mark",)),
    Shot("hosts", ("2",)),
    Shot("storage", ("3",)),
    Shot("events", ("6",)),
    Shot("vm", ("enter",)),
    Shot("create", ("n", *"web{1..3}"), (120, 40)),
    Shot("delete", ("j", "j", "ctrl+d")),
    Shot("reconcile", ("equals_sign",)),
)


async def take(shot: Shot) -> str:
    """The SVG of one picture."""
    sim = simulated_fleet(manual=True)
    settings = Settings(theme=shot.theme)
    fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"))
    app = LimenApp(fleet, settings, demo=True)
    try:
        async with app.run_test(size=shot.size) as pilot:
            await pilot.pause()
            for _ in range(40):
                sim.advance(1.0)
                app.tick()
                await pilot.pause()
            for key in shot.keys:
                await pilot.press(key)
            for _ in range(12):
                await asyncio.sleep(0.05)  # plans and scans are made on other threads
                sim.advance(0.25)
                app.tick()
                await pilot.pause()
            svg = app.export_screenshot(title="Limen")
    finally:
        fleet.close()
    # fixed ids, and blanks kept by converters that follow the letter of SVG
    svg = re.sub(r"terminal-\d+-", f"limen-{shot.name}-", svg)
    return svg.replace("<svg ", '<svg xml:space="preserve" ', 1)


def main() -> None:
    """Take them all."""
    wanted = [shot for shot in SHOTS if len(sys.argv) < 3 or shot.name in sys.argv[2:]]
    png = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for shot in wanted:
        path = HERE / f"{shot.name}.svg"
        path.write_text(asyncio.run(take(shot)))
        print(path.name)
        if png is not None and shutil.which("rsvg-convert"):
            png.mkdir(parents=True, exist_ok=True)
            subprocess.run(["rsvg-convert", str(path), "-o", str(png / f"{shot.name}.png")], check=True)


if __name__ == "__main__":
    main()
