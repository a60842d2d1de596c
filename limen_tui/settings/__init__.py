"""config.toml and the XDG folders. Imports model and errors only; start-up, any thread.

Checked with plain code: importing pydantic costs about 85 ms, and this is on the way to the first paint.
"""

from limen_tui.settings.keys import keys_of, refuse_key, validate_keymap
from limen_tui.settings.load import config_path, load_settings, parse_settings
from limen_tui.settings.sample import SAMPLE
from limen_tui.settings.shape import THEMES, Confirm, Connections, Paths, Refresh, Settings
from limen_tui.settings.xdg import check_home, config_dir, data_dir, runtime_dir

__all__ = [
    "SAMPLE", "THEMES", "Confirm", "Connections", "Paths", "Refresh", "Settings", "check_home", "config_dir",
    "config_path", "data_dir", "keys_of", "load_settings", "parse_settings", "refuse_key", "runtime_dir",
    "validate_keymap",
]  # fmt: skip
