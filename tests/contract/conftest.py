"""What the contract is tried on: the simulation, libvirt's test driver, and real QEMU in a libvirtd of our own.

``make`` makes a rig (see rigs.py); add a kind here and every contract test runs on it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from html import escape

import libvirt
import pytest

from limen_tui.hypervisor.session import session_connector
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.model.host import Host
from limen_tui.model.lifecycle import Verb
from tests.contract.rigs import HOSTILE, LONGEST, Capabilities, Rig, SimulatedRig
from tests.unit.hypervisor.libvirt_daemon import Daemon, small_guest

SIMULATED = Capabilities("QEMU", pools=("default", "vg0", "iso"), networks=("default", "prod"))
DRIVER = Capabilities(
    "TEST", has_figures=False, has_used_memory=False, pools=("a-pool",), networks=("a-net",),
    vague=frozenset({Verb.SHUTDOWN, Verb.PAUSE, Verb.RESUME}),
)  # fmt: skip
QEMU = Capabilities("QEMU", obeys_shutdown=False, has_used_memory=False, pools=("a-pool",), networks=("a-net",))
"""Its guest boots nothing: nobody is there to hear the power button."""
NET = (
    "<network><name>a-net</name><bridge name='limenct0'/>"
    "<ip address='192.168.244.1' netmask='255.255.255.0'/></network>"
)
POOL = "<pool type='dir'><name>a-pool</name><target><path>/var/lib/libvirt/images</path></target></pool>"


def describes_domains(uri: str) -> bool:
    """Whether this libvirt's driver does: the test driver of 9.0 does not, that of 11.3 does."""
    conn = libvirt.open(uri)
    try:
        return bool(conn.getDomainCapabilities())
    except libvirt.libvirtError as error:
        assert error.get_error_code() == libvirt.VIR_ERR_NO_SUPPORT
        return False
    finally:
        conn.close()


@pytest.fixture
def simulated_world():
    def make(**options) -> Rig:
        fleet = simulated_fleet(3, 1, 12, manual=True, flaky=0, names=(HOSTILE, LONGEST))
        return SimulatedRig(fleet, replace(fleet.hosts[0], **options), SIMULATED)

    return make


@pytest.fixture
def driver_world(tmp_path):
    file = tmp_path / "node.xml"
    run = '<test:runstate xmlns:test="http://libvirt.org/schemas/domain/test/1.0">{}</test:runstate>'
    domains = "".join(
        f"<domain type='test'><name>{escape(name)}</name><memory>1048576</memory><vcpu>2</vcpu>"
        f"<os><type>hvm</type></os>{run.format(state)}</domain>"
        for name, state in (("on", 1), ("off", 5), (HOSTILE, 5), (LONGEST, 5))
    )
    file.write_text(f"<node>{domains}{NET}{POOL}</node>")

    able = replace(DRIVER, describes_domains=describes_domains(f"test://{file}"))

    def make(**options) -> Rig:
        return Rig(session_connector(), Host("drv", "driver", f"test://{file}", **options), able)

    return make


@pytest.fixture(scope="session")
def contract_daemon(tmp_path_factory):
    if os.geteuid():
        pytest.fail("a private libvirtd needs root: namespaces and mounts")
    daemon = Daemon(tmp_path_factory.mktemp("contract"))
    try:
        for name in ("on", "off", HOSTILE, LONGEST):
            daemon.define(small_guest(escape(name)))
        for kind, xml in (("net", NET), ("pool", POOL)):
            path = daemon.folder / f"{kind}.xml"
            path.write_text(xml)
            daemon.virsh(f"{kind}-define", str(path))
        conn = libvirt.open(daemon.uri())
        yield conn
        conn.close()
    finally:
        daemon.close()


@pytest.fixture
def qemu_world(contract_daemon):
    for dom in contract_daemon.listAllDomains():
        wanted = libvirt.VIR_DOMAIN_RUNNING if dom.name() == "on" else libvirt.VIR_DOMAIN_SHUTOFF
        if dom.state()[0] != wanted and dom.isActive():
            dom.destroy()
        if dom.hasManagedSaveImage():
            dom.managedSaveRemove()
        if dom.state()[0] != wanted:
            dom.create()
        dom.setAutostart(0)

    def make(**options) -> Rig:
        return Rig(session_connector(), Host("kvm", "real", contract_daemon.getURI(), **options), QEMU)

    yield make
    # the witness, by its own connection: whatever the contract did, libvirt still knows these VMs
    assert {dom.name() for dom in contract_daemon.listAllDomains()} == {"on", "off", HOSTILE, LONGEST}


@pytest.fixture(params=["simulated", "driver", pytest.param("qemu", marks=pytest.mark.lab)])
def make(request):
    """Makes rigs: ``make(start=True, read_only=False)``. Each is closed at the end, and must end."""
    world = request.getfixturevalue(f"{request.param}_world")
    made: list[Rig] = []

    def make_rig(*, start: bool = True, **options) -> Rig:
        made.append(world(**options))
        if start:
            made[-1].start()
        return made[-1]

    yield make_rig
    for rig in made:
        rig.port.close()
    assert all(rig.join() for rig in made if rig.started)


@pytest.fixture
def rig(make) -> Rig:
    """A connected one."""
    return make()
