"""HostSession: one host behind :class:`~limen_tui.model.ports.HostPort`. Any thread may call it.

It hands letters to the session thread (:mod:`.worker`) and reads the snapshot slot; it never calls libvirt.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from limen_tui.errors import AuthError, ConnectError, InputError, LimenError, Timeout
from limen_tui.hypervisor.connection import Opener, asking_opener, open_libvirt
from limen_tui.hypervisor.context import Context
from limen_tui.hypervisor.lane import Lane
from limen_tui.hypervisor.mailbox import Letter, Mailbox
from limen_tui.hypervisor.slot import SnapshotSlot, faded
from limen_tui.hypervisor.worker import Worker, plain_transport
from limen_tui.model.clock import SystemClock
from limen_tui.model.events import EventKind
from limen_tui.model.host import Host, HostSnapshot, HostState, problem_of
from limen_tui.model.ports import Clock, Connector, EventSink, HostVerbs, Priority, Transport, Watch
from limen_tui.model.questions import Asker
from limen_tui.model.units import paragraph

T = TypeVar("T")
STALE_AFTER: Final = 8.0
"""Seconds inside one call after which the figures are called old; keepalive ends the call after about ten."""
CONNECT_PATIENCE: Final = 12.0
"""Seconds of connecting after which the host is called down, though the attempt goes on."""
GIVE_UP_AFTER: Final = 25.0
"""Seconds after which a stuck thread is left behind; keepalive has ended what it can long before."""
MOST_LEFT_BEHIND: Final = 2
"""Stuck threads that a session leaves behind; each may hold a worker of the host's daemon, too."""


class HostSession:
    """Implements HostPort for real libvirt, over any URI it knows."""

    def __init__(
        self,
        host: Host,
        sink: EventSink,
        *,
        open: Opener = open_libvirt,
        transport: Transport = plain_transport,
        clock: Clock | None = None,
        read_only: bool = False,
        rng: random.Random | None = None,
        stale_after: float = STALE_AFTER,
        connect_patience: float = CONNECT_PATIENCE,
        give_up_after: float = GIVE_UP_AFTER,
    ) -> None:
        clock = clock or SystemClock()
        self._lane = Lane(f"acts-{host.id}")
        self._make_worker = partial(Worker, opener=open, transport=transport, rng=rng)
        self._context = Context(
            host, sink, clock, SnapshotSlot(host, clock), Mailbox(), read_only=read_only or host.read_only,
            aside=partial(self._lane.put, Priority.BACKGROUND),
        )
        self._worker = self._make_worker(self._context)
        self._thread = self._make_thread()
        self._left: list[threading.Thread] = []
        """Threads that were stuck and were left behind."""
        self._lock = threading.Lock()
        self._stale_after = stale_after
        self._connect_patience = connect_patience
        self._give_up_after = give_up_after

    def _make_thread(self) -> threading.Thread:
        return threading.Thread(target=self._worker.run, name=f"host-{self._context.host.id}", daemon=True)

    # -- reading -------------------------------------------------------------------------------------

    @property
    def snapshot(self) -> HostSnapshot:
        """The newest snapshot; says stale by itself when the session thread is stuck in a call.

        Cheap, and meant to be read a few times a second: this is also what notices a thread that is stuck
        for good, and has another take over.
        """
        context = self._context
        current = context.slot.current
        busy_since = context.busy_since
        if busy_since is None:
            return current
        stuck = context.clock.mono() - busy_since
        if current.state is HostState.UP and stuck > max(self._stale_after, 2 * context.watch.interval):
            return self._overdue(current, HostState.STALE, stuck)
        if current.state is HostState.CONNECTING and stuck > self._connect_patience:
            return self._overdue(current, HostState.DOWN, stuck)
        if stuck > self._give_up_after:
            self._take_over(context)
        return current

    def _overdue(self, current: HostSnapshot, state: HostState, seconds: float) -> HostSnapshot:
        problem = problem_of(Timeout(
            "The host does not answer", f"A call has been waiting for {seconds:.0f} s.",
            "Check the network and the host's libvirt daemon; Limen goes on by itself once it answers.",
        ))
        context = self._context
        after = context.slot.update_if(
            lambda now: now is current, state=state, problem=problem, vms=faded(current.vms), retry_at=None
        )
        if after.rev == current.rev + 1 and after.state is state:
            context.tell(EventKind.HOST, f"{state.value}: it does not answer", level="warning")
        return after

    def _take_over(self, stuck: Context) -> None:
        """Leave a stuck thread behind and go on with a new one, over a connection of its own.

        One call that never ends need not mean a dead host: libvirt waits for ever for a QEMU that was
        stopped, though NOWAIT passes it by for whoever asks next.
        """
        with self._lock:
            self._left = [thread for thread in self._left if thread.is_alive()]
            if stuck is not self._context or stuck.mailbox.closed or len(self._left) >= MOST_LEFT_BEHIND:
                return
            stuck.slot.locked(lambda: setattr(stuck, "retired", True))
            self._left.append(self._thread)
            self._fail(stuck.mailbox.close())
            self._worker.cut()
            self._context = replace(stuck, mailbox=Mailbox(), busy_since=None, retired=False, wary=True)
            self._worker = self._make_worker(self._context, book=self._worker.book.copy())
            self._thread = self._make_thread()
            self._thread.start()

    # -- asking --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin connecting in the background."""
        self._thread.start()

    def watch(self, watch: Watch) -> None:
        """Change what is sampled and how often."""
        self._context.watch = watch
        self._context.mailbox.put(Priority.EVENT, self._worker.rewatch)

    def refresh(self) -> None:
        """Sample now; while down, connect now, past an attempt that hangs."""
        context = self._context
        busy_since = context.busy_since
        if busy_since is not None and context.clock.mono() - busy_since > self._connect_patience:
            self._take_over(context)
        worker = self._worker
        worker.wish()
        self._context.mailbox.put(Priority.USER, worker.refresh)

    def rename(self, host: Host) -> None:
        """Take over a changed name, group or colour. Raises ``InputError`` for another URI or id."""
        if (host.id, host.uri) != (self._context.host.id, self._context.host.uri):
            raise InputError("Not the same host", "A session keeps its URI for life; make a new one.")
        self._context.host = host
        self._context.slot.update(host=host)
        self._context.mailbox.put(Priority.EVENT, lambda: self._worker.rename(host))

    def submit(self, call: Callable[[HostVerbs], T], *, priority: Priority = Priority.USER) -> Future[T]:
        """See HostPort. A person's acts run beside the session thread, a few at once, so ticks go on meanwhile."""
        future: Future[T] = Future()
        refusal = self._refusal()
        if refusal is not None:
            future.set_exception(refusal)
            return future
        box: Lane | Mailbox = self._lane if priority is Priority.USER else self._context.mailbox
        if not box.put(priority, lambda: self._perform(call, future), future):
            future.set_exception(ConnectError.unsent("The session was closed"))
        return future

    def _refusal(self) -> LimenError | None:
        snapshot = self.snapshot
        if snapshot.state is HostState.UP:
            return None
        why = snapshot.problem
        detail = paragraph(why.title, why.detail) if why else ""
        if snapshot.state is HostState.NEEDS_AUTH:
            return AuthError(why.title if why else "Sign-in is needed", why.detail if why else "",
                             why.hint if why else "Sign in to this host.")
        hint = "Nothing was asked of it; try again later."
        return ConnectError.unsent(f"The host is {snapshot.state.value}", detail, hint)

    def _perform(self, call: Callable[[HostVerbs], T], future: Future[T]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        connection = self._worker.connection
        try:
            if connection is None:
                raise ConnectError.unsent("The connection broke", hint="It was not asked of the host.")
            with connection.using():
                result = call(self._worker.verbs(connection))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits for the future
            future.set_exception(error)
        else:
            future.set_result(result)

    def person_is_asked(self, on: bool) -> None:
        """The session thread waits for a person, or no longer: then it is not stuck, however long it takes."""
        self._context.busy_since = None if on else self._context.clock.mono()

    # -- ending --------------------------------------------------------------------------------------

    def close(self) -> None:
        """Ask the session to end; never waits for the host."""
        with self._lock:
            self._fail([*self._context.mailbox.close(), *self._lane.close()])

    @staticmethod
    def _fail(letters: Iterable[Letter]) -> None:
        for letter in letters:
            if letter.future is not None and letter.future.set_running_or_notify_cancel():
                error = ConnectError.unsent("The session was closed", "It was not asked of the host.")
                letter.future.set_exception(error)

    def join(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds for the end of the session's threads."""
        until = time.monotonic() + timeout
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive() and self._lane.join(max(0.0, until - time.monotonic()))


def session_connector(
    *, read_only: bool = False, transport: Transport = plain_transport, asker: Asker | None = None
) -> Connector:
    """The Connector for real hosts: ``read_only`` opens every one of them read-only."""

    def connect(host: Host, sink: EventSink) -> HostSession:
        made: list[HostSession] = []

        def waiting(on: bool) -> None:
            made[0].person_is_asked(on)

        opener: Opener = open_libvirt if asker is None else asking_opener(host, asker, waiting)
        made.append(HostSession(host, sink, open=opener, read_only=read_only, transport=transport))
        return made[0]

    return connect
