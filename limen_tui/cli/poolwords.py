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
    pool = verbs.add_parser("pool", help="start, stop, refresh, autostart, create or delete a storage pool")
    what = pool.add_subparsers(dest="what", metavar="start|stop|refresh|autostart|create|delete", required=True)
    for word, text in (
        ("start", "make its volumes known and usable"),
        ("stop", "not while a running VM needs it; its data stays (asks)"),
        ("refresh", "have libvirt look for new and gone volumes"),
        ("autostart", "start it with its host: on or off"),
    ):  # fmt: skip
        each = what.add_parser(word, help=text, description=text[0].upper() + text[1:] + ".")
        each.add_argument("name", metavar="NAME", help="the pool")
        each.add_argument("--host", metavar="HOST", help="on this host, where the name fits several")
        if word == "autostart":
            each.add_argument("on", choices=("on", "off"), metavar="on|off")
        if word == "stop":
            each.add_argument("-y", "--yes", action="store_true", help="do not ask")
        with_json(each)
    _create(what, with_json)
    delete = what.add_parser(
        "delete", help="forget a pool; its data stays (asks)",
        description="Stop a pool and forget its definition. Its data stays. Not while a running VM needs it.",
    )  # fmt: skip
    delete.add_argument("name", metavar="NAME", help="the pool")
    delete.add_argument("--host", metavar="HOST", help="on this host, where the name fits several")
    delete.add_argument("--dry-run", action="store_true", help="only say what would be done")
    delete.add_argument("-y", "--yes", action="store_true", help="do not ask")
    with_json(delete)


def _create(what: argparse._SubParsersAction[argparse.ArgumentParser], with_json: WithJson) -> None:
    create = what.add_parser(
        "create", help="make a pool: of a folder, a file system, an NFS share or a volume group",
        description="Define a pool, make its folder where it is missing, start it. Nothing is formatted, and what lies "
                    "there stays.",
    )  # fmt: skip
    say = create.add_argument
    say("name", metavar="NAME", help="what it is to be called")
    say("--host", metavar="HOST", required=True)
    say("--path", metavar="PATH", default="", help="a folder on the host; where an fs or netfs pool is mounted")
    say("--kind", choices=("dir", "fs", "netfs", "logical"), default="dir", help="default: dir, a plain folder")
    say("--source", metavar="SOURCE", default="",
        help="fs: the block device; netfs: the exported folder; logical: the volume group")  # fmt: skip
    say("--server", metavar="NAME", default="", help="netfs: the NFS server")
    say("--no-autostart", action="store_true", help="do not start it with the host")
    say("--dry-run", action="store_true", help="only show plan and XML")
    with_json(create)
