"""What can be typed. Imports argparse and the exit codes only, so that a mistake is answered at once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from limen_tui import __version__
from limen_tui.cli.exits import TEXT
from limen_tui.cli.mistakes import FLAGS, VALUED, Parser
from limen_tui.model.lifecycle import RULES, Verb

EXAMPLES = """examples:
  limen                                        the TUI on the saved hosts, or this machine's hypervisor
  limen -c qemu+ssh://root@kvm1/system         just this host, nothing is saved
  limen hosts add qemu+ssh://root@kvm1/system --name kvm1
  limen vms --json 'state:running cpu>80'
  limen shutdown web1 web2 --host kvm1
  limen doctor

"""


def are_bare(words: Sequence[str]) -> bool:
    """Whether ``words`` start the screen: options without a verb."""
    left, valued = iter(words), VALUED - {"--timeout"}  # which is for verbs
    return all(word in FLAGS or (word in valued and next(left, None) is not None) for word in left)


def build(*, verbs: bool = True) -> argparse.ArgumentParser:
    """The parser of everything; or that of what comes before a verb, which takes a fifth of the time to make."""
    parser: argparse.ArgumentParser = Parser(
        prog="limen",
        description="Every virtual machine on every KVM host, from one terminal.",
        epilog=EXAMPLES + TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", "-V", action="version", version=f"limen {__version__}")
    parser.add_argument("-c", "--connect", metavar="URI", action="append", default=[], dest="uris",
                        help="this host, for this run; repeatable; nothing is saved")  # fmt: skip
    parser.add_argument("--demo", action="store_true", help="a simulated fleet: 6 hosts, 120 VMs, no libvirt needed")
    parser.add_argument("--lab", action="store_true", help="the hosts of `make lab`")
    parser.add_argument("--read-only", action="store_true", help="open every host read-only: nothing can change")
    parser.add_argument("--config", metavar="FILE", help="in place of config.toml in the XDG config folder")
    parser.add_argument("--timeout", type=_seconds, default=15.0, metavar="S",
                        help="seconds to wait for hosts with verbs (default 15)")  # fmt: skip
    parser.set_defaults(verb=None)
    if verbs:
        _add_verbs(parser)
    return parser


def _add_verbs(parser: argparse.ArgumentParser) -> None:
    from limen_tui.cli import imagewords, jobwords, poolwords, sshwords  # noqa: PLC0415 - not for the screen

    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    _listings(verbs)
    _acts(verbs)
    jobwords.add(verbs, _json)
    imagewords.add(verbs, _json)
    poolwords.add(verbs, _json)
    sshwords.add(verbs)
    _hosts(verbs)
    _others(verbs)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 86_400:  # also refuses nan
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0 to 86400")
    return seconds


def _count(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if not 0 < count <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to 1000000")
    return count


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="machine-readable output")


def _listings(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    vms = verbs.add_parser("vms", help="list VMs", description="List VMs, all or those a filter finds.")
    vms.add_argument("filter", nargs="*", help="as in the TUI: web state:running host:kvm1 cpu>80 !tag:test")
    vms.add_argument("--names", action="store_true", help="only the names, one a line")
    _json(vms)
    for name, text in (("audit", "who did what, newest first"), ("events", "what the hosts reported, newest first")):
        listing = verbs.add_parser(name, help=text)
        listing.add_argument("--limit", type=_count, default=50, metavar="N", help="at most N (default 50)")
        listing.add_argument("--search", default="", metavar="TEXT", help="only those with TEXT in them")
        _json(listing)


def _acts(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    for verb in Verb:
        rule = RULES[verb]
        act = verbs.add_parser(verb.value, help=f"{verb.value} VMs" + (" (asks)" if rule.destructive else ""))
        act.add_argument("names", nargs="+", metavar="NAME", help="name or UUID of a VM")
        act.add_argument("--host", metavar="HOST", help="on this host, where the name fits several")
        act.add_argument("--no-wait", action="store_true", help="do not wait for the guests to obey")
        act.add_argument("-y", "--yes", action="store_true", help="do not ask")
        act.set_defaults(act=verb)
        _json(act)


def _hosts(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    hosts = verbs.add_parser("hosts", help="list, add, remove, rename, test hosts")
    _json(hosts)
    hosts.add_argument("--names", action="store_true", help="only their names, one a line, without asking them")
    what = hosts.add_subparsers(dest="what", metavar="WHAT")
    _json(what.add_parser("list", help="the same as no word at all"))
    add = what.add_parser("add", help="save a host")
    add.add_argument("uri", metavar="URI")
    add.add_argument("--name", default="")
    add.add_argument("--group", default="")
    add.add_argument("--read-only", action="store_true", dest="host_read_only")
    remove = what.add_parser("remove", help="forget a host")
    remove.add_argument("host", metavar="HOST", help="name or URI")
    remove.add_argument("--keep-inventory", action="store_true", help="keep what was last seen of its VMs")
    rename = what.add_parser("rename", help="give a host another name")
    rename.add_argument("host", metavar="HOST")
    rename.add_argument("name", metavar="NAME")
    test = what.add_parser("test", help="try a host, stage by stage")
    test.add_argument("uri", metavar="URI", help="a URI, or the name of a saved host")
    _json(test)


def _others(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    doctor = verbs.add_parser("doctor", help="what is wrong on this machine, or on the way to HOST, and how to mend it")
    doctor.add_argument("host", nargs="?", metavar="HOST", help="a URI, or the name of a saved host")
    _json(doctor)
    console = verbs.add_parser("console", help="a VM's serial console; ctrl+] leaves")
    console.add_argument("name", metavar="NAME", help="name or UUID of a VM")
    console.add_argument("--host", metavar="HOST", help="on this host, where the name fits several")
    console.add_argument("--line", "--device", default="", metavar="ALIAS", dest="device",
                         help="another serial line: serial1, console2")  # fmt: skip
    console.add_argument("--force", action="store_true", help="take it from whoever has it open")
    console.add_argument("--follow", action="store_true",
                         help="only read: its log file where it is on this machine, else the line itself")  # fmt: skip
    completion = verbs.add_parser("completion", help='print a completion script: eval "$(limen completion bash)"')
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
    verbs.add_parser("config", help="print a sample config.toml with every setting explained")
