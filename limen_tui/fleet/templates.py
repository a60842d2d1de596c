"""The Jinja2 environments: sandboxed, strict, each escaping for what it makes.

Imports settings, and jinja2 late; any thread.
"""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from limen_tui.errors import InputError
from limen_tui.settings import config_dir

if TYPE_CHECKING:
    from jinja2 import Environment

_BREAKS: Final = {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def template_folders() -> tuple[Path, ...]:
    """Where templates are looked for, in their order: the user's, then ours (in a wheel, or in the source tree)."""
    package = Path(__file__).resolve().parents[1]
    ours = next((place for place in (package / "templates", package.parent / "templates") if place.is_dir()), None)
    return (config_dir() / "templates", *((ours,) if ours is not None else ()))


def xml_environment() -> Environment:
    """For XML: all values are escaped for text and attributes alike; characters XML cannot hold are refused."""
    return _environment("xml", tuple(map(str, template_folders())))


def yaml_environment() -> Environment:
    """For YAML: every value is put as one quoted scalar or flow collection."""
    return _environment("yaml", tuple(map(str, template_folders())))


def rendered(environment: Environment, name: str, **values: Any) -> str:
    """The template filled in. Raises ``InputError`` with file and line for a template that does not work."""
    import jinja2  # noqa: PLC0415 - not on the way to the first paint

    try:
        return environment.get_template(name).render(**values).strip() + "\n"
    except jinja2.TemplateNotFound as error:
        raise InputError("A template is missing", str(error), "Reinstall Limen.") from error
    except jinja2.TemplateSyntaxError as error:
        where = f"{error.filename}, line {error.lineno}"
        raise InputError("A template has a mistake", f"{where}: {error.message}") from error
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise InputError("A template cannot be filled in", f"{name}: {error}", _HINT) from error


_HINT: Final = "Compare your copy in the templates folder of the config dir with the one that came with Limen."


@cache
def _environment(kind: str, folders: tuple[str, ...]) -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined  # noqa: PLC0415
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    return ImmutableSandboxedEnvironment(
        autoescape=kind == "xml",
        undefined=StrictUndefined,
        finalize=_for_xml if kind == "xml" else _for_yaml,
        loader=FileSystemLoader(folders),
        keep_trailing_newline=True,
    )


class _Escaped(str):
    """Text that Jinja is not to escape once more."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def _for_xml(value: Any) -> Any:
    from jinja2 import Undefined  # noqa: PLC0415

    if isinstance(value, Undefined):
        return str(value)  # which says what is missing
    text = str(value)
    for char in text:
        code = ord(char)
        if (code < 0x20 and char not in _BREAKS) or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
            raise InputError("A value cannot be put in XML", f"{text[:60]!r} has the character {code:#x} in it.")
    escaped = html.escape(text)
    # attributes would turn these into blanks
    for char, entity in _BREAKS.items():
        escaped = escaped.replace(char, entity)
    return _Escaped(escaped)


def _for_yaml(value: Any) -> Any:
    from jinja2 import Undefined  # noqa: PLC0415

    from limen_tui.model.yamltext import scalar  # noqa: PLC0415

    return str(value) if isinstance(value, Undefined) else scalar(value)
