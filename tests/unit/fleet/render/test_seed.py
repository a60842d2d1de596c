"""The seed: what cloud-init reads in it, whatever was typed, and the same bytes each time."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pycdlib import PyCdlib

from limen_tui.errors import InputError
from limen_tui.fleet.passwords import password_hash
from limen_tui.fleet.seed import LABEL, seed_files, seed_iso
from limen_tui.model import units, userdata
from limen_tui.model.spec import Addressing, CloudInit, NicSpec, VMSpec, complete
from limen_tui.model.yamltext import scalar
from tests.unit.model.spec.specs import CLOUD, HOSTILE, KEY, KVM, filled, hostile

NIC = NicSpec(mac="52:54:00:00:00:01")


def made(cloud: CloudInit, *nics: NicSpec) -> dict[str, str]:
    return seed_files(complete(replace(CLOUD, cloud_init=cloud, nics=nics), KVM))


def test_all_that_was_asked_is_in_it():
    files = made(
        CloudInit("web.example.org", "ann", (KEY,), "$6$salt$hash", False, ("htop", "g++"), True), NIC,
    )  # fmt: skip
    assert files["user-data"].startswith("#cloud-config\n")
    assert yaml.safe_load(files["user-data"]) == {
        "hostname": "web", "fqdn": "web.example.org",
        "user": {"name": "ann", "passwd": "$6$salt$hash", "lock_passwd": False, "sudo": None},
        "ssh_pwauth": False, "ssh_authorized_keys": [KEY], "package_update": True, "package_upgrade": True,
        "packages": ["htop", "g++"],
    }  # fmt: skip
    uuid = yaml.safe_load(files["meta-data"])["instance-id"]
    assert len(uuid) == 36
    assert yaml.safe_load(files["network-config"]) == {
        "version": 2,
        "ethernets": {"eth0": {"match": {"macaddress": "52:54:00:00:00:01"}, "set-name": "eth0", "dhcp4": True}},
    }


def test_the_least_that_can_be_asked():
    files = made(CloudInit())
    assert yaml.safe_load(files["user-data"]) == {"hostname": "web-01", "ssh_pwauth": False}
    assert "network-config" not in files


def test_static_addresses():
    how = Addressing(False, ("10.0.0.5/24", "fd00::5/64"), ("10.0.0.1", "fd00::1"), ("1.1.1.1",), ("example.org",))
    found = yaml.safe_load(made(CloudInit(addressing=(how,)), NIC, NIC)["network-config"])["ethernets"]
    assert found["eth0"]["dhcp4"] is False
    assert found["eth0"]["addresses"] == ["10.0.0.5/24", "fd00::5/64"]
    assert found["eth0"]["routes"] == [{"to": "0.0.0.0/0", "via": "10.0.0.1"}, {"to": "::/0", "via": "fd00::1"}]
    assert found["eth0"]["nameservers"] == {"search": ["example.org"], "addresses": ["1.1.1.1"]}
    assert found["eth1"]["dhcp4"] is True


@settings(deadline=None)
@given(hostile)
def test_whatever_is_typed_stays_one_value(text):
    spec = replace(complete(filled(text), KVM), uuid=text)
    try:
        files = seed_files(spec)
    except InputError as error:
        assert any(0xD800 <= ord(char) <= 0xDFFF for char in text), error
        return
    data = yaml.safe_load(files["user-data"])
    assert data["ssh_authorized_keys"] == [text]
    assert data["packages"] == [text]
    assert set(data) <= {"hostname", "fqdn", "user", "ssh_pwauth", "ssh_authorized_keys", "package_update", "packages"}
    if text:
        assert (data["user"]["name"], data["user"]["passwd"]) == (text, text)
    assert yaml.safe_load(files["meta-data"])["instance-id"] == text
    network = yaml.safe_load(files["network-config"])["ethernets"]["eth0"]
    assert network["addresses"] == [text]


@settings(deadline=None)
@given(st.text())
def test_a_scalar_reads_back_as_it_was(text):
    if any(0xD800 <= ord(char) <= 0xDFFF for char in text):
        with pytest.raises(InputError):
            scalar(text)
        return
    assert "\n" not in scalar(text)
    assert yaml.safe_load(f"a: {scalar(text)}\nb: [{scalar(text)}, 1]") == {"a": text, "b": [text, 1]}


@pytest.mark.parametrize(
    "word", ["no", "on", "1e3", "0x10", "1_000", "2024-01-01", "null", "1.5", "12:30:45", "~", "=", "0o7"]
)
def test_words_that_yaml_would_take_for_something_else(word):
    assert yaml.safe_load(scalar(word)) == word


def test_own_cloud_config_is_laid_over_ours():
    text = "#cloud-config\nhostname: mine\npackages: [vim]\nuser: {shell: /bin/zsh}\nruncmd:\n  - [echo, hi]\n"
    files = made(CloudInit(user="ann", packages=("htop",), user_data=text))
    assert files["user-data"].startswith("#cloud-config\n")
    assert yaml.safe_load(files["user-data"]) == {
        "hostname": "mine", "user": {"name": "ann", "shell": "/bin/zsh"}, "ssh_pwauth": False,
        "package_update": True, "packages": ["htop", "vim"], "runcmd": [["echo", "hi"]],
    }  # fmt: skip


@pytest.mark.parametrize("script", ["#!/bin/sh\necho hi: [\n", "#!/bin/sh\necho ä\n", "## template: jinja\n{{",
                                    "#include\nhttps://x\n", "#cloud-boothook\nx"])  # fmt: skip
def test_a_script_goes_along_as_a_part_of_its_own(script):
    import email

    whole = email.message_from_string(made(CloudInit(user_data=script))["user-data"])
    ours, theirs = whole.get_payload()  # type: ignore[misc]
    assert ours.get_content_type() == "text/cloud-config"  # type: ignore[union-attr]
    assert yaml.safe_load(ours.get_payload(decode=True))["hostname"] == "web-01"  # type: ignore[union-attr, arg-type]
    assert theirs.get_payload(decode=True).decode().rstrip("\n") == script.rstrip("\n")  # type: ignore[union-attr]
    assert theirs.get_content_type() in userdata._MIME.values()  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["words", "- a", "#cloud-config\na: [", "a: !!python/name:os.system", "x" * (2 << 20),
                                  "#!/bin/sh\n\0", "#!/bin/sh\n\ud800", "? [a]\n: b", "a: &x [*x]" * 2])  # fmt: skip
def test_user_data_that_is_none_is_refused(text):
    assert userdata.problem(text)
    with pytest.raises(InputError):
        made(CloudInit(user_data=text))


@settings(deadline=None)
@given(st.text() | st.sampled_from(HOSTILE))
def test_any_user_data_is_taken_or_refused(text):
    problem = userdata.problem(text)
    assert units.clean(problem) == problem
    try:
        userdata.combined("#cloud-config\nhostname: x\n", text)
    except InputError:
        assert problem
    else:
        assert not problem


def test_a_bomb_of_aliases_stays_small():
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert len(userdata.combined("#cloud-config\n", "#cloud-config\n" + "\n".join(lines))) < 10_000


def test_the_iso_is_what_cloud_init_looks_for(tmp_path):
    spec = complete(CLOUD, KVM)
    image = seed_iso(spec)
    iso = PyCdlib()
    iso.open_fp(io.BytesIO(image))
    try:
        assert iso.pvd.volume_identifier.decode().strip() == LABEL == "cidata"
        for name, text in seed_files(spec).items():
            for way in ({"rr_path": f"/{name}"}, {"joliet_path": f"/{name}"}):
                out = io.BytesIO()
                iso.get_file_from_iso_fp(out, **way)
                assert out.getvalue().decode() == text
    finally:
        iso.close()
    assert len(image) < 100_000


def test_the_same_spec_makes_the_same_bytes_at_any_time_and_place():
    code = (
        "import hashlib, sys, time\n"
        "from limen_tui.fleet.seed import seed_iso\n"
        "from limen_tui.model.spec import from_json\n"
        "real = time.time\n"
        "time.time = lambda: real() + float(sys.argv[1])\n"
        "print(hashlib.sha256(seed_iso(from_json(sys.stdin.read()))).hexdigest())\n"
    )
    from limen_tui.model.spec import to_json

    spec = to_json(complete(CLOUD, KVM))
    sums = {
        subprocess.run([sys.executable, "-c", code, later], input=spec, text=True, capture_output=True, check=True,
                       env={**os.environ, "TZ": zone}).stdout
        for later, zone in (("0", "UTC"), ("0", "Asia/Tokyo"), ("40000000.5", "America/New_York"))
    }  # fmt: skip
    assert len(sums) == 1


def test_no_cloud_init_no_seed():
    assert seed_files(complete(VMSpec("x"), KVM)) == {}
    with pytest.raises(InputError):
        seed_iso(complete(VMSpec("x"), KVM))


@pytest.mark.parametrize("password", ["geheim", "ä ß €", "$x'\"\\`;", "-salt", "x" * 255])
def test_a_password_is_hashed_so_that_openssl_agrees(password):
    made = password_hash(password)
    assert made != password_hash(password), "a salt of its own"
    again = subprocess.run(["openssl", "passwd", "-6", "-salt", made.split("$")[2], "-stdin"], input=password.encode(),
                           capture_output=True, check=True).stdout.decode().strip()  # fmt: skip
    assert made == again
    assert password not in made


@pytest.mark.parametrize("password", ["", "x" * 256, "a\nb", "a\0", "\ud800", "a\x7f"])
def test_a_password_that_would_be_cut_or_changed_is_refused(password):
    with pytest.raises(InputError) as caught:
        password_hash(password)
    assert not password or password not in f"{caught.value}{caught.value.hint}"
