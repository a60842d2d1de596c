"""The words of ``limen ssh``. Imports argparse and what goes before a verb; see :mod:`.parser`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from limen_tui.cli.mistakes import VALUED


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add it."""
    ssh = verbs.add_parser(
        "ssh", help="into a guest by ssh, through its host where that is remote",
        usage="limen ssh [options] [USER@]NAME [-- COMMAND ...]",
        description="Run this machine's ssh into a VM's guest, through the VM's host where that is reached by SSH. "
                    "User and way are remembered when they are named. The exit code is that of ssh.",
    )  # fmt: skip
    ssh.add_argument("name", metavar="[USER@]NAME", help="name or UUID of a VM; behind --, what is to be run there")
    ssh.add_argument("--host", metavar="HOST", help="on this host, where the name fits several")
    ssh.add_argument("--user", default="", help="in the guest (default: the one named last, else root)")
    ssh.add_argument("--address", default="", help="in place of what leases, guest agent or ARP tell")
    way = ssh.add_mutually_exclusive_group()
    way.add_argument("--direct", action="store_true", help="past the host")
    way.add_argument("--through", action="store_true", help="through the host, also where --direct was named last")
    ssh.add_argument("--print", action="store_true", help="only print the words for ssh")


def part(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is Limen's, and what is behind the ``--`` of ``limen ssh web1 -- uptime -p``: argparse would take options
    out of that. Words of other verbs stay whole."""
    if "--" not in words:
        return list(words), []
    place = words.index("--")
    before = iter(words[:place])
    for word in before:
        if word in VALUED:
            next(before, None)
        elif not word.startswith("-"):
            if word == "ssh" and any(not each.startswith("-") for each in before):
                return list(words[:place]), list(words[place + 1 :])
            break
    return list(words), []
