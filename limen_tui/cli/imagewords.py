"""The words of the verbs about images: images, upload, fetch, copy-image. Imports argparse only; see :mod:`.parser`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

WithJson = Callable[[argparse.ArgumentParser], None]


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser], with_json: WithJson) -> None:
    """Add them."""
    images = verbs.add_parser("images", help="base images and ISOs in the hosts' pools, and who uses them")
    images.add_argument("--host", metavar="HOST", help="of this host only")
    images.add_argument("--all", action="store_true", help="the disks of VMs as well")
    images.add_argument("--known", action="store_true", help="cloud images that can be fetched by name")
    images.add_argument("--add", metavar="PATH", help="list a file of --host that lies outside of its pools")
    images.add_argument("--drop", metavar="PATH", help="list it no more; the file stays")
    with_json(images)
    upload = verbs.add_parser("upload", help="bring a disk image from here to a host",
                              description="Upload a disk image into a pool of a host. Ctrl+C cancels, and leaves "
                                          "nothing behind.")  # fmt: skip
    upload.add_argument("file", metavar="FILE")
    upload.add_argument("--any-file", action="store_true", help="do not look whether it is a disk image")
    _where(upload, with_json)
    fetch = verbs.add_parser("fetch", help="bring a cloud image from the web to a host",
                             description="Fetch a cloud image by name (`limen images --known`) or address. The host "
                                         "fetches it where it can, else this machine does.")  # fmt: skip
    fetch.add_argument("image", metavar="NAME|URL")
    fetch.add_argument("--checksums", metavar="URL", default="", help="the file with the checksums")
    _where(fetch, with_json)
    copy = verbs.add_parser("copy-image", help="bring a disk image from one host to another",
                            description="Copy an image of a pool to a pool of another host, through this machine. "
                                        "One that lies on top of others arrives as one flat image.")
    copy.add_argument("image", metavar="POOL/NAME")
    copy.add_argument("--from", metavar="HOST", required=True, dest="origin", help="the host that has it")
    _where(copy, with_json)


def _where(parser: argparse.ArgumentParser, with_json: WithJson) -> None:
    parser.add_argument("--host", metavar="HOST", required=True)
    parser.add_argument("--pool", metavar="POOL", default="default", help="its storage pool (default: default)")
    parser.add_argument("--name", metavar="NAME", default="", help="what it is to be called there")
    parser.add_argument("--sha256", "--sha512", "--checksum", metavar="HEX", default="", dest="checksum",
                        help="refuse it when its checksum is another")  # fmt: skip
    parser.add_argument("--read-back", action="store_true", help="read it back from the host and compare")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    with_json(parser)
