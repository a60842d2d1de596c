"""The words of ``limen pools`` and ``limen pool``. Imports argparse only; see :mod:`.parser`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

WithJson = Callable[[argparse.ArgumentParser], None]


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser], with_json: WithJson) -> None:
    """Add them."""
    pools = verbs.add_parser("pools", help="storage pools of the hosts: where they are, and how full")
    pools.add_argument("--host", metavar="HOST", help="of this host only")
    with_json(pools)
    pool = verbs.add_parser("pool", help="start, stop, refresh a storage pool")
    what = pool.add_subparsers(dest="what", metavar="start|stop|refresh", required=True)
    for word, text in (
        ("start", "make its volumes known and usable"),
        ("stop", "not while a running VM needs it; its data stays (asks)"),
        ("refresh", "have libvirt look for new and gone volumes"),
    ):  # fmt: skip
        each = what.add_parser(word, help=text, description=text[0].upper() + text[1:] + ".")
        each.add_argument("name", metavar="NAME", help="the pool")
        each.add_argument("--host", metavar="HOST", help="on this host, where the name fits several")
        if word == "stop":
            each.add_argument("-y", "--yes", action="store_true", help="do not ask")
        with_json(each)
