"""A test of a host that goes as told, without a network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from limen_tui.errors import LimenError
from limen_tui.fleet.questions import QuestionDesk
from limen_tui.fleet.stages import Cancel, LinkFacts, Stage, Tell
from limen_tui.model.host import Host, HostInfo
from limen_tui.model.questions import Prompt, Question, QuestionKind

TEXTS = {"resolve": "kvm9 is 192.0.2.9", "tcp": "port 22 is open", "ssh": "SSH-2.0-OpenSSH_9.2p1", "host key": "known",
         "sign-in": "root@kvm9 with a password", "socket": "/var/run/libvirt/libvirt-sock by streamlocal",
         "libvirt": "connected", "versions": "libvirt 9.0.0, QEMU 7.2.9, KVM", "list": "12 VMs on kvm9"}  # fmt: skip


@dataclass
class ScriptedTester:
    """Goes through the stages at once; waits before ``wait_at``, asks at the sign-in where there is a desk."""

    fails_at: str = ""
    error: LimenError | None = None
    wait_at: str = ""
    desk: QuestionDesk | None = None
    go: threading.Event = field(default_factory=threading.Event)
    tried: list[Host] = field(default_factory=list)

    def link_facts(self, host_id: str) -> LinkFacts | None:
        return LinkFacts("streamlocal", 0.0123)

    def __call__(
        self, host: Host, tell: Tell, *, begin: Callable[[str], None], cancel: Cancel, timeout: float = 15.0
    ) -> HostInfo:
        self.tried.append(host)
        for name, text in TEXTS.items():
            begin(name)
            if name == self.wait_at:
                assert self.go.wait(20)
            if name == "sign-in" and self.desk is not None:
                prompts = (Prompt("Password"),)
                question = Question(host.id, host.name, QuestionKind.PASSWORD, "Password", prompts=prompts)
                assert self.desk.ask(question).result(20) is not None
            if name == self.fails_at and self.error is not None:
                tell(Stage(name, False, 0.005, str(self.error), self.error.hint))
                raise self.error
            tell(Stage(name, True, 0.012, text))
        return HostInfo()
