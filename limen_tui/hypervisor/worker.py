"""The life of one session thread: connect, serve, wait, connect again. Imports no libvirt itself."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable
from typing import Final

from limen_tui.errors import AuthError, ConnectError, LimenError, StepFailed
from limen_tui.hypervisor import uri as uris
from limen_tui.hypervisor.backoff import Backoff
from limen_tui.hypervisor.book import Book
from limen_tui.hypervisor.connection import Connection, Opener, open_libvirt
from limen_tui.hypervisor.context import Context
from limen_tui.hypervisor.events import Happening, Then, subscribe
from limen_tui.hypervisor.hostinfo import read_info, read_slow_info
from limen_tui.hypervisor.serving import Serving
from limen_tui.hypervisor.verbs import LibvirtVerbs
from limen_tui.model.events import EventKind
from limen_tui.model.host import Host, HostState, problem_of
from limen_tui.model.ports import Priority, Transport

_WHY_CLOSED: Final = {
    0: "libvirt reported an error on it", 1: "the host closed it", 2: "the host stopped answering (keepalive)",
    3: "it was closed here",
}


def plain_transport(host: Host) -> tuple[str, Callable[[], None]]:
    """The host's own URI, left to libvirt."""
    return host.uri, lambda: None


class Worker:
    """Owns the connection. :meth:`run` is the thread's body; the rest is called by the session handle."""

    def __init__(
        self, context: Context, *, opener: Opener = open_libvirt, transport: Transport = plain_transport,
        rng: random.Random | None = None, book: Book | None = None,
    ) -> None:
        self._context = context
        self._opener = opener
        self._transport = transport
        self._backoff = Backoff(rng)
        self.book = book or Book(context.host)
        self._hurry = False
        self._wished = False
        """Somebody asked to connect and it was not seen to: an attempt that fails takes their letter with it."""
        self._end_transport: Callable[[], None] | None = None
        self.connection: Connection | None = None
        """The open connection, for acts; other threads hold it with :meth:`Connection.using`."""
        self.serving: Serving | None = None

    def run(self) -> None:
        """Until the mailbox is closed."""
        context = self._context
        while not context.mailbox.closed:
            error = self._spell()
            if context.mailbox.closed:
                return
            self._down(error)

    # -- one spell -----------------------------------------------------------------------------------

    def _spell(self) -> LimenError:
        """Connect and serve; returns why it ended."""
        connection: Connection | None = None
        context = self._context
        self._wished = False
        try:
            # the transport keeps its own time, and may wait for a person: that is not a host that hangs
            uri, self._end_transport = self._transport(context.host)
            context.busy_since = context.clock.mono()
            connection = Connection.open(uri, read_only=context.read_only, opener=self._opener)
            return self._serve(connection)
        except LimenError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a fault of ours must cost this spell, not the host for good
            return StepFailed(
                "Limen failed on this host", f"{type(error).__name__}: {error}", "Please report it; Limen tries again."
            )
        finally:
            self.connection = self.serving = None
            context.busy_since = None
            if connection is not None:
                connection.close()
            self.cut()

    def cut(self) -> None:
        """End the transport, which also ends a libvirt call that hangs over it. Any thread; never blocks."""
        end, self._end_transport = self._end_transport, None
        if end is not None:
            end()

    def _serve(self, connection: Connection) -> LimenError:
        context = self._context
        connection.heard = context.heard
        context.heard()
        self.book.rename(context.host)  # a letter that tells of a new name while a connection fails is lost with it
        info = read_info(connection, context.host.uri, read_only=context.read_only)
        context.heard()
        serving = Serving(context, connection, info, self.book, local=uris.is_local(connection.uri)
                          and uris.is_local(context.host.uri))
        mailbox = context.mailbox

        def post(happening: Happening) -> None:
            mailbox.put(Priority.EVENT, lambda: serving.on_event(happening))

        def closed(_conn: object, reason: int, _opaque: object) -> None:
            error = ConnectError("The connection broke", _WHY_CLOSED.get(reason, ""), "Limen connects again by itself.")
            mailbox.put(Priority.USER, lambda: serving.link_broke(error))

        connection.on_close(closed)
        connection.features.events = subscribe(connection, post)
        self.connection, self.serving = connection, serving
        context.busy_since = None
        self._backoff.reset()

        def ask_slowly() -> None:
            with contextlib.suppress(LimenError), connection.using():
                slow = read_slow_info(connection, info)
                mailbox.put(Priority.EVENT, lambda: serving.learned(slow))

        threading.Thread(target=ask_slowly, name=f"info-{context.host.id}", daemon=True).start()
        serving.run()
        return serving.lost or ConnectError("The session was closed")

    # -- between spells ------------------------------------------------------------------------------

    def _down(self, error: LimenError) -> None:
        context = self._context
        for letter in context.mailbox.drain():
            if letter.future is not None and letter.future.set_running_or_notify_cancel():
                letter.future.set_exception(
                    ConnectError.unsent("The connection broke", str(error), "It was not asked of the host.")
                )
        auth = isinstance(error, AuthError)
        state = HostState.NEEDS_AUTH if auth else HostState.DOWN
        delay = None if auth else self._backoff.next()
        retry_at = None if delay is None else context.clock.wall() + delay
        if context.fade(state, problem_of(error), retry_at):
            said = "needs sign-in" if auth else "down"
            context.tell(EventKind.HOST, f"{said}: {error.title}", level="warning" if auth else "error")
        self._wait(delay)

    def _wait(self, delay: float | None) -> None:
        """Sleep until it is time, or someone asks to hurry or did so meanwhile, unless a person has to say when."""
        self._hurry = self._wished and delay is not None
        clock, mailbox = self._context.clock, self._context.mailbox
        until = None if delay is None else clock.mono() + delay
        while not self._hurry and not mailbox.closed:
            left = None if until is None else until - clock.mono()
            if left is not None and left <= 0:
                break
            letter = mailbox.take(left)
            if letter is not None:
                letter.do()
        if self._hurry:
            self._context.publish(state=HostState.CONNECTING, retry_at=None)
        else:
            self._context.publish(retry_at=None)

    # -- letters: what the handle asks for, on the session thread --------------------------------------

    def wish(self) -> None:
        """Any thread, before :meth:`refresh` is put into the mailbox."""
        self._wished = True

    def refresh(self) -> None:
        """Sample now, or connect now."""
        self._hurry, self._wished = True, False
        if self.serving is not None:
            self.serving.sample_soon()

    def rewatch(self) -> None:
        """The watch changed."""
        if self.serving is not None:
            self.serving.rewatch()

    def rename(self, host: Host) -> None:
        """The host's name changed."""
        self.book.rename(host)
        snapshot = self._context.slot.current
        if self.serving is not None and snapshot.state is HostState.UP:
            self._context.publish(host=host, vms=self.book.views())

    def verbs(self, connection: Connection) -> LibvirtVerbs:
        """The verbs over ``connection``; what they change is looked at again."""

        def after(uuid: str, then: Then) -> None:
            if connection.features.events:
                # the event tells, and holds a stop back that a start may follow; asking now would not
                then &= ~Then.STATE
            self._context.mailbox.put(
                Priority.EVENT, lambda: self.serving.look_again(uuid, then) if self.serving else None
            )

        return LibvirtVerbs(connection, read_only=self._context.read_only, after=after)
