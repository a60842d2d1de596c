"""Definitions of VMs whose QEMU hangs: newer libvirts (11.3) never answer who asks for one."""

from __future__ import annotations

from types import SimpleNamespace

import libvirt
import pytest

from limen_tui.hypervisor.book import Book
from limen_tui.hypervisor.definitions import Definitions
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host
from limen_tui.model.samples import RawSample, RawVM

XML = "<domain type='kvm'><name>{0}</name><uuid>{0}</uuid><memory>1024</memory><vcpu>1</vcpu><title>t</title></domain>"


class Domain:
    """What libvirt says of a VM; asking for its definition while its QEMU hangs is a mistake."""

    def __init__(self, uuid: str, control: int | Exception) -> None:
        self.uuid, self.control, self.asked = uuid, control, 0

    def controlInfo(self, flags: int) -> list[int]:
        self.asked += 1
        if isinstance(self.control, Exception):
            raise self.control
        return [self.control, 0, 9_000]

    def XMLDesc(self, flags: int) -> str:
        assert self.control != libvirt.VIR_DOMAIN_CONTROL_OCCUPIED, "nobody would answer"
        return XML.format(self.uuid)


def refused(code: int) -> libvirt.libvirtError:
    error = libvirt.libvirtError("refused")
    error.err = (code, libvirt.VIR_FROM_QEMU, "refused", 2, None, None, None, -1, -1)
    return error


def reading(*domains: Domain, wary: bool = True) -> tuple[Definitions, Book]:
    book = Book(Host("h", "h", "test:///default"))
    vms = tuple(RawVM(dom.uuid, dom.uuid, libvirt.VIR_DOMAIN_RUNNING, 0) for dom in domains)
    book.apply(RawSample(0.0, 0.0, vms), {})
    found = SimpleNamespace(domains={dom.uuid: dom for dom in domains})
    made = Definitions(SimpleNamespace(alive=True), found, book, wary=wary)  # type: ignore[arg-type]
    for dom in domains:
        made.want(dom.uuid)
    return made, book


def known(book: Book) -> set[str]:
    return {uuid for uuid, entry in book.entries.items() if entry.facts.vcpus}


def test_one_that_hangs_is_put_off_and_the_others_are_read() -> None:
    hung = Domain("hung", libvirt.VIR_DOMAIN_CONTROL_OCCUPIED)
    made, book = reading(hung, Domain("well", libvirt.VIR_DOMAIN_CONTROL_OK))
    assert not made.read_slice(SystemClock())
    assert (made.empty, known(book)) == (True, {"well"})
    made.again()
    made.read_slice(SystemClock())
    assert known(book) == {"well"}, "it still hangs"
    hung.control = libvirt.VIR_DOMAIN_CONTROL_OK
    made.again()
    made.read_slice(SystemClock())
    assert known(book) == {"well", "hung"}
    made.again()
    assert made.empty, "read once"


@pytest.mark.parametrize("code", [libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_NO_SUPPORT])
def test_what_is_off_or_has_no_such_figure_is_read(code: int) -> None:
    made, book = reading(Domain("off", refused(code)))
    made.read_slice(SystemClock())
    assert known(book) == {"off"}


def test_a_host_that_never_hung_is_asked_nothing_more() -> None:
    dom = Domain("well", libvirt.VIR_DOMAIN_CONTROL_OK)
    made, book = reading(dom, wary=False)
    made.read_slice(SystemClock())
    assert (known(book), dom.asked) == ({"well"}, 0)
