"""The words of the verbs that make jobs: jobs, delete, trash. Imports argparse only; see :mod:`.parser`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

WithJson = Callable[[argparse.ArgumentParser], None]


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser], with_json: WithJson) -> None:
    """Add them."""
    _create(verbs, with_json)
    _jobs(verbs, with_json)
    _resize(verbs, with_json)
    _delete(verbs, with_json)
    _trash(verbs, with_json)
    _reconcile(verbs, with_json)


def _create(verbs: argparse._SubParsersAction[argparse.ArgumentParser], with_json: WithJson) -> None:
    create = verbs.add_parser(
        "create", help="create VMs: from a cloud image, an ISO, a disk, the network, a kernel, or like another",
        description="Create a VM, or several: web{1..5}, or web-{n:02} with --count. What was begun and cannot be "
                    "finished is put back.",
    )  # fmt: skip
    say = create.add_argument
    say("name", nargs="?", metavar="NAME", help="web1, or a pattern: web{1..5}")
    say("--count", type=int, metavar="N", help="so many, with a pattern such as web-{n:02}")
    say("--file", metavar="TOML", help="all of it from a file (- is standard input); flags go on top")
    say("--host", metavar="HOST", help="where; without it, where most memory and CPU is free")
    for flag, text in (
        ("--image", "a cloud image: cloned copy-on-write and set up by cloud-init"), ("--iso", "an installer's ISO"),
        ("--use-disk", "an existing disk becomes its own"),
    ):  # fmt: skip
        say(flag, metavar="[POOL/]VOLUME", help=text)
    say("--pxe", action="store_true", help="boot from the network")
    say("--kernel", metavar="PATH", help="a kernel on the host; with --initrd and --cmdline")
    say("--initrd", metavar="PATH")
    say("--cmdline", metavar="TEXT")
    say("--like", metavar="VM", help="the settings of another VM of that host, with empty disks as large as its own")
    say("--preset", metavar="NAME", help="tiny, small, medium, large or your own: "
                                         "vCPUs, memory and disk in one word")
    say("--vcpus", type=int, metavar="N")
    say("--memory", metavar="SIZE", help="2G, 512 MiB ...")
    say("--disk", action="append", default=[], metavar="SIZE", help="20G ...; again for more disks")
    say("--pool", metavar="POOL", help="where disks go")
    say("--network", action="append", default=[], metavar="NET",
        help="default, bridge:br0, macvtap:eth0; again for more")  # fmt: skip
    say("--no-network", action="store_true")
    say("--firmware", choices=("bios", "uefi", "uefi-secure"))
    say("--tpm", action="store_true")
    say("--graphics", choices=("vnc", "spice", "none"))
    say("--kind", choices=("kvm", "qemu"), help="qemu emulates: many times slower, works without KVM")
    say("--tag", action="append", default=[], metavar="TAG")
    say("--workspace", metavar="NAME", help="what it belongs to; kept as the tag ws/NAME")
    say("--user", metavar="NAME", help="cloud-init: the user to make")
    say("--ssh-key", action="append", default=[], metavar="FILE",
        help="cloud-init: public keys; without it those in ~/.ssh")  # fmt: skip
    say("--password", action="store_true", help="cloud-init: ask for a password")
    say("--package", action="append", default=[], metavar="NAME", help="cloud-init: install this")
    say("--user-data", metavar="FILE", help="cloud-init: your own user-data on top")
    say("--autostart", action="store_true", help="start with its host")
    say("--no-start", action="store_true", help="do not start it now")
    say("--dry-run", action="store_true", help="print plan and XML, change nothing")
    with_json(create)


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


def _resize(verbs: argparse._SubParsersAction[argparse.ArgumentParser], with_json: WithJson) -> None:
    resize = verbs.add_parser(
        "resize", help="change vCPUs, memory, disks and limits of a VM: now where it can, else at its next boot (asks)",
        description="Change vCPUs, memory, disks and limits. What a running VM cannot take at once holds from its next "
                    "boot on; the plan says which. Disks only grow.",
    )  # fmt: skip
    say = resize.add_argument
    say("name", metavar="NAME", help="name or UUID of a VM")
    say("--host", metavar="HOST", help="on this host, where the name fits several")
    say("--vcpus", type=int, metavar="N")
    say("--max-vcpus", type=int, metavar="N", help="how many it can be given while it runs")
    say("--memory", metavar="SIZE", help="4G, 1536M")
    say("--max-memory", metavar="SIZE", help="how much it can be given while it runs")
    say("--disk", action="append", default=[], metavar="DISK=SIZE", help="grow a disk: vda=40G; repeatable")
    say("--limit-disk", action="append", default=[], metavar="DISK=LIMITS",
        help="per second: vda=read:50M,write:20M,iops:500, or vda=none")  # fmt: skip
    say("--limit-nic", action="append", default=[], metavar="MAC=RATES",
        help="per second: 52:54:...=in:10M,out:5M, or none")  # fmt: skip
    say("--raise", action="store_true", dest="raise_max", help="raise a maximum that is in the way, for the next boot")
    say("--no-grow-inside", action="store_false", dest="grow_inside",
        help="leave the file system in the guest as it is (else its agent grows it after its disk)")
    say("--next-boot", action="store_true", help="vCPUs and memory wait for the next boot, also where they need not")
    say("--dry-run", action="store_true", help="only show the plan and how the definition would change")
    say("-y", "--yes", action="store_true", help="do not ask")
    with_json(resize)


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


def _reconcile(verbs: argparse._SubParsersAction[argparse.ArgumentParser], with_json: WithJson) -> None:
    reconcile = verbs.add_parser(
        "reconcile", help="VMs, disks and jobs that the hypervisors and Limen do not agree on",
        description="List VMs that Limen did not know or that the hypervisor has lost, disks that no VM uses, "
                    "definitions whose disks are missing, jobs unfinished; and do something about them by name.",
    )  # fmt: skip
    reconcile.add_argument("names", nargs="*", metavar="NAME", help="what --do is for")
    reconcile.add_argument("--do", choices=("adopt", "ignore", "recreate", "forget", "delete", "resume", "rollback",
                                            "leave"))  # fmt: skip
    reconcile.add_argument("--host", metavar="HOST", help="this host only")
    reconcile.add_argument("--show-ignored", action="store_true", help="speak of everything again")
    reconcile.add_argument("-y", "--yes", action="store_true", help="do not ask before deleting")
    with_json(reconcile)
