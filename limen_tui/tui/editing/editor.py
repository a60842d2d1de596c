"""A text in $VISUAL or $EDITOR, on a file that only the person can read. Blocks: only while the app is suspended."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from limen_tui.errors import InputError, NotSupported, StepFailed

_USUAL = ("sensible-editor", "editor", "nano", "vim", "vi")


def editor_command() -> list[str]:
    """The words of the editor. Raises ``NotSupported`` where there is none."""
    for name in ("VISUAL", "EDITOR"):
        if os.environ.get(name, "").strip():
            try:
                words = shlex.split(os.environ[name])
            except ValueError as error:
                raise InputError(f"${name} cannot be read", str(error), "Set it to a command, such as vim.") from error
            if words and shutil.which(words[0]):
                return words
            raise NotSupported(f"${name} names an editor that is not here", os.environ[name], "Set it to another.")
    found = next((path for name in _USUAL if (path := shutil.which(name))), None)
    if found is None:
        raise NotSupported("There is no editor", hint="Set $EDITOR, or install nano.")
    return [found]


def edit(text: str, suffix: str = ".xml") -> str:
    """Have a text edited; as it was saved. Raises ``LimenError``. The file is removed in the end."""
    command = editor_command()
    handle, name = tempfile.mkstemp(prefix="limen-", suffix=suffix)
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
        done = subprocess.run([*command, name], check=False)
        if done.returncode != 0:
            raise StepFailed("The editor did not end well", f"{command[0]} gave {done.returncode}.", "Nothing changed.")
        return path.read_text("utf-8", errors="surrogatepass")
    except (OSError, UnicodeDecodeError) as error:
        raise StepFailed("The text could not be edited", str(error)) from error
    finally:
        path.unlink(missing_ok=True)
