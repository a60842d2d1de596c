"""Limen over SSH to real hosts: every way in, and every way in which a link breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from limen_tui.fleet import operations
from limen_tui.fleet.acts import Outcome
from limen_tui.model.host import Host, HostState
from limen_tui.model.lifecycle import Verb, VMState
from limen_tui.model.questions import Answer, QuestionKind, Trust
from limen_tui.model.vm import VMKey
from limen_tui.remote.loop import remote_loop
from tests.lab.conftest import RunningLab
from tests.lab.limen_lab import client, faults
from tests.lab.limen_lab.shell import sh, wait_for
from tests.lab.remote_world import World, make_world


@pytest.fixture
def world(lab: RunningLab, tmp_path: Path) -> Iterator[World]:
    made = make_world(lab, tmp_path, range(1, 6))
    yield made
    made.fleet.close()


def test_every_way_in(world: World, lab: RunningLab) -> None:
    for number in range(1, 6):
        world.wait_state(number, HostState.UP)
        assert world.host(number).info.hostname == lab.lab.host(number).name
    assert [(q.host_id, q.kind) for q in world.asked] == [("h2", QuestionKind.PASSWORD)]
    ways = {}
    for number in range(1, 6):
        link = world.remoting.link(f"h{number}")
        assert link is not None
        ways[number] = link.way.name
    assert ways[1] == ways[3] == "streamlocal"
    assert ways[4] in ("virt-ssh-helper", "netcat"), "that host forbids forwarding"


@pytest.mark.parametrize(
    "params", ["proxy=native", "proxy=netcat", "mode=legacy", "socket=/var/run/libvirt/libvirt-sock"]
)
def test_what_the_uri_asks_for_is_honoured(lab: RunningLab, tmp_path: Path, params: str) -> None:
    world = make_world(lab, tmp_path, [1], uris={1: f"{lab.uri(1)}?{params}"})
    world.wait_state(1, HostState.UP)
    link = world.remoting.link("h1")
    assert link is not None
    assert {"proxy=native": "virt-ssh-helper", "proxy=netcat": "netcat"}.get(params, "streamlocal") == link.way.name
    world.fleet.close()


def test_a_user_without_the_group_is_told_what_mends_it_and_may_read(lab: RunningLab, tmp_path: Path) -> None:
    uri = lab.uri(1).replace("root@", "nolibvirt@")
    world = make_world(lab, tmp_path, [1], uris={1: uri})
    world.wait_state(1, HostState.NEEDS_AUTH)
    problem = world.host(1).problem
    assert problem is not None
    assert "usermod -aG libvirt nolibvirt" in problem.hint
    world.fleet.save_host(replace(world.fleet.hosts[0], read_only=True))
    world.wait_state(1, HostState.UP)
    assert world.host(1).info.read_only
    world.fleet.close()


def test_a_changed_host_key_is_refused_and_nothing_is_asked(lab: RunningLab, tmp_path: Path) -> None:
    faults.rotate_host_key(lab.lab, 4)
    try:
        world = make_world(lab, tmp_path, [4])
        world.wait_state(4, HostState.NEEDS_AUTH)
        problem = world.host(4).problem
        assert problem is not None
        assert "CHANGED" in problem.title
        assert problem.detail.count("SHA256:") == 2
        assert world.asked == []
        world.fleet.close()
    finally:
        client.write(lab.lab)  # the tests after this one know the new key


def test_no_verify_is_refused_unless_allowed_for_that_host(lab: RunningLab, tmp_path: Path) -> None:
    world = make_world(lab, tmp_path, [4], uris={4: f"{lab.uri(4)}?no_verify=1"})
    world.wait_state(4, HostState.NEEDS_AUTH)
    world.fleet.save_host(replace(world.fleet.hosts[0], insecure=True))
    world.wait_state(4, HostState.UP)
    world.fleet.close()


def test_a_cancelled_sign_in_leaves_the_host_waiting_and_can_be_tried_again(lab: RunningLab, tmp_path: Path) -> None:
    world = make_world(lab, tmp_path, [2])
    world.reply = lambda question: None
    world.wait(lambda: world.asked, what="a question")
    world.wait_state(2, HostState.NEEDS_AUTH)
    world.reply = lambda question: Answer(("lab",), remember=True, trust=Trust.ONCE)
    world.fleet.reconnect("h2")
    world.wait_state(2, HostState.UP)
    world.fleet.close()


def test_a_cut_host_is_stale_soon_others_stay_live_and_it_comes_back_by_itself(world: World, lab: RunningLab) -> None:
    for number in (1, 2, 3, 5):
        world.wait_state(number, HostState.UP)
    lab.cut(5)
    gone = world.wait(lambda: world.host(5).state in (HostState.STALE, HostState.DOWN), 12, "host 5 to be stale")
    assert gone <= 10.5
    before = world.host(1).sampled_at
    world.wait(lambda: world.host(1).sampled_at != before, 5, "host 1 to stay live")
    world.wait_state(5, HostState.DOWN)
    lab.heal(5)
    assert world.wait_state(5, HostState.UP, 10) <= 5.0


@pytest.mark.parametrize("what", ["libvirtd", "its crash", "sshd sessions", "reboot", "reset"])
def test_it_comes_back_whatever_broke(lab: RunningLab, tmp_path: Path, what: str) -> None:
    world = make_world(lab, tmp_path, [1])
    world.wait_state(1, HostState.UP)
    if what == "libvirtd":
        lab.daemon(1, "kill", "libvirtd")  # its socket stays behind
        world.wait_state(1, HostState.DOWN)
        world.fleet.reconnect("h1")
        world.wait(lambda: (why := world.host(1).problem) and "nobody listens" in why.detail, what="a true word of it")
        lab.daemon(1, "start", "libvirtd")
        world.fleet.reconnect("h1")
    elif what == "its crash":  # systemd starts it again, and so does the lab
        with world.losing(1):
            lab.daemon(1, "crash", "libvirtd")
    elif what == "sshd sessions":
        with world.losing(1):
            faults.end_sessions(lab.lab, 1)
    elif what == "reboot":
        with world.losing(1):
            lab.command("reboot", "1")
    else:
        with world.losing(1):
            lab.cut(1, "reject")
        lab.heal(1)
    world.wait_state(1, HostState.UP)
    sampled = world.host(1).sampled_at
    world.wait(lambda: world.host(1).sampled_at != sampled, what="a fresh sample")
    world.fleet.close()


def test_events_go_on_after_a_reconnect(lab: RunningLab, tmp_path: Path) -> None:
    uuid = lab.vm(1, "eventful", "--define", "--disk", "none")
    world = make_world(lab, tmp_path, [1])
    world.wait_state(1, HostState.UP)
    with world.losing(1):
        faults.end_sessions(lab.lab, 1)
    world.wait_state(1, HostState.UP)
    lab.virsh(1, "start", "eventful")
    world.wait(lambda: any(e.uuid == uuid and "started" in e.text for e in world.fleet.events), what="the event")
    lab.virsh(1, "destroy", "eventful")
    world.fleet.close()


def test_lifecycle_over_the_jump_host_with_virsh_as_the_witness(lab: RunningLab, tmp_path: Path) -> None:
    uuid = lab.vm(3, "hidden", "--define", "--disk", "none")
    world = make_world(lab, tmp_path, [3])
    key = VMKey("h3", uuid)
    world.wait(lambda: world.fleet.view.vm(key), what="the VM")
    act = world.fleet.perform(operations.lifecycle(Verb.START), [key])
    world.wait(lambda: act.items[key].outcome is Outcome.DONE)
    assert lab.virsh(3, "domstate", "hidden") == "running"
    act = world.fleet.perform(operations.lifecycle(Verb.PAUSE), [key])
    world.wait(lambda: act.items[key].outcome is Outcome.DONE)
    assert lab.virsh(3, "domstate", "hidden") == "paused"
    act = world.fleet.perform(operations.lifecycle(Verb.FORCE_OFF), [key])
    world.wait(lambda: act.items[key].outcome is Outcome.DONE)
    assert lab.virsh(3, "domstate", "hidden") == "shut off"
    world.wait(lambda: (vm := world.fleet.view.vm(key)) and vm.state is VMState.STOPPED)
    world.fleet.close()


def held_back(lab: RunningLab, number: int) -> int:
    """Bytes that this machine has still to send to a host, also over connections that were closed."""
    lines = sh("ss", "-Htn", "dst", lab.lab.host(number).address).stdout.splitlines()
    return sum(int(line.split()[2]) for line in lines)


def test_an_act_under_which_the_link_breaks_is_checked_not_guessed(lab: RunningLab, tmp_path: Path) -> None:
    uuid = lab.vm(5, "unlucky", "--define", "--disk", "none")
    world = make_world(lab, tmp_path, [5])
    key = VMKey("h5", uuid)
    world.wait(lambda: world.fleet.view.vm(key), what="the VM")
    world.wait_state(5, HostState.UP)
    lab.cut(5)
    act = world.fleet.perform(operations.lifecycle(Verb.START), [key])
    world.wait(lambda: act.items[key].outcome is Outcome.UNKNOWN, what="the act to be unknown")
    world.wait(lambda: not held_back(lab, 5), what="it to be dropped, not sent when the host is back")
    lab.heal(5)
    world.wait(lambda: act.items[key].outcome.is_final, what="the act to be settled")
    running = lab.virsh(5, "domstate", "unlucky") == "running"
    assert act.items[key].outcome is (Outcome.DONE if running else Outcome.FAILED)
    lab.virsh(5, "destroy", "unlucky", check=False)
    world.fleet.close()


def test_two_hundred_reconnects_leave_nothing_behind(lab: RunningLab, tmp_path: Path) -> None:
    world = make_world(lab, tmp_path, [])
    transport = world.remoting.ssh()
    host = Host("h1", "kvm1", lab.uri(1))

    def used() -> tuple[int, int, int]:
        sockets = len(list((tmp_path / "run").rglob("*-*")))
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), sockets

    def once() -> None:
        _, close = transport(host)
        close()

    for _ in range(5):
        once()
    world.wait(lambda: transport.link("h1") is None)
    before = used()
    for _ in range(200):
        once()
    world.wait(lambda: used()[0] <= before[0] + 2, 40, f"file descriptors to be given back ({before} -> {used()})")
    world.wait(lambda: used()[1] <= before[1], what=f"threads to end ({before} -> {used()})")
    world.wait(lambda: used()[2] <= 1, what="the sockets to be removed (their folder stays)")
    world.wait(lambda: sessions(lab) <= 2, what="the end of what served us there")
    world.fleet.close()


def sessions(lab: RunningLab) -> int:
    """How many processes of sshd serve somebody on host 1."""
    return int(lab.run(1, "sh", "-c", "pgrep -fc '^sshd(-session)?: root' || true"))


def test_whole_sessions_that_lose_their_link_leave_nothing_behind(lab: RunningLab, tmp_path: Path) -> None:
    """With libvirt, its events and the bridge, not only the transport: the link is torn under them again and again."""
    world = make_world(lab, tmp_path, [1])

    def used() -> tuple[int, int, int]:
        sockets = len([path for path in (tmp_path / "run").rglob("*") if path.is_socket()])
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), sockets

    def once() -> None:
        world.wait_state(1, HostState.UP)
        link = world.remoting.link("h1")
        assert link is not None
        with world.losing(1):
            remote_loop().loop.call_soon_threadsafe(link.connection.abort)
        world.fleet.reconnect("h1")

    for _ in range(3):
        once()
    world.wait_state(1, HostState.UP)
    before = used()
    for _ in range(60):
        once()
    world.wait_state(1, HostState.UP)
    world.wait(lambda: used()[0] <= before[0] + 2, 40, f"file descriptors to be given back ({before} -> {used()})")
    world.wait(lambda: used()[1] <= before[1] + 1, 40, f"threads to end ({before} -> {used()})")
    world.wait(lambda: used()[2] == 1, what="one bridge")
    world.wait(lambda: sessions(lab) <= 2, what="the end of what served us there")
    world.fleet.close()
    world.wait(lambda: used()[2] == 0, what="the last socket to be removed")


def test_a_refused_host_says_so_without_a_session(lab: RunningLab, tmp_path: Path) -> None:
    world = make_world(lab, tmp_path, [2], uris={2: lab.uri(2).replace("pw@", "root@")})
    world.reply = lambda question: Answer(("wrong",))
    world.wait(lambda: (p := world.host(2).problem) and "did not let us in" in p.title, what="the refusal")
    assert [question.attempt for question in world.asked] == [1, 2, 3]
    world.fleet.close()


def test_forty_hosts_connect_side_by_side_and_the_dead_hold_nobody_back(lab: RunningLab, tmp_path: Path) -> None:
    """One daemon serves 36 of them; four addresses answer nothing at all."""
    nobody = f"qemu+ssh://root@10.{lab.lab.octet}.0.2{{}}/system"
    uris = {n: lab.uri(1) if n > 4 else nobody.format(n) for n in range(1, 41)}
    world = make_world(lab, tmp_path, range(1, 41), uris=uris)
    world.wait(lambda: sum(s.state is HostState.UP for s in world.fleet.view.hosts) == 36, 60, "36 hosts to be up")
    for number in range(1, 5):
        world.wait(lambda n=number: world.host(n).state is HostState.DOWN, 40, f"host {number} to be down")
    assert world.fleet.close(timeout=60.0)


def test_a_slow_host_is_up_and_says_the_truth(lab: RunningLab, tmp_path: Path) -> None:
    lab.slow(1, 200)
    try:
        world = make_world(lab, tmp_path, [1])
        world.wait_state(1, HostState.UP, 30)
        sampled = world.host(1).sampled_at
        world.wait(lambda: world.host(1).sampled_at != sampled, what="a second sample")
        assert world.host(1).state is HostState.UP
        assert (world.host(1).load.tick_ms or 0) >= 390, "400 ms there and back, and it is said"
        world.fleet.close()
    finally:
        lab.heal(1)


def test_a_name_that_no_longer_resolves_is_named_as_such(lab: RunningLab, tmp_path: Path) -> None:
    world = make_world(lab, tmp_path, [1], uris={1: "qemu+ssh://root@gone.invalid/system"})
    world.wait_state(1, HostState.DOWN)
    problem = world.host(1).problem
    assert problem is not None
    assert "resolved" in problem.title
    world.fleet.close()


def test_a_lease_of_the_hosts_own_network_is_shown_over_the_link(lab: RunningLab, tmp_path: Path) -> None:
    uuid = lab.vm(1, "leased", "--disk", "none")
    world = make_world(lab, tmp_path, [1])
    try:
        world.wait_state(1, HostState.UP)
        wait_for(lambda: "192.168.122." in lab.virsh(1, "domifaddr", "leased"), 90, "the guest to get a lease")
        witness = lab.virsh(1, "domifaddr", "leased").split()[-1].partition("/")[0]

        def shown() -> bool:
            world.fleet.reconnect("h1")
            return (vm := world.fleet.view.vm(VMKey("h1", uuid))) is not None and witness in vm.ips

        world.wait(shown, 60, f"the address {witness} to be shown")
        lab.virsh(1, "destroy", "leased")
        world.wait(lambda: (vm := world.fleet.view.vm(VMKey("h1", uuid))) and not vm.ips, what="it to be taken away")
    finally:
        world.fleet.close()
        lab.virsh(1, "destroy", "leased", check=False)


def test_sshd_itself_restarts_and_dns_goes_and_comes(lab: RunningLab, tmp_path: Path) -> None:
    """sshd down is a refusal by name; and a host whose name is lost while it is up stays up."""
    world = make_world(lab, tmp_path, [1])
    world.wait_state(1, HostState.UP)
    config = lab.ssh_config.read_text()
    try:
        lab.daemon(1, "stop", "sshd")
        assert world.host(1).state is HostState.UP, "what is connected goes on without the listener"
        faults.end_sessions(lab.lab, 1)
        world.wait_state(1, HostState.DOWN)
        world.wait(lambda: (p := world.host(1).problem) and "refuses SSH" in p.title, what="the words")
        lab.daemon(1, "start", "sshd")
        world.fleet.reconnect("h1")
        world.wait_state(1, HostState.UP)
        # the name is gone from now on: only a new connection would need it
        here = f"  HostName {lab.lab.host(1).address}\n"
        lab.ssh_config.write_text(config.replace(here, "  HostName gone.invalid\n"))
        sampled = world.host(1).sampled_at
        world.wait(lambda: world.host(1).sampled_at != sampled, what="a sample without the name")
        faults.end_sessions(lab.lab, 1)
        world.wait(lambda: (p := world.host(1).problem) and "resolved" in p.title, what="the lost name to be said")
        lab.ssh_config.write_text(config)
        world.wait_state(1, HostState.UP)
    finally:
        lab.ssh_config.write_text(config)
        if not lab.run(1, "pgrep", "-f", "sshd.*listener", check=False):
            lab.daemon(1, "start", "sshd")
        world.fleet.close()
