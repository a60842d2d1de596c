"""``limen create``, ``delete``, ``trash``, ``jobs``, ``reconcile`` as they are typed."""

from __future__ import annotations

import json

import pytest

from limen_tui.inventory import open_inventory
from limen_tui.jobs.owner import this_process
from limen_tui.jobs.recipes.change import change_plan
from limen_tui.model.host import Host
from limen_tui.model.jobs import Job, JobState, Step, StepState
from limen_tui.model.keepsakes import Trashed
from tests.unit.cli.conftest import OFF, RUNNING, identity

IMAGE = "debian-12-generic-amd64.qcow2"


@pytest.fixture
def demo(limen):
    return lambda *words: limen("--demo", *words)


def test_a_dry_run_prints_plan_and_xml_and_changes_nothing(demo) -> None:
    ran = demo("create", "web{1..2}", "--image", IMAGE, "--preset", "small", "--host", "alder", "--dry-run")
    assert ran.code == 0, ran.err
    assert ran.out.count("<domain type=") == 2
    assert "Create volume web2.qcow2, 20 GiB qcow2, over " + IMAGE in ran.out
    assert "web1" not in demo("vms", "--names").out.splitlines()


def test_created_vms_are_reported_each(demo) -> None:
    ran = demo("create", "n{1..3}", "--pxe", "--host", "alder", "--json")
    assert ran.code == 0, ran.err
    assert [(job["title"], job["state"]) for job in ran.json] == [(f"Create n{n}", "done") for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("x", "--image", "nowhere.qcow2", "--host", "alder"), 4, "No volume"),
        (("x", "--pxe", "--host", "nowhere"), 4, "No host is called"),
        (("../x", "--pxe"), 2, "name cannot be used"), (("a b/c", "--pxe"), 2, "name cannot be used"),
        (("x" * 300, "--pxe"), 2, "longer"), ((), 2, "needs a name"),
        (("x", "--pxe", "--memory", "20 Gnomes"), 2, "not a size"), (("x", "--pxe", "--disk", "0"), 2, "size"),
        (("x", "--pxe", "--disk", "-1"), 2, "not a size"), (("x", "--pxe", "--iso", "y"), 2, "one thing"),
        (("x", "--pxe", "--network", "wifi:x", "--host", "alder"), 2, "no network"),
        (("x", "--pxe", "--vcpus", "9999", "--host", "alder"), 2, "vCPUs"),
        (("x", "--pxe", "--preset", "huge"), 2, "No preset"), (("x", "--file", "/nowhere.toml"), 2, "cannot be read"),
        (("legacy-erp", "--pxe", "--host", "alder"), 2, "VM of that name"),
    ],
)  # fmt: skip
def test_what_is_typed_wrong_is_said_in_one_line_and_changes_nothing(demo, words, code, said) -> None:
    ran = demo("create", *words)
    assert (ran.code, said in ran.err, ran.out) == (code, True, ""), ran.err


def test_two_mistakes_are_joined_as_one_sentence(demo) -> None:
    ran = demo("create", "legacy-erp", "--pxe", "--vcpus", "9999", "--host", "alder")
    assert ran.code == 2
    assert "VM of that name on alder; " in ran.err
    assert "vCPUs" in ran.err
    assert ".;" not in ran.err


def test_a_file_says_it_all_and_names_the_line_of_a_mistake(demo, tmp_path) -> None:
    path = tmp_path / "vm.toml"
    path.write_text('name = "filed"\nhost = "birch"\nvcpus = 2\nmemory = "1G"\n[source]\nkind = "pxe"\n')
    assert "Create filed on birch" in demo("create", "--file", str(path), "--dry-run").out
    path.write_text('name = "filed"\nvcpuz = 2\n')
    ran = demo("create", "--file", str(path))
    assert (ran.code, "line 2" in ran.err) == (2, True)


def test_delete_says_what_goes_and_wants_a_yes(demo) -> None:
    ran = demo("delete", "legacy-erp", "--dry-run")
    assert ran.code == 0
    assert "kept in the trash" in ran.err
    assert "Undefine legacy-erp" in ran.out
    ran = demo("delete", "legacy-erp")  # nobody can be asked here
    assert (ran.code, "nothing was done" in ran.err) == (2, True)
    ran = demo("delete", "legacy-erp", "--purge", "--yes", "--json")
    assert (ran.code, ran.json[0]["state"]) == (0, "done"), ran.err


def test_delete_refuses_a_disk_that_is_not_there_and_read_only(demo, limen) -> None:
    assert demo("delete", "legacy-erp", "--keep", "vdz", "--yes").code == 2
    assert limen("--demo", "--read-only", "delete", "legacy-erp", "--yes").code == 5
    assert limen("--demo", "--read-only", "create", "x", "--pxe").code == 5


def test_an_empty_trash_says_so(demo) -> None:
    assert "empty" in demo("trash").err
    assert demo("trash", "restore", "x").code == 4
    assert "Nothing is due" in demo("trash", "purge", "--due").err


# -- what a crash left ------------------------------------------------------------------------------------


@pytest.fixture
def crashed(home, host_of, limen):
    """A saved host, and a journal in which a process was killed while it changed the title of a VM."""
    uri = host_of("a", {"web": OFF, "db": RUNNING})
    assert limen("hosts", "add", uri, "--name", "a").code == 0
    (host,) = [each for each in (limen("hosts", "--json").json) if each["name"] == "a"]
    inventory = open_inventory(home / "data" / "limen" / "inventory.db")
    saved: Host = inventory.hosts()[0]
    plan = change_plan(host_id=saved.id, host_name="a", uuid=identity("web"), name="web", before="<a/>", after="<b/>",
                       running=False)  # fmt: skip
    _, began, machine = this_process().split(" ", 2)
    job = Job("abcdef123456", plan, JobState.RUNNING, (Step(plan.steps[0], StepState.STARTED),), 1000.0,
              f"{2**22 - 1} {began} {machine}")  # fmt: skip
    inventory.journal.begin(job).result(20)
    xml = f"<domain type='test'><name>gone</name><uuid>{identity('gone')}</uuid><memory>65536</memory>" \
          "<os><type>hvm</type></os></domain>"  # fmt: skip
    gone = Trashed(0, 1.0, 2.0, "ann", saved.id, "a", identity("gone"), "gone", xml)
    inventory.keepsakes.put_in_trash(gone).result(20)
    inventory.close(20)
    assert host
    return job


def test_jobs_tells_what_is_unfinished(crashed, limen) -> None:
    ran = limen("jobs", "--json")
    assert [(job["id"], job["unfinished"], job["state"]) for job in ran.json] == [(crashed.id, True, "running")]
    assert "Unfinished" in limen("jobs").err
    assert "not known whether it happened" in limen("jobs", "show", "abc").out
    assert limen("jobs", "show", "zzz").code == 4


def test_a_job_can_be_left(crashed, limen) -> None:
    assert limen("jobs", "leave", "abcdef").code == 0
    assert limen("jobs", "--json").json[0]["unfinished"] is False
    assert limen("jobs", "resume", "abcdef").code == 5


def test_a_job_is_not_resumed_read_only(crashed, limen) -> None:
    assert limen("--read-only", "jobs", "rollback", "abcdef").code == 5
    assert limen("jobs", "--json").json[0]["unfinished"] is True


def test_a_deleted_vm_is_listed_and_restored(crashed, limen) -> None:
    (item,) = limen("trash", "--json").json
    assert (item["name"], item["host"], item["who"]) == ("gone", "a", "ann")
    ran = limen("trash", "restore", "gone")
    assert ran.code == 0, ran.err
    assert limen("trash", "--json").json == []
    assert any(entry["action"] == "vm.restore" and entry["result"] == "ok" for entry in limen("audit", "--json").json)


def test_reconcile_lists_what_is_out_of_step(crashed, limen) -> None:
    ran = limen("reconcile", "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert [(each["kind"], each["id"]) for each in found] == [("unfinished", crashed.id)]
    assert limen("reconcile", "--do", "leave", crashed.id).code == 0
    assert limen("reconcile", "--json").json == []
    assert limen("reconcile", "--do", "adopt", "nobody").code == 4
