"""What cloud-init is told. Pure; PyYAML is imported when there is user-data to look at."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from limen_tui.model import units, userdata
from limen_tui.model.spec.checks.basics import unusable
from limen_tui.model.spec.cloud import Addressing, CloudInit
from limen_tui.model.spec.finding import Finding
from limen_tui.model.spec.source import CloudImage
from limen_tui.model.spec.vm import VMSpec

_USER: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_LABEL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_PACKAGE: Final = re.compile(r"[A-Za-z0-9@][A-Za-z0-9+._:~=@-]{0,127}")
_HASH: Final = re.compile(r"\$(1|2[aby]|5|6|7|y|gy)\$[A-Za-z0-9./$=,]{8,200}")
_KEY: Final = re.compile(r"(?:^|\s)((?:ssh|ecdsa|sk)-[A-Za-z0-9@.-]+)\s+([A-Za-z0-9+/]+={0,3})(?:\s|$)")


def cloud(spec: VMSpec) -> Iterator[Finding]:
    """Host name, user, keys, password, packages, addresses, user-data."""
    told = spec.cloud_init
    if told is None:
        if isinstance(spec.source, CloudImage):
            yield Finding("cloud_init", "warning", "Without cloud-init nobody can sign in to most cloud images.")
        return
    for field, level, text in _people(told):
        yield Finding(f"cloud_init.{field}", level, text)  # type: ignore[arg-type]
    if len(told.addressing) > len(spec.nics):
        yield Finding("cloud_init.addressing", "error", "There are more addresses than NICs.")
    for at, how in enumerate(told.addressing):
        for field, level, text in _addresses(how):
            yield Finding(f"cloud_init.addressing.{at}.{field}", level, text)  # type: ignore[arg-type]
    if problem := userdata.problem(told.user_data):
        yield Finding("cloud_init.user_data", "error", problem)
    elif doubt := userdata.doubt(told.user_data):
        yield Finding("cloud_init.user_data", "warning", doubt)


def _people(told: CloudInit) -> Iterator[tuple[str, str, str]]:
    host = told.hostname
    if host and (len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split("."))):
        yield "hostname", "error", "A host name is of letters, digits and dashes."
    if told.user and not _USER.fullmatch(told.user):
        yield "user", "error", "A user's name is of small letters, digits, - and _, at most 32."
    elif told.user == "root":
        yield "user", "warning", "Most images keep root from signing in over SSH."
    for key in told.ssh_keys:
        if problem := key_problem(key):
            yield "ssh_keys", "error", problem
    if told.password_hash and not _HASH.fullmatch(told.password_hash):
        # the text is not repeated: it may be the password itself
        yield "password_hash", "error", "That is no password hash (crypt: $6$...)."
    for package in told.packages:
        if not _PACKAGE.fullmatch(package):
            yield "packages", "error", f"{units.clean(package[:40])!r} is no name of a package."
    if not told.ssh_keys and not told.password_hash and not told.user_data:
        yield "ssh_keys", "warning", "Neither key nor password: nobody can sign in."


def key_problem(key: str) -> str:
    """Why ``key`` is no line of authorized_keys; empty when it is one."""
    if "PRIVATE KEY" in key:
        return "That is a private key: keep it. The public one is in the file that ends in .pub."
    found = _KEY.search(key)
    if unusable(key) or len(key) > 16_384 or found is None:
        return "That is no public SSH key (ssh-ed25519 AAAA... name)."
    try:
        blob = base64.b64decode(found[2], validate=True)
    except (binascii.Error, ValueError):
        blob = b""
    fields = _fields(blob)
    # the blob says its own type again, and has its parts in full
    if len(fields) < 2 or fields[0] != found[1].encode():
        return "That public SSH key is cut or damaged."
    return ""


def _fields(blob: bytes) -> list[bytes]:
    """The parts of an SSH blob, each with its length before it (RFC 4251, 5); none where they do not fill it."""
    found, at = [], 0
    while at < len(blob):
        end = at + 4 + int.from_bytes(blob[at : at + 4], "big")
        if end > len(blob):
            return []
        found.append(blob[at + 4 : end])
        at = end
    return found


def _addresses(how: Addressing) -> Iterator[tuple[str, str, str]]:
    networks = []
    for text in how.addresses:
        try:
            if "/" not in text or "%" in text:
                raise ValueError
            networks.append(ipaddress.ip_interface(text).network)
        except ValueError:
            yield "addresses", "error", f"{units.clean(text[:60])!r} is no address with its prefix, like 10.0.0.5/24."
    if not how.dhcp and not how.addresses:
        yield "addresses", "error", "Without DHCP the NIC needs an address."
    versions = []
    for field, texts in (("gateways", how.gateways), ("dns", how.dns)):
        for text in texts:
            try:
                address = ipaddress.ip_address(text)
            except ValueError:
                yield field, "error", f"{units.clean(text[:60])!r} is no IP address."
                continue
            if field == "gateways":
                versions.append(address.version)
                if networks and not address.is_link_local and not any(address in network for network in networks):
                    yield field, "warning", f"The gateway {address} is in none of the NIC's own networks."
    if len(set(versions)) != len(versions):
        yield "gateways", "error", "There is one gateway for IPv4 and one for IPv6."
    for domain in how.search:
        if not all(_LABEL.fullmatch(label) for label in domain.rstrip(".").split(".")):
            yield "search", "error", f"{units.clean(domain[:60])!r} is no domain."
