"""Fields of findings, as a person calls them."""

from __future__ import annotations

import pytest

from limen_tui.model.spec.finding import field_in_words


@pytest.mark.parametrize(
    ("field", "words"),
    [("disks.0.name", "disk 1: name"), ("nics.2.mac", "network interface 3: mac"), ("memory_kib", "memory"),
     ("cloud_init.user_data", "cloud-init: user data"), ("name", "name"), ("disks", "disks")],
)  # fmt: skip
def test_fields_are_said_in_words(field: str, words: str) -> None:
    assert field_in_words(field) == words
