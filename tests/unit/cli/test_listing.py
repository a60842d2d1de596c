"""``limen vms|hosts|audit|events``: what is printed, in which shape, and what the exit code says."""

from __future__ import annotations

from tests.unit.cli.conftest import OFF, RUNNING, identity

VM_FIELDS = {
    "name", "uuid", "host", "state", "reason", "stale", "vcpus", "memory_kib", "cpu_percent", "memory_used_kib",
    "disk_read_bytes_per_s", "disk_write_bytes_per_s", "net_received_bytes_per_s", "net_sent_bytes_per_s", "ips",
    "macs", "os", "tags", "autostart", "uptime_s",
}  # fmt: skip


def test_vms_lists_each_vm_with_its_state(limen, host_of):
    ran = limen("-c", host_of("a", {"web": RUNNING, "db": OFF}), "vms")
    assert ran.code == 0, ran.err
    rows = [line.split() for line in ran.out.splitlines()]
    assert [(row[0], row[2]) for row in rows] == [("db", "stopped"), ("web", "running")]


def test_the_fields_of_vms_json_stay_as_they_are(limen, host_of):
    ran = limen("-c", host_of("a", {"web": RUNNING}), "vms", "--json")
    (vm,) = ran.json
    assert set(vm) == VM_FIELDS
    assert (vm["name"], vm["uuid"], vm["vcpus"], vm["memory_kib"]) == ("web", identity("web"), 2, 65536)


def test_vms_takes_the_filter_of_the_tables(limen, host_of):
    uri = host_of("a", {"web1": RUNNING, "web2": OFF, "db": RUNNING})
    assert limen("-c", uri, "vms", "--names", "state:running", "web").out == "web1\n"


def test_a_filter_with_a_mistake_is_refused(limen, host_of):
    ran = limen("-c", host_of("a", {"web": RUNNING}), "vms", "cpu>lots")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("limen: The filter is not usable")


def test_hostile_names_print_as_one_inert_line(limen, host_of):
    names = ["\u202egnp.exe", "[bold red]x", "wide\u200bspace", "ü" * 120]
    ran = limen("-c", host_of("a", dict.fromkeys(names, OFF)), "vms")
    assert ran.code == 0, ran.err
    assert len(ran.out.splitlines()) == len(names)
    assert not set(ran.out) & {"\u202e", "\u200b", "\x1b"}
    assert "[bold red]x" in ran.out


def test_a_hung_host_is_named_and_the_others_are_listed(limen, host_of, hung):
    ran = limen("-c", host_of("a", {"web": RUNNING}), "-c", hung, "--timeout", "5", "vms")
    assert ran.code == 3
    assert ran.out.startswith("web")
    assert "127.0.0.1 does not answer" in ran.err


def test_a_refused_connection_has_a_reason_and_a_hint(limen):
    ran = limen("-c", "qemu+unix:///system?socket=/nonexistent/sock", "vms")
    assert ran.code == 3
    first, hint = ran.err.splitlines()
    assert "is down" in first and "/nonexistent/sock" in first and hint.startswith("       ")


def test_hosts_json_says_how_each_host_is(limen, host_of):
    ran = limen("-c", host_of("a", {"web": RUNNING, "db": OFF}), "hosts", "--json")
    (host,) = ran.json
    assert (host["state"], host["vms"], host["running"], host["problem"]) == ("up", 2, 1, None)


def test_the_demo_lists_without_keeping_anything(limen, home):
    ran = limen("--demo", "vms", "--names")
    assert len(ran.out.splitlines()) >= 100
    assert not (home / "data").exists()


def test_an_empty_audit_is_an_empty_list(limen):
    assert limen("audit", "--json").json == []
    assert limen("events", "--json").json == []


def test_a_filter_that_is_not_finished_is_refused(limen, host_of):
    ran = limen("-c", host_of("a", {"web": RUNNING}), "vms", "cpu>")
    assert (ran.code, ran.out) == (2, "")
    assert "cpu> has no value" in ran.err and "cpu>80" in ran.err


def test_the_demo_does_not_show_what_is_remembered_of_real_hosts(limen, host_of):
    limen("-c", host_of("a", {"web": OFF}), "start", "web")
    assert "web" in limen("audit").out
    for verb in ("audit", "events"):
        ran = limen("--demo", verb, "--json")
        assert (ran.code, ran.json) == (0, [])
