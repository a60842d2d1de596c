"""``limen hosts test`` and ``limen doctor HOST``: each stage as it ends, and questions asked on the terminal.

Main thread; the test itself blocks on one of its own, so that a question can be put meanwhile and Ctrl-C gives up.
"""

from __future__ import annotations

import argparse
import threading
from dataclasses import replace

from limen_tui.cli import exits, output
from limen_tui.cli.asker import TerminalAsker
from limen_tui.cli.resolve import host_named
from limen_tui.cli.store import opened
from limen_tui.errors import AuthError, LimenError
from limen_tui.fleet.compose import Options
from limen_tui.fleet.questions import QuestionDesk
from limen_tui.fleet.remoting import Remoting
from limen_tui.fleet.stages import Cancel, HostTester, Stage
from limen_tui.model.host import Host
from limen_tui.model.units import clean
from limen_tui.model.uri import host_id, parse_uri
from limen_tui.settings import Settings, runtime_dir

STEP = 0.02


def test(settings: Settings, arguments: argparse.Namespace, target: str) -> int:
    """Try a host stage by stage; the exit code is that of the first stage that failed."""
    options = Options()
    if arguments.lab:
        from limen_tui.cli.lab import lab_options  # noqa: PLC0415 - each way pays for itself only

        options = lab_options(options)
    host = _host(settings, options, target, read_only=bool(arguments.read_only))
    run = _Run(host, options, timeout=arguments.timeout, quiet=arguments.json)
    error = run.finish()
    if isinstance(error, AuthError) and run.asker.unanswered:
        error.hint = "Run it on a terminal, where it can ask."
    if arguments.json:
        output.as_json({
            "uri": host.uri, "ok": error is None,
            "stages": [{"stage": s.name, "ok": s.ok, "seconds": round(s.seconds, 4), "text": s.text}
                       for s in run.stages],
            "unanswered": [{"kind": q.kind.value, "title": q.title, "prompts": [prompt.text for prompt in q.prompts],
                            "fingerprint": q.host_key.fingerprint if q.host_key else None}
                           for q in run.asker.unanswered],
            "problem": None if error is None else {"title": error.title, "detail": error.detail, "hint": error.hint},
        })  # fmt: skip
    elif error is not None:
        output.complain(error)
    return exits.OK if error is None else exits.code_of(error)


test.__test__ = False  # type: ignore[attr-defined]  # its name is not a test's


def _host(settings: Settings, options: Options, target: str, *, read_only: bool) -> Host:
    """A saved host by its name or URI, one of the lab, or a new one for a URI. Raises ``InputError``, ``NotFound``."""
    if "://" in target:
        uri = parse_uri(target)
        return Host(host_id(uri), uri.host or target, str(uri), read_only=read_only)
    for known in options.uris:
        parsed = parse_uri(known)
        if parsed.host == target:
            return Host(host_id(parsed), target, known, read_only=read_only)
    with opened(settings) as store:
        host = host_named(target, store.hosts())
    return replace(host, read_only=read_only or host.read_only)


class _Run:
    """One test under way."""

    def __init__(self, host: Host, options: Options, *, timeout: float, quiet: bool) -> None:
        self.stages: list[Stage] = []
        self._desk = QuestionDesk()
        self.asker = TerminalAsker(self._desk)
        self._quiet = quiet
        self._error: LimenError | None = None
        self._defect: BaseException | None = None
        self._cancel = Cancel()
        config = list(options.ssh_config) if options.ssh_config else None
        self._tester = HostTester(Remoting(self._desk, runtime_dir(), lambda _: None, ssh_config=config))
        self._thread = threading.Thread(target=self._work, args=(host, timeout), name="host-test", daemon=True)

    def finish(self) -> LimenError | None:
        """Run it to its end; why it failed. Raises ``KeyboardInterrupt`` when the person gave up."""
        self._thread.start()
        try:
            while self._thread.is_alive():
                self.asker.tick()
                self._thread.join(STEP)
        except KeyboardInterrupt:
            if self.asker.busy:
                output.say("")  # the prompt's own line ends here
            self._desk.close()
            self._cancel.set()
            self._thread.join(2.0)
            raise
        if self._defect is not None:
            raise self._defect
        return self._error

    def _work(self, host: Host, timeout: float) -> None:
        try:
            self._tester(host, self._tell, begin=lambda _: None, cancel=self._cancel, timeout=timeout)
        except LimenError as error:
            self._error = error
        except BaseException as error:  # noqa: BLE001 - raised again by the main thread
            self._defect = error

    def _tell(self, stage: Stage) -> None:
        self.stages.append(stage)
        if not self._quiet:
            mark = "ok  " if stage.ok else "FAIL"
            text = "; ".join(stage.text.splitlines())
            print(clean(f"{mark}  {stage.name:<12} {stage.seconds * 1000:7.1f} ms  {text}"), flush=True)
