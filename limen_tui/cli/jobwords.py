"""The words of the verbs that make jobs: jobs, delete, trash. Imports argparse only; see :mod:`.parser`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

WithJson = Callable[[argparse.ArgumentParser], None]


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser], with_json: WithJson) -> None:
    """Add them."""
    _jobs(verbs, with_json)
    _delete(verbs, with_json)
    _trash(verbs, with_json)


def _jobs(verbs: argparse._SubParsersAction[argparse.ArgumentParser], with_json: WithJson) -> None:
    jobs = verbs.add_parser("jobs", help="list jobs; finish, roll back or leave what a crash left unfinished")
    jobs.add_argument("--limit", type=int, default=50, metavar="N", help="at most N of those that are over")
    with_json(jobs)
    what = jobs.add_subparsers(dest="what", metavar="WHAT")
    what.add_parser("list", help="the same as no word at all")
    for word, text in (
        ("show", "its steps, and what went wrong"), ("resume", "go on with it"),
        ("rollback", "put back what it has done"), ("leave", "leave everything as it is, and ask no more"),
    ):  # fmt: skip
        each = what.add_parser(word, help=text)
        each.add_argument("id", metavar="ID", help="of the job, or the beginning of it")


def _delete(verbs: argparse._SubParsersAction[argparse.ArgumentParser], with_json: WithJson) -> None:
    delete = verbs.add_parser("delete", help="delete VMs: to the trash, or for good (asks)",
                              description="Delete VMs. Their disks stay for 7 days, and `limen trash restore` brings "
                                          "them back; --purge deletes them at once.")  # fmt: skip
    delete.add_argument("names", nargs="+", metavar="NAME", help="name or UUID of a VM")
    delete.add_argument("--host", metavar="HOST", help="on this host, where the name fits several")
    delete.add_argument("--purge", action="store_true", help="for good, past the trash")
    delete.add_argument("--keep", metavar="DISK", action="append", default=[], help="this disk (vda ...) stays")
    delete.add_argument("--keep-disks", action="store_true", help="every disk stays")
    delete.add_argument("--dry-run", action="store_true", help="only say what would be done")
    delete.add_argument("-y", "--yes", action="store_true", help="do not ask")
    with_json(delete)


def _trash(verbs: argparse._SubParsersAction[argparse.ArgumentParser], with_json: WithJson) -> None:
    trash = verbs.add_parser("trash", help="list, restore or purge deleted VMs")
    with_json(trash)
    what = trash.add_subparsers(dest="what", metavar="WHAT")
    what.add_parser("list", help="the same as no word at all")
    restore = what.add_parser("restore", help="define a deleted VM again, with its disks")
    restore.add_argument("names", nargs="+", metavar="NAME")
    restore.add_argument("--host", metavar="HOST")
    purge = what.add_parser("purge", help="delete its disks for good (asks)")
    purge.add_argument("names", nargs="*", metavar="NAME")
    purge.add_argument("--host", metavar="HOST")
    purge.add_argument("--due", action="store_true", help="all that were kept for as long as was asked")
    purge.add_argument("-y", "--yes", action="store_true", help="do not ask")
