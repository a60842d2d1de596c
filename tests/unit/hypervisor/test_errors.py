"""Every libvirt error becomes a LimenError that says what to do."""

from __future__ import annotations

import libvirt
import pytest

from limen_tui.errors import (
    AuthError,
    Conflict,
    ConnectError,
    InputError,
    LimenError,
    NotFound,
    NotSupported,
    StepFailed,
    Timeout,
)
from limen_tui.hypervisor.agent import _in_words, _only_unknown
from limen_tui.hypervisor.connection import open_libvirt
from limen_tui.hypervisor.errcodes import CLASS_HINT, CLASS_OF, CLASS_TITLE
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.volumes import explained

# the levels share the prefix with the codes
LEVELS = {"VIR_ERR_NONE", "VIR_ERR_WARNING", "VIR_ERR_ERROR"}
CODES = {name: getattr(libvirt, name) for name in dir(libvirt) if name.startswith("VIR_ERR_") and name not in LEVELS}


def an_error(code: int, message: str = "words", domain: int = libvirt.VIR_FROM_QEMU) -> libvirt.libvirtError:
    error = libvirt.libvirtError("shown when nothing is set")
    error.err = (code, domain, message, 2, None, None, None, -1, -1)
    return error


@pytest.mark.parametrize("name", sorted(CODES))
def test_no_code_falls_through(name):
    assert CODES[name] in CLASS_OF
    mapped = map_error(an_error(CODES[name]))
    assert type(mapped) is CLASS_OF[CODES[name]]
    assert type(mapped) is not LimenError
    assert mapped.title
    assert mapped.hint
    assert mapped.detail == "words"


def test_every_class_has_title_and_hint():
    assert set(CLASS_OF.values()) == CLASS_TITLE.keys() == CLASS_HINT.keys()


@pytest.mark.parametrize(("code", "kind"), [(112, Timeout), (113, StepFailed)])
def test_what_a_newer_daemon_says_of_the_guest_agent_is_known_to_an_older_client(code, kind):
    error = an_error(code, "guest agent command failed")
    assert type(map_error(error)) is type(_in_words(error)) is kind
    assert "guest agent" in map_error(error).title
    assert _only_unknown(error), "another source of addresses may know"


def test_a_code_of_a_newer_libvirt_is_still_an_error_with_words():
    mapped = map_error(an_error(9999, "new trouble"))
    assert mapped.title
    assert mapped.detail == "new trouble"


def test_an_answer_of_several_lines_is_told_in_one():
    error = map_error(an_error(libvirt.VIR_ERR_XML_INVALID_SCHEMA, "qemu closed the monitor:\n first \n\nsecond\n"))
    assert error.detail == "qemu closed the monitor: first; second"


def test_an_error_without_a_code():
    libvirt.virResetLastError()  # the thread's last error would lend its words
    error = libvirt.libvirtError("call failed")
    error.err = None
    assert map_error(error).detail == "call failed"


@pytest.mark.parametrize(
    ("message", "kind", "hint"),
    [
        ("Failed to connect socket to '/run/libvirt-sock': Permission denied", AuthError, "usermod -aG libvirt"),
        ("Failed to connect socket to '/run/libvirt-sock': No such file or directory", ConnectError, "Start it"),
        ("Failed to connect socket to '/run/libvirt-sock': Connection refused", ConnectError, "Start it"),
        ("authentication unavailable: no polkit agent available to authenticate action", AuthError, "usermod"),
        ("internal error: Unable to get system bus connection: Could not connect: No such file or directory",
         ConnectError, "polkit"),
        ("error from service: GDBus.Error:org.freedesktop.DBus.Error.ServiceUnknown: The name "
         "org.freedesktop.PolicyKit1 was not provided by any .service files", ConnectError, "as root"),
        ("error from service: GDBus.Error:org.freedesktop.DBus.Error.Spawn.ExecFailed: Cannot launch daemon, file not "
         "found or permissions invalid", ConnectError, "polkit"),
        ("Cannot recv data: Host key verification failed.: Connection reset by peer", AuthError, "known_hosts"),
        ("Cannot recv data: root@h: Permission denied (publickey).: Connection reset by peer", AuthError, "keys"),
        ("unable to connect to server at 'h:16509': Connection refused", ConnectError, "port"),
        ("unable to connect to server at 'h:16509': No route to host", Timeout, "network"),
        ("Unable to resolve address 'h' service '16509': Name or service not known", ConnectError, "DNS"),
        ("internal error: received hangup event on socket / keepalive timeout", Timeout, "network"),
        ("no connection driver available for qemu:///system", NotSupported, "libvirt-daemon-driver-qemu"),
        ("End of file while reading data: Input/output error", ConnectError, "again by itself"),
        ("internal error: received hangup event on socket", ConnectError, "again by itself"),
        ("internal error: received hangup / error event on socket", ConnectError, "again by itself"),
    ],
)  # fmt: skip
def test_words_tell_failures_to_connect_apart(message, kind, hint):
    mapped = map_error(an_error(libvirt.VIR_ERR_SYSTEM_ERROR, message, libvirt.VIR_FROM_RPC))
    assert type(mapped) is kind
    assert hint in mapped.hint


@pytest.mark.parametrize(
    ("message", "title", "hint"),
    [
        ("internal error: qemu unexpectedly closed the monitor: qemu: error: failed to set MSR 0x10a to 0x69\n"
         "qemu: ../../target/i386/kvm/kvm.c:3183: kvm_buf_set_msrs: Assertion `ret.", "KVM", "--kind qemu"),
        ("internal error: process exited while connecting to monitor: Could not access KVM kernel module: "
         "Permission denied\nqemu: failed to initialize kvm: Permission denied", "KVM", "/dev/kvm"),
        ("Failed to create file '/p/a.qcow2': No space left on device", "full", "room"),
        ("internal error: process exited while connecting to monitor: qemu: Could not open '/p/a.qcow2': "
         "Permission denied", "may not use a file", "owner"),
    ],
)  # fmt: skip
def test_what_stops_qemu_is_told_in_words(message, title, hint):
    mapped = map_error(an_error(libvirt.VIR_ERR_INTERNAL_ERROR, message))
    assert type(mapped) is StepFailed
    assert title in mapped.title
    assert hint in mapped.hint
    assert mapped.detail == message.replace("\n", "; ")


def test_words_in_a_vm_name_do_not_change_what_is_missing():
    # the message quotes the VM's name, which anyone may choose
    mapped = map_error(an_error(libvirt.VIR_ERR_NO_DOMAIN, "no domain with matching name 'keepalive polkit'"))
    assert type(mapped) is NotFound


@pytest.mark.parametrize("uri", ["nonsense", "warp:///system", "qemu+pigeon:///x", "qemu://a b/system", "://", ""])
def test_unusable_uris_are_refused_before_libvirt_sees_them(uri):
    with pytest.raises(InputError) as caught:
        open_libvirt(uri, False)
    assert caught.value.title


def test_a_missing_socket_says_how_to_start_the_daemon(tmp_path):
    with pytest.raises(ConnectError) as caught:
        open_libvirt(f"qemu+unix:///system?socket={tmp_path}/none", False)
    assert "Start it" in caught.value.hint


def test_nothing_is_printed_on_the_terminal(capfd, tmp_path):
    with pytest.raises(LimenError):
        open_libvirt(f"qemu+unix:///system?socket={tmp_path}/none", False)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_a_refusal_about_a_volume_without_a_reason_may_be_tried_again():
    libvirt.virResetLastError()
    with pytest.raises(Conflict, match=r"db\.qcow2 in default") as caught, explained("default", "db.qcow2"):
        raise libvirt.libvirtError("virStorageVolDelete() failed")
    assert "try again" in caught.value.hint
