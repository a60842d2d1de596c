"""What no part of the product may do."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.arch import sources


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sources.files():
        for node in ast.walk(sources.tree(path)):
            if isinstance(node, ast.Call):
                yield sources.name(path), node


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_nobody_blocks_on_the_ui_thread_from_another() -> None:
    assert [(name, node.lineno) for name, node in calls() if called(node) == "call_from_thread"] == []


def test_the_ui_never_sleeps_or_waits_for_a_future() -> None:
    waits = [
        f"{name}:{node.lineno} {called(node)}"
        for name, node in calls()
        if name.startswith(("limen_tui/tui", "widgets"))
        and (called(node) == "sleep" or (called(node) == "result" and node.args))
    ]
    assert waits == []


def test_no_shell_no_eval_no_pickle() -> None:
    bad = [
        f"{name}:{node.lineno} {called(node)}"
        for name, node in calls()
        if called(node) in ("eval", "exec", "system", "popen", "loads_pickle")
        or any(k.arg == "shell" and getattr(k.value, "value", None) is True for k in node.keywords)
    ]
    assert bad == []


def test_bare_except_is_nowhere() -> None:
    bare = [
        f"{sources.name(path)}:{node.lineno}"
        for path in sources.files()
        for node in ast.walk(sources.tree(path))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert bare == []


def test_everything_public_says_what_it_is() -> None:
    silent = []
    for path in sources.files():
        module = sources.tree(path)
        if not ast.get_docstring(module):
            silent.append(sources.name(path))
        for node in module.body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                silent.append(f"{sources.name(path)}:{node.lineno} {node.name}")
    assert silent == []


def test_no_tool_or_place_of_ours_is_named() -> None:
    words = ("/work/", "farm-", "subagent", "DEVELOPERS.md")
    named = [
        f"{path}: {word}"
        for path in sources.ROOT.rglob("*")
        if path.is_file()
        and path.suffix in (".py", ".md", ".toml", ".sh", ".cfg")
        and not {".venv", ".git"} & set(path.relative_to(sources.ROOT).parts)
        and path != sources.ROOT / "tests/arch/test_manners.py"
        for word in words
        if word in path.read_text(errors="replace")
    ]
    assert named == []
