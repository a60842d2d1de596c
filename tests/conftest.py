"""Which tests may run beside each other (``pytest -n``): those that share real daemons stay in one process."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

TOGETHER = ("contract", "jobs", "lab")
"""Folders whose tests share a libvirtd or a lab, which takes longer to bring up than most of them run."""

# A shell that starts a run in the background has it ignore Ctrl+C, and so would every program that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and (part := item.path.relative_to(here).parts[0]) in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(part))
