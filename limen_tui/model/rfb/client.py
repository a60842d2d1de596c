"""The client's side of RFB 3.8: bytes are fed in, a picture changes, bytes to send come out. Pure.

Nothing that a server says can make it use more memory than its picture needs: every length is checked against what
the rectangle can hold before it is waited for. Belongs to one thread. Rests on RFC 6143.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from typing import Final, TypeVar

from limen_tui.errors import AuthError, ConnectError, NotSupported
from limen_tui.model.rfb import messages
from limen_tui.model.rfb.des import vnc_response
from limen_tui.model.rfb.frame import MOST_PIXELS, Frame
from limen_tui.model.rfb.hextile import hextile
from limen_tui.model.rfb.zrle import Broken, Zrle

T = TypeVar("T")
Reading = Generator[int, None, T]
"""Yields how many bytes it needs before it can go on."""

ENCODINGS: Final = (messages.ZRLE, messages.HEXTILE, messages.COPY_RECT, messages.RAW,
                    messages.DESKTOP_SIZE, messages.LAST_RECT)  # fmt: skip
MOST_TEXT: Final = 1 << 16
"""Bytes of a reason or name that are looked at."""
NONE, VNC_AUTH = 1, 2
SECURITY: Final = {5: "RA2", 6: "RA2ne", 16: "Tight", 18: "TLS", 19: "VeNCrypt (TLS)", 20: "SASL", 30: "Apple"}


class RfbClient:
    """``feed`` what came; send what ``take_output`` gives. ``feed`` raises ``LimenError``, and then it is over."""

    def __init__(self) -> None:
        self.frame: Frame | None = None
        """``None`` until the server has said how large its screen is."""
        self.name = ""
        """The server's name for the screen: outside text."""
        self.wants_password = False
        """The server asked for a password and waits until :meth:`answer` is called."""
        self.updates = 0
        """Pictures, whole or in part, that are complete."""
        self.bells = 0
        self._challenge = b""
        self._version = b""
        self._out = bytearray()
        self._buffer = bytearray()
        self._at = 0
        self._zrle = Zrle()
        self._work = self._run()
        self._need = next(self._work)

    # -- bytes ------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """Take in what came. Raises ``AuthError``, ``NotSupported`` or ``ConnectError``."""
        self._buffer += data
        try:
            while len(self._buffer) - self._at >= self._need:
                self._need = next(self._work)
        except Broken as error:
            raise ConnectError("The guest's screen sends what is not VNC", str(error),
                               "Show it by pictures instead.") from error  # fmt: skip
        if self._at:
            del self._buffer[: self._at]
            self._at = 0

    def take_output(self) -> bytes:
        """What is to be sent now."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def _take(self, size: int) -> Reading[bytes]:
        while len(self._buffer) - self._at < size:
            yield size
        data = bytes(self._buffer[self._at : self._at + size])
        self._at += size
        return data

    def _text(self) -> Reading[str]:
        (length,) = struct.unpack(">I", (yield from self._take(4)))
        data = yield from self._take(min(length, MOST_TEXT))
        yield from self._skip(length - len(data))
        return data.decode("utf-8", "replace")

    def _skip(self, size: int) -> Reading[None]:
        while size > 0:
            step = min(size, MOST_TEXT)
            yield from self._take(step)
            size -= step

    # -- saying -----------------------------------------------------------------------------------

    def answer(self, password: str) -> None:
        """Answer the server's challenge; the password is not kept."""
        if self.wants_password:
            self.wants_password = False
            self._out += vnc_response(password, self._challenge)

    def request(self, *, incremental: bool = True) -> None:
        """Ask for what changes from now on, or for everything."""
        if self.frame is not None:
            self._out += messages.update_request(self.frame.width, self.frame.height, incremental=incremental)

    def key(self, keysym: int, *, down: bool) -> None:
        """Press or release a key; nothing before the screen is there."""
        if self.frame is not None:
            self._out += messages.key_event(keysym, down=down)

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """Put the pointer somewhere; nothing before the screen is there."""
        if self.frame is not None:
            self._out += messages.pointer_event(x, y, buttons)

    # -- the conversation -------------------------------------------------------------------------

    def _run(self) -> Reading[None]:
        yield from self._greet()
        yield from self._sign_in()
        self._out += b"\1"  # others may go on looking at the same screen
        width, height, _ = struct.unpack(">HH16s", (yield from self._take(20)))
        self.name = yield from self._text()
        self.frame = _checked(lambda: Frame(width, height))
        self._out += messages.set_pixel_format() + messages.set_encodings(ENCODINGS)
        self.request(incremental=False)
        while True:
            (kind,) = yield from self._take(1)
            if kind == 0:
                yield from self._update(self.frame)
                self.updates += 1
            elif kind == 1:
                _, count = struct.unpack(">xHH", (yield from self._take(5)))
                yield from self._skip(count * 6)
            elif kind == 2:
                self.bells += 1
            elif kind == 3:
                yield from self._take(3)
                (length,) = struct.unpack(">I", (yield from self._take(4)))
                yield from self._skip(length)
            else:
                raise Broken(f"a message of kind {kind}")

    def _greet(self) -> Reading[None]:
        line = yield from self._take(12)
        if not (line.startswith(b"RFB 003.") and line[8:11].isdigit()):
            raise Broken("it does not greet as VNC does")
        minor = int(line[8:11])
        self._version = b"003.008" if minor >= 8 else b"003.007" if minor == 7 else b"003.003"
        self._out += b"RFB " + self._version + b"\n"

    def _sign_in(self) -> Reading[None]:
        if self._version == b"003.003":
            (kind,) = struct.unpack(">I", (yield from self._take(4)))
            kinds = bytes((kind & 255,)) if kind else b""
        else:
            kinds = yield from self._take((yield from self._take(1))[0])
        if not kinds:
            raise ConnectError("The guest's screen refused us", (yield from self._text()))
        kind = next((known for known in (NONE, VNC_AUTH) if known in kinds), 0)
        if not kind:
            names = ", ".join(SECURITY.get(number, str(number)) for number in kinds)
            raise NotSupported("The guest's screen wants a sign-in that Limen does not speak", names,
                               "Show it by pictures instead; or use remote-viewer.")  # fmt: skip
        if self._version != b"003.003":
            self._out.append(kind)
        if kind == VNC_AUTH:
            self._challenge = yield from self._take(16)
            self.wants_password = True
        if kind == VNC_AUTH or self._version == b"003.008":
            yield from self._result()

    def _result(self) -> Reading[None]:
        (result,) = struct.unpack(">I", (yield from self._take(4)))
        if result:
            reason = (yield from self._text()) if self._version == b"003.008" else ""
            raise AuthError("The VNC password is wrong", reason, "Try again; the password is in the VM's definition.")

    def _update(self, frame: Frame) -> Reading[None]:
        (count,) = struct.unpack(">xH", (yield from self._take(3)))
        for _ in range(count):
            x, y, width, height, encoding = struct.unpack(">HHHHi", (yield from self._take(12)))
            if encoding == messages.LAST_RECT:
                return
            if encoding == messages.DESKTOP_SIZE:
                _checked(lambda w=width, h=height: frame.resize(w, h))  # type: ignore[misc]
                continue
            if x + width > frame.width or y + height > frame.height:
                raise Broken(f"a rectangle {width}x{height}+{x}+{y} outside of {frame.width}x{frame.height}")
            yield from self._rectangle(frame, x, y, width, height, encoding)

    def _rectangle(self, frame: Frame, x: int, y: int, width: int, height: int, encoding: int) -> Reading[None]:
        if encoding == messages.ZRLE:
            (length,) = struct.unpack(">I", (yield from self._take(4)))
            if length > width * height * 5 + MOST_TEXT:
                raise Broken(f"{length} bytes for {width}x{height} pixels")
            frame_data = yield from self._take(length)
            self._zrle.decode(frame, x, y, width, height, frame_data)
        elif encoding == messages.RAW:
            rows = max(1, MOST_TEXT // max(1, width))
            for top in range(y, y + height, rows):
                high = min(rows, y + height - top)
                frame.put(x, top, width, high, without_fourth((yield from self._take(width * high * 4))))
        elif encoding == messages.COPY_RECT:
            from_x, from_y = struct.unpack(">HH", (yield from self._take(4)))
            if from_x + width > frame.width or from_y + height > frame.height:
                raise Broken("a copy from outside of the screen")
            frame.copy(from_x, from_y, x, y, width, height)
        elif encoding == messages.HEXTILE:
            yield from hextile(self._take, frame, x, y, width, height)
        else:
            raise Broken(f"an encoding {encoding} that was not asked for")


def without_fourth(pixels: bytes) -> bytearray:
    """Pixels of four bytes as pixels of three."""
    out = bytearray(len(pixels) // 4 * 3)
    for channel in range(3):
        out[channel::3] = pixels[channel::4]
    return out


def _checked(make: Callable[[], T]) -> T:
    try:
        return make()
    except ValueError as error:
        raise Broken(f"{error}; at most {MOST_PIXELS >> 20} million pixels are shown") from error
