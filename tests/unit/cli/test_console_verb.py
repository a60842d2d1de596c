"""``limen console`` where no terminal is needed: what is refused, and a log that is followed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from limen_tui.cli import main
from limen_tui.errors import InputError
from limen_tui.model.xml.consoles import console_devices


def test_without_a_terminal_it_says_what_to_do_instead(capsys):
    assert main.run(["--demo", "console", "web02"]) == 2
    assert "--follow" in capsys.readouterr().err


def test_an_unknown_vm_and_a_read_only_run_are_refused(capsys):
    assert main.run(["--demo", "console", "nobody", "--follow"]) == 4
    assert main.run(["--demo", "--read-only", "console", "backup10", "--follow"]) == 5
    assert "read-only" in capsys.readouterr().err


def test_following_prints_what_the_guest_says_and_ends_with_ctrl_c():
    run = subprocess.Popen([sys.executable, "-m", "limen_tui", "--demo", "console", "backup10", "--follow"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    try:
        said = b""
        while b"backup10 login: " not in said:
            said += (part := run.stdout.read1(4096))
            assert part, said
        assert b"Linux version" in said
        run.send_signal(2)
        assert run.wait(20) == 130
    finally:
        run.kill()
        run.communicate()


def test_a_log_file_is_followed_also_when_it_begins_anew(tmp_path):
    log = tmp_path / "guest.log"
    log.write_bytes(b"first\x1b]0;title\x07 line\r\n")
    code = "import sys, pathlib; from limen_tui.cli import console; console._follow_file(pathlib.Path(sys.argv[1]))"
    run = subprocess.Popen([sys.executable, "-c", code, str(log)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def until(text: bytes) -> bytes:
        said = b""
        while text not in said:
            said += (part := run.stdout.read1(4096))
            assert part, said
        return said

    try:
        assert until(b"line\r\n") == b"first line\r\n"
        with log.open("ab") as file:
            file.write(b"second\r\n")
        until(b"second\r\n")
        log.write_bytes(b"anew\r\n")
        until(b"anew\r\n")
    finally:
        run.kill()
        run.communicate()


def test_serial_lines_of_a_definition():
    xml = """<domain><devices>
      <serial type='pty'><log file='/var/log/g.log'/><target port='0'/><alias name='serial0'/></serial>
      <serial type='file'><alias name='serial1'/></serial>
      <console type='pty'><alias name='serial0'/></console><console type='pty'><alias name='console1'/></console>
    </devices></domain>"""
    found = console_devices(xml)
    assert [(each.alias, each.kind) for each in found] == [("serial0", "pty"), ("console1", "pty"), ("serial1", "file")]
    assert found[0].log == "/var/log/g.log"
    assert console_devices("<domain/>") == ()
    with pytest.raises(InputError):
        console_devices("<domain>")


def test_a_vm_that_is_off_has_the_same_lines_as_when_it_runs() -> None:
    target = '<target type="{}" port="{}"/>'
    lines = [
        f'<serial type="pty">{target.format("isa-serial", 0)}</serial>',
        f'<serial type="pty">{target.format("isa-serial", 1)}</serial>',
        f'<console type="pty">{target.format("serial", 0)}</console>',
        f'<console type="pty">{target.format("virtio", 1)}</console>',
    ]
    found = console_devices(f"<domain><devices>{''.join(lines)}</devices></domain>")
    assert [each.alias for each in found] == ["serial0", "console1", "serial1"]
