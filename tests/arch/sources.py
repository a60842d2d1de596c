"""The project's sources as trees, read once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("limen_tui", "widgets/limen_widgets")


@cache
def files() -> tuple[Path, ...]:
    """Every Python file of the product."""
    return tuple(sorted(path for part in PRODUCT for path in (ROOT / part).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """Its syntax tree."""
    return ast.parse(path.read_text(), str(path))


def name(path: Path) -> str:
    """As it is called in messages."""
    return str(path.relative_to(ROOT))


def lines(path: Path) -> int:
    """How long it is."""
    return len(path.read_text().splitlines())
