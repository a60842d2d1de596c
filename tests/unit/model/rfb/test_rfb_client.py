"""The VNC client's codec: every encoding gives the pixels that went in, however the bytes are cut; lies are refused."""

from __future__ import annotations

import random
import struct

import pytest

from limen_tui.errors import AuthError, ConnectError, LimenError, NotSupported
from limen_tui.model.rfb.client import RfbClient
from limen_tui.model.rfb.des import encrypt, vnc_response
from limen_tui.model.rfb.frame import Frame
from limen_tui.model.rfb.messages import key_event, pointer_event, set_encodings
from tests.unit.model.rfb import encoder
from tests.unit.model.rfb.encoder import flat, hello, raw, rect, some_pixels, update


def connected(width: int = 150, height: int = 130) -> RfbClient:
    client = RfbClient()
    client.feed(hello(width, height))
    client.take_output()
    return client


def in_pieces(client: RfbClient, data: bytes, seed: int) -> None:
    dice = random.Random(seed)
    while data:
        size = dice.choice((1, 2, 3, 7, 100, 5000))
        client.feed(data[:size])
        data = data[size:]


def drawn(client: RfbClient) -> bytes:
    assert client.frame is not None
    return bytes(client.frame.data)


@pytest.mark.parametrize("version", [b"003.003", b"003.007", b"003.008"])
def test_every_version_of_the_greeting_is_spoken(version: bytes) -> None:
    client = RfbClient()
    in_pieces(client, hello(720, 400, "gäst".encode(), version=version), 1)
    assert client.frame is not None
    assert (client.frame.width, client.frame.height, client.name) == (720, 400, "gäst")
    said = client.take_output()
    assert said.startswith(b"RFB " + version + b"\n" + (b"" if version == b"003.003" else b"\1") + b"\1")
    assert said.endswith(struct.pack(">BBHHHH", 3, 0, 0, 0, 720, 400)), "it asks for the whole screen"


@pytest.mark.parametrize("colours", [1, 2, 3, 4, 5, 16, 17, 100])
@pytest.mark.parametrize("kind", ["raw", "packed", "runs", "palette-runs"])
def test_zrle_gives_the_pixels_that_went_in(kind: str, colours: int) -> None:
    client, zrle = connected(), encoder.ZrleEncoder()
    for seed in (1, 2):  # two of them: the zlib stream goes on
        pixels = some_pixels(150, 130, colours, seed)
        in_pieces(client, update(zrle.rect(0, 0, pixels, kind)), seed)
        assert drawn(client) == flat(pixels)
    assert client.updates == 2


@pytest.mark.parametrize("colours", [1, 2, 3, 40])
def test_hextile_and_raw_give_the_pixels_that_went_in(colours: int) -> None:
    for encode in (encoder.hextile, raw):
        client = connected()
        pixels = some_pixels(150, 130, colours)
        in_pieces(client, update(encode(0, 0, pixels)), colours)
        assert drawn(client) == flat(pixels)


def test_a_part_goes_to_its_place_and_tells_its_rows() -> None:
    client = connected(100, 80)
    assert client.frame is not None
    client.frame.take_changed()
    part = some_pixels(30, 20, 3)
    client.feed(update(raw(40, 50, part)))
    assert client.frame.block(40, 50, 30, 20) == flat(part)
    assert client.frame.take_changed() == (50, 70)
    assert client.frame.take_changed() == (0, 0)
    client.feed(update(rect(45, 55, 30, 20, 1, struct.pack(">HH", 40, 50))))
    assert client.frame.block(45, 55, 30, 20) == flat(part), "a copy that overlaps where it comes from"


def test_the_screen_may_change_its_size_and_an_update_may_end_early() -> None:
    client = connected(10, 10)
    pixels = some_pixels(33, 21, 5)
    resized = rect(0, 0, 33, 21, -223)
    client.feed(struct.pack(">BxH", 0, 0xFFFF) + resized + raw(0, 0, pixels) + rect(0, 0, 0, 0, -224))
    assert drawn(client) == flat(pixels)
    client.request()
    assert client.take_output() == struct.pack(">BBHHHH", 3, 1, 0, 0, 33, 21)


def test_what_is_of_no_use_is_read_over() -> None:
    client = connected(4, 4)
    palette = struct.pack(">BxHH", 1, 0, 3) + bytes(18)
    cut_text = struct.pack(">B3xI", 3, 70_000) + b"x" * 70_000
    pixels = some_pixels(4, 4, 2)
    in_pieces(client, palette + b"\2" + cut_text + update(raw(0, 0, pixels)), 3)
    assert (client.bells, drawn(client)) == (1, flat(pixels))


def test_the_password_is_asked_for_and_proved() -> None:
    client = RfbClient()
    challenge = bytes(range(16))
    client.feed(b"RFB 003.008\n\2\2\x13" + challenge)
    assert client.wants_password
    assert client.take_output() == b"RFB 003.008\n\2"
    client.answer("secret-and-longer")
    assert client.take_output() == vnc_response("secret-a", challenge), "eight bytes count"
    assert "secret" not in repr(vars(client)), "it is not kept"
    client.feed(b"\0\0\0\0" + hello(3, 2)[18:])
    assert client.frame is not None


def test_a_wrong_password_says_so() -> None:
    client = RfbClient()
    client.feed(b"RFB 003.008\n\1\2" + bytes(16))
    client.answer("wrong")
    with pytest.raises(AuthError) as told:
        client.feed(b"\0\0\0\1" + struct.pack(">I", 22) + b"Authentication failed\x1b")
    assert "Authentication failed" in told.value.detail


def test_des_is_des() -> None:
    # the worked example of many a textbook, and FIPS 81's
    key, block = bytes.fromhex("133457799BBCDFF1"), bytes.fromhex("0123456789ABCDEF")
    assert encrypt(key, block).hex() == "85e813540f0ab405"
    assert encrypt(key, b"Now is t").hex() != encrypt(bytes.fromhex("0123456789abcdef"), b"Now is t").hex()
    assert encrypt(bytes.fromhex("0123456789abcdef"), b"Now is t").hex() == "3fa40e8a984d4815"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"SSH-2.0-OpenSSH", ConnectError),
        (b"RFB 004.000\n", ConnectError),
        (b"RFB 003.008\n\0" + struct.pack(">I", 8) + b"too many", ConnectError),
        (b"RFB 003.008\n\1\x13", NotSupported),
        (hello(0, 10), ConnectError),
        (hello(65535, 65535), ConnectError),
        (hello(8, 8) + b"\x63", ConnectError),
        (hello(8, 8) + update(rect(4, 4, 8, 8, 0)), ConnectError),
        (hello(8, 8) + update(rect(0, 0, 8, 8, 7)), ConnectError),
        (hello(8, 8) + update(rect(0, 0, 60000, 60000, -223)), ConnectError),
        (hello(8, 8) + update(rect(0, 0, 4, 4, 1, struct.pack(">HH", 6, 6))), ConnectError),
        (hello(8, 8) + update(rect(0, 0, 8, 8, 16, struct.pack(">I", 0xFFFFFFFF))), ConnectError),
        (hello(8, 8) + update(rect(0, 0, 8, 8, 16, struct.pack(">I", 4) + b"junk")), ConnectError),
    ],
)
def test_lies_are_refused_at_once(said: bytes, error: type[LimenError]) -> None:
    with pytest.raises(error):
        in_pieces(RfbClient(), said, 5)


@pytest.mark.parametrize(
    "plain",
    [
        b"\x11", b"\x81" + bytes(9), b"\0" + bytes(5), b"\x80\1\2\3" + b"\xff" * 300,
        b"\x82" + bytes(6) + b"\x81\xff\xff", b"\2" + bytes(6), b"\1\1\2\3" + bytes(5000), b"",
    ],
)  # fmt: skip
def test_tiles_that_cannot_be_are_refused(plain: bytes) -> None:
    client = connected(8, 8)
    with pytest.raises(ConnectError):
        client.feed(update(rect(0, 0, 8, 8, 16, encoder.ZrleEncoder().body(plain))))


def test_a_zip_bomb_does_not_go_off() -> None:
    client = connected(8, 8)
    bomb = encoder.ZrleEncoder().body(b"\1\1\2\3" * (1 << 22))
    with pytest.raises(ConnectError):
        client.feed(update(rect(0, 0, 8, 8, 16, bomb)))


def test_noise_ends_in_an_error_or_in_waiting_and_never_otherwise() -> None:
    for seed in range(300):
        dice = random.Random(seed)
        client = connected(20, 20)
        try:
            for _ in range(20):
                client.feed(bytes((dice.choice((0, 0, 0, 1, 2, 3, 200)),)) + dice.randbytes(dice.randrange(60)))
        except LimenError:
            continue


def test_what_the_client_says_is_what_the_protocol_wants() -> None:
    assert key_event(0xFF0D, down=True) == b"\4\1\0\0\0\0\xff\r"
    assert pointer_event(3, 99999, 5) == b"\5\5\0\3\xff\xff"
    assert set_encodings((16, -223)) == b"\2\0\0\2\0\0\0\x10\xff\xff\xff\x21"


def test_a_frame_stays_within_its_rows() -> None:
    frame = Frame(6, 4)
    frame.fill(1, 1, 2, 2, b"abc")
    frame.copy(1, 1, 4, 2, 2, 2)
    still = frame.still()
    assert still.data[(2 * 6 + 4) * 3 :][:6] == b"abcabc"
    assert len(still.data) == 6 * 4 * 3
    assert still.data.count(b"abc") == 8
