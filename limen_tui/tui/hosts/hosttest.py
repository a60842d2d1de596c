"""Tries a host and shows each stage as it goes. UI thread; the test has a thread of its own and only posts messages."""

from __future__ import annotations

import threading
import time

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, Static

from limen_tui.errors import LimenError
from limen_tui.fleet.stages import Cancel, Stage, Tester, stage_names
from limen_tui.model.host import Host, HostState
from limen_tui.model.units import clean
from limen_tui.model.uri import parse_uri
from limen_tui.tui.actionscreen import limen_of
from limen_tui.tui.dialogs.base import Dialog, relabel

LABELS = {"resolve": "Resolve", "tcp": "TCP", "ssh": "SSH", "host key": "Host key", "sign-in": "Sign-in",
          "socket": "Socket", "libvirt": "libvirt", "versions": "Versions", "list": "VMs"}  # fmt: skip


class HostTestDialog(Dialog[bool | None]):
    """Dismisses with True for "save", with ``None`` for back. What the host asks meanwhile opens above it."""

    DEFAULT_CSS = """
    HostTestDialog #stages { height: auto; }
    HostTestDialog #verdict { height: auto; margin-top: 1; }
    """

    class Began(Message):
        """A stage began."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Ended(Message):
        """A stage ended."""

        def __init__(self, stage: Stage) -> None:
            super().__init__()
            self.stage = stage

    class Over(Message):
        """The test ended, with the error that ended it."""

        def __init__(self, error: LimenError | None) -> None:
            super().__init__()
            self.error = error

    def __init__(self, host: Host, tester: Tester, *, saves: bool) -> None:
        super().__init__(f"Test {host.name}")
        self._host, self._tester, self._saves = host, tester, saves
        self._names = stage_names(parse_uri(host.uri))
        self._stages: list[Stage] = []
        self._now = ""
        self._began = time.monotonic()
        self._cancel = Cancel()
        self._over = False

    def body(self) -> ComposeResult:
        """The address, the stages, what came of it."""
        yield Static(Text(clean(self._host.uri), style="bold", overflow="ellipsis", no_wrap=True), id="uri")
        yield Static(id="stages")
        yield Static(id="verdict")
        with Horizontal(classes="dialog--buttons"):
            if self._saves:
                yield Button("Save", id="save", variant="primary", disabled=True)
            yield Button("Test again", id="again", disabled=True)
            yield Button("Cancel", id="back")

    def on_mount(self) -> None:
        """The test begins."""
        super().on_mount()
        self.set_focus(self.query_one("#back"))
        self.set_interval(0.25, self._tick)
        self._start()

    def on_unmount(self) -> None:
        """Nothing goes on behind a closed dialog."""
        self._cancel.set()

    def _start(self) -> None:
        self._stages, self._now, self._over, self._cancel = [], self._names[0], False, Cancel()
        for button in self.query("#save, #again"):
            button.disabled = True
        relabel(self.query_one("#back", Button), "Cancel")
        self.query_one("#verdict", Static).update("")
        threading.Thread(target=self._run, args=(self._cancel,), name="host-test", daemon=True).start()
        self._draw()

    def _run(self, cancel: Cancel) -> None:
        """On the test's thread."""
        def begin(name: str) -> None:
            if not cancel.is_set:
                self.post_message(self.Began(name))

        def tell(stage: Stage) -> None:
            if not cancel.is_set:
                self.post_message(self.Ended(stage))

        error: LimenError | None = None
        try:
            self._tester(self._host, tell, begin=begin, cancel=cancel)
        except LimenError as failure:
            error = failure
        if not cancel.is_set:
            self.post_message(self.Over(error))

    @on(Began)
    def _stage_began(self, event: Began) -> None:
        self._now, self._began = event.name, time.monotonic()
        self._draw()

    @on(Ended)
    def _stage_ended(self, event: Ended) -> None:
        self._stages.append(event.stage)
        self._now = ""
        self._draw()

    @on(Over)
    def _test_over(self, event: Over) -> None:
        self._over, self._now = True, ""
        self._draw()
        for button in self.query("#save, #again"):
            button.disabled = False
        relabel(self.query_one("#back", Button), "Back" if self._saves else "Close")
        verdict = self.query_one("#verdict", Static)
        if event.error is None:
            verdict.set_classes("")
            verdict.update("All is well.")
            if self._saves:
                self.set_focus(self.query_one("#save"))
            else:
                self._connect()
            return
        if self._saves:
            relabel(self.query_one("#save", Button), "Save all the same")
        text = Text(event.error.title, style="bold")
        for part in (event.error.detail, event.error.hint):
            if part:
                text.append("\n" + "\n".join(clean(line) for line in part.splitlines()), style="not bold")
        verdict.set_classes("dialog--problem")
        verdict.update(text)
        self.set_focus(self.query_one("#back"))

    def _connect(self) -> None:
        """What waits for its next try, or for an answer that was given to the test, need not wait any longer."""
        fleet = limen_of(self.app).fleet
        host = fleet.view.host(self._host.id)
        if host is not None and host.state in (HostState.DOWN, HostState.NEEDS_AUTH):
            fleet.reconnect(self._host.id)

    def _tick(self) -> None:
        """What the host asks belongs to this test: the person waits for it."""
        if not self._over and self.is_current:
            limen_of(self.app).sign_in.show_next(self._host.id)

    def _draw(self) -> None:
        variables = self.app.theme_variables
        good, bad = (variables.get(name, "") for name in ("text-success", "text-error"))
        if self.app.ansi_color or "auto" in good + bad:
            good, bad = "green", "red"
        lines = Text(no_wrap=True, overflow="ellipsis")
        told = {stage.name: stage for stage in self._stages}
        # with jump hosts a stage comes more than once; each is shown
        for stage in self._stages:
            lines.append("● ok    " if stage.ok else "✗ fails ", good if stage.ok else f"bold {bad}")
            lines.append(f"{LABELS.get(stage.name, clean(stage.name)):<9}", "bold")
            lines.append(f"{_seconds(stage.seconds):>8}  ", "dim")
            lines.append(f"{clean(stage.text) if stage.ok else ''}\n")
        if not self._over and self._now:
            lines.append("◌ …     ")
            lines.append(f"{LABELS.get(self._now, clean(self._now)):<9}\n", "bold")
        left = [name for name in self._names if name not in told and (self._over or name != self._now)]
        for name in left:
            lines.append(f"·       {LABELS[name]}\n", "dim")
        lines.rstrip()
        self.query_one("#stages", Static).update(lines)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Save, again or back."""
        if event.button.id == "save":
            self.dismiss(True)
        elif event.button.id == "again":
            self._start()
        else:
            self.action_cancel()


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
