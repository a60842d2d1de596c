"""A password's hash for cloud-init, made here so that the password itself goes nowhere. Runs a program: any worker
thread, not the UI's. Imports errors only.

``openssl passwd -6`` on the jump host: the standard library's ``crypt`` is gone from Python 3.13 on, and hashing
passwords is nothing to write anew.
"""

from __future__ import annotations

import subprocess

from limen_tui.errors import InputError, NotSupported, StepFailed

_MAX_BYTES = 255
"""What openssl takes: it would cut a longer one in silence."""


def password_hash(password: str) -> str:
    """The sha512-crypt (``$6$...``) of ``password`` with a random salt; about 10 ms.

    Raises ``InputError`` for one that is empty, too long or has control characters, ``NotSupported`` where there is
    no openssl, ``StepFailed`` where it fails. No error says the password.
    """
    try:
        data = password.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError("The password has characters in it that are no text") from None
    if not data or len(data) > _MAX_BYTES or any(byte < 0x20 or byte == 0x7F for byte in data):
        raise InputError("The password cannot be used",
                         f"It must have 1 to {_MAX_BYTES} bytes and no control characters.")  # fmt: skip
    try:
        # by stdin: arguments are for all to see
        done = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=data + b"\n", capture_output=True,
                              timeout=20, check=False)  # fmt: skip
    except FileNotFoundError:
        hint = "Install openssl, or give the hash itself (mkpasswd -m sha-512)."
        raise NotSupported("There is no openssl here to hash the password with", hint=hint) from None
    except (OSError, subprocess.TimeoutExpired):
        raise StepFailed("openssl could not hash the password") from None
    made = done.stdout.decode("ascii", "replace").strip()
    if done.returncode or not made.startswith("$6$"):
        raise StepFailed("openssl could not hash the password", f"It ended with {done.returncode}.")
    return made
