"""Help, completion, config, doctor, and what happens around the verbs."""

from __future__ import annotations

import grp
import os
import re
import shutil
import socket
import stat
import subprocess
import sys

import pytest

from limen_tui.cli import doctor, exits
from limen_tui.cli.completion import script
from limen_tui.cli.parser import build
from limen_tui.errors import LimenError
from limen_tui.settings import parse_settings
from tests.unit.cli.conftest import RUNNING


def test_help_says_what_the_exit_codes_mean(limen):
    out = limen("--help").out
    assert exits.TEXT.strip() in out


def test_every_error_has_a_code_of_its_own_kind():
    def below(kind: type[LimenError]) -> set[type[LimenError]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    # whatever its fields are: only its kind counts
    codes = {kind.__name__: exits.code_of(kind.__new__(kind)) for kind in below(LimenError)}
    assert (codes["Timeout"], codes["AuthError"], codes["NotFound"], codes["ConfigError"]) == (3, 6, 4, 2)
    assert 0 not in codes.values()


def test_config_prints_settings_that_load(limen):
    assert parse_settings(limen("config").out) == parse_settings("")


def test_a_mistake_in_the_settings_names_the_line(limen, home):
    path = home / "limen.toml"
    path.write_text('theme = "dark"\nthemes = 1\n')
    ran = limen("--config", str(path), "--demo", "vms")
    assert ran.code == 2
    assert "line 2" in ran.err
    assert len(ran.err.splitlines()) == 2


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_scripts_parse(shell):
    subprocess.run(["bash", "-n"], input=script(shell, build()), text=True, check=True)


def complete(tmp_path, *words: str, names: str = "") -> list[str]:
    """What bash offers after ``words``, with a ``limen`` that knows VMs of these ``names``."""
    (tmp_path / "names").write_text(names)
    program = tmp_path / "limen"
    program.write_text(f"#!/bin/sh\ncat {tmp_path}/names\n")
    program.chmod(0o755)
    typed = " ".join(f"'{word}'" for word in words)
    code = f"{script('bash', build())}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _limen\n"
    code += 'printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )  # fmt: skip
    return done.stdout.split()


def test_verbs_and_their_options_are_completed(tmp_path):
    assert "shutdown" in complete(tmp_path, "limen", "sh")
    assert {"add", "remove"} <= set(complete(tmp_path, "limen", "hosts", ""))
    assert complete(tmp_path, "limen", "kill", "--y") == ["--yes"]


def test_values_of_options_are_completed_as_what_they_are(tmp_path):
    assert complete(tmp_path, "limen", "create", "x", "--firmware", "") == ["bios", "uefi", "uefi-secure"]
    assert "logical" in complete(tmp_path, "limen", "pool", "create", "x", "--kind", "")
    assert complete(tmp_path, "limen", "start", "--host", "", names="kvm1\n") == ["kvm1"]
    assert complete(tmp_path, "limen", "hosts", "remove", "", names="kvm1\n") == ["kvm1"]
    assert complete(tmp_path, "limen", "-c", "test:///x", "ssh", "w", names="web1\n") == ["web1"]
    assert complete(tmp_path, "limen", "--config", "na") == ["names"], "a file"
    assert complete(tmp_path, "limen", "audit", "--search", "") == [], "only the person knows"
    assert complete(tmp_path, "limen", "--host", "pool", "st") != ["start", "stop"], "the value of an option is no verb"


def test_no_name_that_means_something_else_in_zsh_is_used():
    made = script("zsh", build())
    [names] = re.findall(r"^  local (.*)$", made, re.MULTILINE)
    assert not {name.partition("=")[0] for name in names.split()} & {"path", "words", "status", "argv", "prefix"}
    assert ":COMP_CWORD" not in made, "zsh takes a letter there for a modifier"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_scripts_of_other_shells_are_understood_by_them(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    subprocess.run([shell, "-n"], input=script(shell, build()), text=True, check=True)


def test_names_of_hosts_are_listed_without_asking_them(limen):
    assert limen("hosts", "add", "qemu+ssh://root@nowhere.invalid/system", "--name", "far").code == 0
    assert limen("hosts", "--names").out == "far\n"


def test_vm_names_are_completed_and_never_run(tmp_path):
    evil = f"web1\n$(touch {tmp_path}/ran)\n`touch {tmp_path}/ran`\nx; touch {tmp_path}/ran\nweb2\n"
    assert complete(tmp_path, "limen", "start", "we", names=evil) == ["web1", "web2"]
    assert complete(tmp_path, "limen", "start", "", names=evil) == ["web1", "web2"]
    assert not (tmp_path / "ran").exists()


def test_doctor_looks_at_everything_and_says_how_to_mend_it(limen):
    ran = limen("doctor", "--json")
    findings = ran.json
    assert {"limen", "libvirt", "hypervisor", "kvm", "ssh", "terminal", "config", "inventory"} <= {
        f["what"] for f in findings
    }
    assert {f["level"] for f in findings} <= {"ok", "warn", "fail"}
    assert all(f["mend"] for f in findings if f["level"] == "fail")
    assert ran.code == (1 if any(f["level"] == "fail" for f in findings) else 0)


def sockets_found(monkeypatch, *paths) -> list[doctor.Finding]:
    """What doctor says of these sockets on a machine without systemd that has the modular daemons only."""
    monkeypatch.setattr(doctor, "SOCKETS", {str(path): "virtqemud" for path in paths})
    monkeypatch.setattr(doctor, "SYSTEMD", paths[0].parent / "systemd")
    monkeypatch.setattr(doctor.shutil, "which", lambda name, path: f"/usr/sbin/{name}" if name == "virtqemud" else None)
    return list(doctor._socket())


def test_doctor_tells_a_socket_that_answers_from_one_left_behind(monkeypatch, tmp_path):
    live, dead = tmp_path / "live", tmp_path / "dead"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as gone:
        server.bind(str(live))
        server.listen()
        gone.bind(str(dead))
        gone.close()
        found, left = sockets_found(monkeypatch, live, dead)
    assert (found.level, left.level) == ("ok", "warn")
    assert "nothing answers" in left.text
    assert left.mend == f"sudo virtqemud -d; if it is only a file left behind: sudo rm {dead}"


def test_doctor_starts_the_daemon_that_is_installed_the_way_the_machine_starts_daemons(monkeypatch, tmp_path):
    (found,) = sockets_found(monkeypatch, tmp_path / "none")
    assert found.mend.startswith("sudo virtqemud -d")
    (tmp_path / "systemd").mkdir()
    (found,) = doctor._socket()
    assert found.mend.startswith("sudo systemctl start virtqemud.socket")
    monkeypatch.setattr(doctor.shutil, "which", lambda name, path: None)
    (found,) = doctor._socket()
    assert "apt-get install libvirt-daemon-system" in found.mend


@pytest.mark.parametrize(
    ("mode", "gid", "mend"),
    [(0o660, "video", "sudo usermod -aG video"), (0o600, "root", "sudo chgrp kvm"), (0o600, "video", "sudo chgrp kvm")],
)
def test_doctor_sends_nobody_into_a_group_that_does_not_open_kvm(mode, gid, mend):
    device = os.stat_result((stat.S_IFCHR | mode, 0, 0, 1, 0, grp.getgrnam(gid).gr_gid, 0, 0, 0, 0))
    assert doctor._kvm_mend(device).startswith(mend)


@pytest.mark.parametrize(
    ("text", "line"), [("theme = 3\n", 1), ('\n[keymap]\n"vm.strt" = "x"\n', 3), ('[keymap]\n"vm.start" = "S"\n', 2)]
)
def test_doctor_finds_a_settings_file_that_does_not_load(limen, home, text, line):
    (home / "config/limen").mkdir(parents=True)
    (home / "config/limen/config.toml").write_text(text)
    ran = limen("doctor", "--json")
    config = next(f for f in ran.json if f["what"] == "config")
    assert (ran.code, config["level"]) == (1, "fail")
    assert f"line {line}" in config["text"]


def test_without_a_terminal_the_screen_is_refused(limen):
    ran = limen("--demo")
    assert ran.code == 2
    assert "terminal" in ran.err


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_show_it_is_told(term):
    code = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    done = subprocess.run(
        [sys.executable, "-c", code, sys.executable, "-m", "limen_tui", "--demo"], env={**os.environ, "TERM": term},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "cannot show Limen's screen: TERM is" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("words", [["nope"], ["--timeout", "nan", "vms"], ["--timeout", "-1", "vms"], ["start"]])
def test_a_mistake_on_the_command_line_is_2(limen, words):
    assert limen(*words).code == 2


def test_a_reader_that_leaves_early_is_no_error(home, host_of):
    uri = host_of("a", {f"vm{n}": RUNNING for n in range(50)})
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "limen_tui", "-c", uri, "vms", "--names"], check=False, stdout=writer,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_name_beyond_the_terminals_encoding_is_shown_with_marks(home, host_of):
    uri = host_of("a", {"сервер": RUNNING})
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "limen_tui", "-c", uri, "vms", "--names"], check=False, capture_output=True,
        env=environment,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"??????\n"), done.stderr
