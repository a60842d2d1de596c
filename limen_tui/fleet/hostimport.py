"""Hosts that other programs know: ~/.ssh/config, virsh's aliases, virt-manager's list, a pasted list.

Reads small files and runs ``dconf``, so not on the UI thread; the parsers are pure. Everything read is checked as if
it had been typed: what cannot be a host is listed with the reason and cannot be chosen.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from limen_tui.errors import InputError
from limen_tui.fleet.hostbook import LONGEST_NAME, Fields, build_uri, switches_checks_off
from limen_tui.fleet.newhost import name_for, new_host
from limen_tui.model.host import Host
from limen_tui.model.units import clean
from limen_tui.model.uri import parse_uri

MOST = 1000
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """A host as another program names it, not yet checked."""

    name: str
    text: str
    """A URI, or an address."""
    source: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A found host after checking. Without ``problem`` it can be added."""

    name: str
    uri: str
    source: str
    problem: str = ""


def from_ssh_config(text: str, source: str = "~/.ssh/config") -> list[Found]:
    """``Host`` entries without wildcards; user, port and jump hosts stay with ssh's own configuration."""
    found = []
    for line in text.splitlines():
        match = re.match(r"\s*host(?:\s+|\s*=\s*)(.+)", line, re.IGNORECASE)
        if match is None:
            continue
        try:
            names = shlex.split(match[1], comments=True)
        except ValueError:
            continue
        found += [Found(name, name, source) for name in names if not any(char in name for char in "*?!")]
    return found[:MOST]


def from_libvirt_conf(text: str, source: str = "libvirt.conf") -> list[Found]:
    """``uri_aliases = [ "name=uri", ... ]`` of virsh."""
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    match = re.search(r"^\s*uri_aliases\s*=\s*\[(.*?)\]", bare, re.MULTILINE | re.DOTALL)
    if match is None:
        return []
    pairs = (item.partition("=") for item in re.findall(r"\"([^\"\n]*)\"", match[1]))
    return [Found(name.strip(), uri.strip(), source) for name, _, uri in pairs if uri][:MOST]


def from_dconf(text: str, source: str = "virt-manager") -> list[Found]:
    """``uris=['...', ...]`` as ``dconf dump /org/virt-manager/`` prints it."""
    found = []
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key.strip() != "uris":
            continue
        try:
            uris = ast.literal_eval(value.strip().removeprefix("@as "))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(uris, list):
            found += [Found("", uri, source) for uri in uris if isinstance(uri, str)]
    return found[:MOST]


def from_list(text: str, source: str = "list") -> list[Found]:
    """One URI, ``user@host`` or host a line, or separated by spaces or commas; ``#`` begins a comment."""
    words: list[str] = []
    for line in text.splitlines():
        words += re.split(r"[\s,;]+" if "://" not in line else r"\s+", line.partition("#")[0].strip())
    return [Found("", word, source) for word in words if word][:MOST]


def check(found: Iterable[Found], hosts: Sequence[Host]) -> list[Candidate]:
    """Each found host once, checked against the rules for URIs and against the hosts that are known."""
    known = {host.uri: host.name for host in hosts}
    taken = [host.name.casefold() for host in hosts]
    seen: set[str] = set()
    result = []
    for each in found:
        try:
            uri = parse_uri(_uri_of(each.text))
        except InputError as error:
            key = f"bad {each.text}"
            if key not in seen:
                seen.add(key)
                name, text = clean(each.name)[:LONGEST_NAME], clean(each.text)[:200]
                result.append(Candidate(name, text, each.source, clean(str(error))))
            continue
        text = str(uri)
        if text in seen:
            continue
        seen.add(text)
        name = each.name if each.name and clean(each.name) == each.name and len(each.name) <= LONGEST_NAME else ""
        problem = f"known as {known[text]}" if text in known else ""
        if not problem and switches_checks_off(uri):
            problem = "no_verify: add it by hand if you must"
        if not name or name.casefold() in taken:
            name = name_for(uri, taken)
        if not problem:
            taken.append(name.casefold())
        result.append(Candidate(known.get(text, name), text, each.source, problem))
    return result


def _uri_of(text: str) -> str:
    if "://" in text:
        return text
    user, _, host = text.rpartition("@")
    port = ""
    if host.startswith("["):
        host, _, rest = host[1:].partition("]")
        port = rest.removeprefix(":")
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    return build_uri(Fields(host, user, port))


def hosts_from(chosen: Iterable[Candidate], hosts: Sequence[Host]) -> list[Host]:
    """New hosts for what was chosen, after the ones there are; never one with a problem or a known URI."""
    known, made = list(hosts), []
    for each in chosen:
        if each.problem or any(host.uri == each.uri for host in known):
            continue
        name = each.name or "host"
        taken = any(other.name.casefold() == name.casefold() for other in known)
        host = new_host(parse_uri(each.uri), known, name="" if taken else name)
        known.append(host)
        made.append(host)
    return made


def read_known(home: Path | None = None) -> list[Found]:
    """What the programs of this user know. Missing and unreadable files are skipped. Blocks; any worker thread."""
    home = home or Path.home()
    base = os.environ.get("XDG_CONFIG_HOME", "")
    config = Path(base) if base.startswith("/") else home / ".config"
    found = from_ssh_config(_read(home / ".ssh/config"))
    found += from_libvirt_conf(_read(config / "libvirt/libvirt.conf"))
    return found + from_dconf(_dconf())


def read_list(path: Path) -> list[Found]:
    """A file of hosts. Raises ``InputError`` when it cannot be read. Blocks."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError("The file is too large for a list of hosts", str(path))
        return from_list(path.read_text(errors="replace"), path.name)
    except OSError as error:
        raise InputError("The file cannot be read", f"{path}: {error.strerror}") from error


def _read(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return ""
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _dconf() -> str:
    try:
        done = subprocess.run(["dconf", "dump", "/org/virt-manager/"], capture_output=True, text=True, timeout=3,
                              check=False, errors="replace")  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout[:MOST_BYTES]
