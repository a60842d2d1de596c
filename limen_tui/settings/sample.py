"""A config.toml to start from: every setting with its default. Pure text, tested to load."""

from __future__ import annotations

from typing import Final

SAMPLE: Final = """\
# Limen's settings: ~/.config/limen/config.toml (or $XDG_CONFIG_HOME/limen/config.toml).
# Everything is optional; what is here are the defaults.

# dark, light, high-contrast, or ansi (the terminal's own colours)
theme = "dark"

[refresh]
on_screen = 2           # seconds between samples of the hosts on show, 1 to 60
background = 15         # seconds for all other hosts, 1 to 3600

[confirm]
destructive = true      # ask before what loses unsaved work (force off, reset)
count_typed_above = 5   # with more VMs than this their number must be typed
shutdown_timeout = 60   # seconds until an unanswered shutdown offers to force off

[connections]
parallel = 16           # hosts being connected to at once
lifecycle_per_host = 4  # starts, shutdowns ... at once on one host

[warnings]
snapshot_days = 30      # a VM's screen warns of a snapshot older than this, 1 to 10000

[screen]
graphics = "auto"       # a guest's screen as pixels: "auto" asks kitty, ghostty, WezTerm and Konsole if they can,
                        # "kitty" asks whatever the terminal is called, "blocks" never does

[paths]
inventory = ""          # the database; empty: $XDG_DATA_HOME/limen/inventory.db

# Columns by view, in their order.
# Views: vms, hosts, storage, volumes, networks, jobs, events, top. K on the screen chooses columns, too, and wins.
[columns]
# vms = ["name", "host", "state", "vcpus", "cpu", "memory"]

# Sizes of new VMs, beside tiny, small, medium and large; one of those names changes it.
# [presets.database]
# vcpus = 4
# memory = "16G"
# disk = "200G"

# Keys by action, as the help (?) lists them; several are separated by commas, "" takes them away.
[keymap]
# "vm.start" = "s"
# "app.help" = "question_mark,f1"
"""
