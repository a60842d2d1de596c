"""The user's own sizes of new VMs in config.toml."""

from __future__ import annotations

import pytest

from limen_tui.errors import ConfigError
from limen_tui.model.spec import Preset
from limen_tui.settings import Settings, parse_settings


def test_a_preset_of_ones_own():
    text = '[presets.database]\nvcpus = 4\nmemory = "16G"\ndisk = "200G"\n[presets."my tiny"]\n'
    assert parse_settings(text).presets == {"database": Preset(4, 16 << 20, 200 << 30), "my tiny": Preset()}
    assert Settings().presets == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("vcpus = 0", "line 2: presets.db.vcpus: is 0"),
        ('vcpus = "4"', "line 2: presets.db.vcpus: is '4'"),
        ("memory = 4096", "line 2: presets.db.memory: is 4096"),
        ('memory = "4"', "line 2: presets.db.memory"),
        ('disk = "1e99"', "line 2: presets.db.disk"),
        ("disk = 20", "line 2: presets.db.disk: is 20"),
        ("ram = 1", "line 2: presets.db.ram: not a known key"),
        ("memory_kib = 1", "line 2: presets.db.memory_kib: not a known key"),
    ],
)
def test_a_mistake_has_its_line(line, said):
    with pytest.raises(ConfigError) as caught:
        parse_settings(f"[presets.db]\n{line}\n", "my.toml")
    assert f"my.toml, {said}" in caught.value.detail


@pytest.mark.parametrize("text", ["presets = 1", "[presets]\ndb = 1", "[[presets]]"])
def test_what_is_no_preset(text):
    with pytest.raises(ConfigError):
        parse_settings(text)
