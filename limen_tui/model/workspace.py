"""Workspaces: what belongs together across hosts. Pure.

A VM's workspace is kept as a tag, ``ws/NAME``, in its own libvirt metadata: it travels with the VM, and whoever only
knows tags still sees it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

PREFIX: Final = "ws/"


def workspace_of(tags: Iterable[str]) -> str:
    """The workspace that ``tags`` name; empty for none."""
    return next((tag.removeprefix(PREFIX) for tag in tags if tag.startswith(PREFIX)), "")


def in_workspace(tags: Iterable[str], name: str) -> tuple[str, ...]:
    """``tags``, in the workspace ``name`` and no other; an empty name is none."""
    others = tuple(tag for tag in tags if not tag.startswith(PREFIX))
    return (*others, f"{PREFIX}{name}") if name else others
