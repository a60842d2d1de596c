"""Trust and sign-in against a server that asks, floods, lies and stays silent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from limen_tui.errors import AuthError, ConnectError, LimenError, Timeout
from limen_tui.model.questions import Answer, Question, QuestionKind, Trust
from limen_tui.remote import connect as connecting
from limen_tui.remote.connect import Whose, close, connect
from limen_tui.remote.route import Hop
from limen_tui.remote.trust import save
from tests.unit.remote.sshserver import Person, Server, Sshd

WHOSE = Whose("h1", "kvm")


def hop(sshd: Sshd, **more: str) -> Hop:
    return Hop("kvm", "ann", sshd.port, **more)


def trusted(sshd: Sshd) -> None:
    save(str(sshd.known_hosts), f"[127.0.0.1]:{sshd.port}", sshd.key.convert_to_public(), hashed=False)


def say(*values: str, remember: bool = False) -> Answer:
    return Answer(values, remember)


async def refused(sshd: Sshd, person: Person, **more: str) -> LimenError:
    with pytest.raises(LimenError) as caught:
        await close(await connect(hop(sshd, **more), WHOSE, sshd.sign_in(person)))
    return caught.value


async def test_an_unknown_key_is_asked_about_and_may_be_trusted_once(sshd: Sshd) -> None:
    sshd.rules.password = "pw"
    person = Person(lambda q: Answer(trust=Trust.ONCE) if q.kind is QuestionKind.HOST_KEY else say("pw", remember=True))
    sign_in = sshd.sign_in(person)
    for _ in range(2):
        await close(await connect(hop(sshd), WHOSE, sign_in))
    assert person.kinds() == [QuestionKind.HOST_KEY, QuestionKind.PASSWORD]
    key = person.asked[0].host_key
    assert key is not None
    assert key.fingerprint == sshd.key.get_fingerprint()
    assert key.host == f"[127.0.0.1]:{sshd.port}"
    assert not sshd.known_hosts.exists()


async def test_trust_may_be_saved_and_is_then_not_asked_again(sshd: Sshd) -> None:
    sshd.rules.password = "pw"
    person = Person(lambda q: Answer(trust=Trust.SAVE) if q.kind is QuestionKind.HOST_KEY else say("pw"))
    await close(await connect(hop(sshd), WHOSE, sshd.sign_in(person)))
    await close(await connect(hop(sshd), WHOSE, sshd.sign_in(person)))
    assert person.kinds() == [QuestionKind.HOST_KEY, QuestionKind.PASSWORD, QuestionKind.PASSWORD]
    assert sshd.known_hosts.read_text().count("ssh-ed25519") == 1


async def test_refused_trust_is_an_auth_error_and_no_password_is_sent(sshd: Sshd) -> None:
    sshd.rules.password = "pw"
    person = Person(lambda q: Answer(trust=Trust.REFUSE))
    error = await refused(sshd, person)
    assert isinstance(error, AuthError)
    assert person.kinds() == [QuestionKind.HOST_KEY]


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
async def test_a_changed_key_is_refused_with_both_fingerprints_and_no_question(sshd: Sshd, kind: str) -> None:
    old = asyncssh.generate_private_key(kind).convert_to_public()
    save(str(sshd.known_hosts), f"[127.0.0.1]:{sshd.port}", old, hashed=True)
    person = Person()
    error = await refused(sshd, person)
    assert isinstance(error, AuthError)
    assert "CHANGED" in error.title
    assert old.get_fingerprint() in error.detail
    assert sshd.key.get_fingerprint() in error.detail
    assert f"ssh-keygen -R '[127.0.0.1]:{sshd.port}'" in error.hint
    assert person.asked == []


async def test_a_revoked_key_is_refused(sshd: Sshd) -> None:
    public = sshd.key.export_public_key("openssh").decode()
    sshd.known_hosts.write_text(f"@revoked * {public}")
    person = Person()
    error = await refused(sshd, person)
    assert "refused" in error.title
    assert person.asked == []


async def test_a_plain_key_where_a_certificate_is_known_of_is_asked_about(sshd: Sshd) -> None:
    authority = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()
    sshd.known_hosts.write_text(f"@cert-authority * {authority}")
    person = Person(lambda q: Answer(trust=Trust.REFUSE))
    assert "not trusted" in (await refused(sshd, person)).title
    assert "certificate authority" in person.asked[0].text


async def test_a_host_certificate_is_enough(sshd: Sshd) -> None:
    authority = asyncssh.generate_private_key("ssh-ed25519")
    public = authority.export_public_key("openssh").decode()
    sshd.known_hosts.write_text(f"@cert-authority 127.0.0.1 {public}")
    for principal, good in (("127.0.0.1", True), ("other-host", False)):
        certificate = authority.generate_host_certificate(sshd.key, "kvm", principals=[principal])
        server = await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[(sshd.key, certificate)], server_factory=lambda: Server(sshd.rules)
        )
        sshd.rules.password = "pw"
        person = Person(lambda q: say("pw") if q.kind is QuestionKind.PASSWORD else Answer(trust=Trust.REFUSE))
        try:
            work = connect(Hop("kvm", "ann", server.get_port()), WHOSE, sshd.sign_in(person))
            if good:
                await close(await work)
                assert person.kinds() == [QuestionKind.PASSWORD]
            else:
                with pytest.raises(AuthError):
                    await work
                assert QuestionKind.PASSWORD not in person.kinds()
        finally:
            server.close()
            await server.wait_closed()


async def test_a_certificate_of_a_revoked_authority_is_refused(sshd: Sshd) -> None:
    authority = asyncssh.generate_private_key("ssh-ed25519")
    public = authority.export_public_key("openssh").decode().strip()
    sshd.known_hosts.write_text(f"@cert-authority 127.0.0.1 {public}\n@revoked * {public}\n")
    certificate = authority.generate_host_certificate(sshd.key, "kvm", principals=["127.0.0.1"])
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[(sshd.key, certificate)], server_factory=lambda: Server(sshd.rules)
    )
    sshd.rules.password = "pw"
    person = Person(lambda q: say("pw") if q.kind is QuestionKind.PASSWORD else Answer(trust=Trust.ONCE))
    try:
        with pytest.raises(AuthError):
            await connect(Hop("kvm", "ann", server.get_port()), WHOSE, sshd.sign_in(person))
        assert QuestionKind.PASSWORD not in person.kinds(), "nothing secret was sent"
        assert person.asked == [], "and nothing may be clicked through"
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("what", ["expired", "revoked key"])
async def test_a_certificate_that_is_not_good_is_refused(sshd: Sshd, what: str) -> None:
    authority = asyncssh.generate_private_key("ssh-ed25519")
    public = authority.export_public_key("openssh").decode().strip()
    revoked = sshd.key.export_public_key("openssh").decode().strip()
    sshd.known_hosts.write_text(
        f"@cert-authority 127.0.0.1 {public}\n" + (f"@revoked * {revoked}\n" if what == "revoked key" else "")
    )
    ends = "20200101" if what == "expired" else "99990101"
    certificate = authority.generate_host_certificate(
        sshd.key, "kvm", principals=["127.0.0.1"], valid_after="20190101", valid_before=ends
    )
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[(sshd.key, certificate)], server_factory=lambda: Server(sshd.rules)
    )
    person = Person(lambda q: Answer(trust=Trust.REFUSE))
    try:
        with pytest.raises(AuthError):
            await connect(Hop("kvm", "ann", server.get_port()), WHOSE, sshd.sign_in(person))
        assert QuestionKind.PASSWORD not in person.kinds()
        assert person.asked == []
    finally:
        server.close()
        await server.wait_closed()


async def test_a_wrong_password_is_asked_again_and_given_up_after_three(sshd: Sshd) -> None:
    trusted(sshd)
    sshd.rules.password = "right"
    person = Person(lambda q: say("wrong", remember=True))
    sign_in = sshd.sign_in(person)
    with pytest.raises(AuthError):
        await connect(hop(sshd), WHOSE, sign_in)
    assert [q.attempt for q in person.asked] == [1, 2, 3]
    assert sign_in.secrets._kept == {}, "a wrong password must not be kept"


async def test_cancel_ends_it_and_says_so(sshd: Sshd) -> None:
    trusted(sshd)
    sshd.rules.password = "right"
    sshd.rules.rounds = [("", "", [("Code: ", False)], ["1"])]
    person = Person(lambda q: None)
    error = await refused(sshd, person)
    assert isinstance(error, AuthError)
    assert "cancelled" in error.title
    assert len(person.asked) == 1


async def test_keyboard_interactive_with_several_rounds_and_prompts(sshd: Sshd) -> None:
    trusted(sshd)
    sshd.rules.rounds = [
        ("Sign in", "Two things", [("Password: ", False), ("Favourite: ", True)], ["pw", "blue"]),
        ("", "Second factor", [("One-time code: ", False)], ["123456"]),
    ]
    person = Person(lambda q: say("pw", "blue") if len(q.prompts) == 2 else say("123456"))
    await close(await connect(hop(sshd), WHOSE, sshd.sign_in(person)))
    assert person.kinds() == [QuestionKind.KEYBOARD] * 2
    assert [p.secret for p in person.asked[0].prompts] == [True, False]
    assert "Second factor" in person.asked[1].text


async def test_a_wrong_code_leaves_two_more_tries_at_all_the_rounds(sshd: Sshd) -> None:
    trusted(sshd)
    sshd.rules.rounds = [
        ("", "", [("Password: ", False)], ["pw"]),
        ("", "", [("Code: ", False)], ["123456"]),
    ]
    codes = iter(["1", "2", "123456"])
    person = Person(lambda q: say("pw") if "Password" in q.prompts[0].text else say(next(codes)))
    await close(await connect(hop(sshd), WHOSE, sshd.sign_in(person)))
    assert [q.attempt for q in person.asked] == [1, 1, 2, 2, 3, 3]


async def test_a_server_that_asks_without_end_is_left(sshd: Sshd) -> None:
    trusted(sshd)
    sshd.rules.rounds = [("", "", [("More? ", True)], ["yes"])] * 500
    person = Person(lambda q: say("yes"))
    assert isinstance(await refused(sshd, person), AuthError)
    assert len(person.asked) <= 12


async def test_a_flood_of_banners_and_prompts_is_bounded(sshd: Sshd) -> None:
    trusted(sshd)
    sshd.rules.banner, sshd.rules.banners = "\x1b[2Jhello \x9b5m" + "B" * 3000, 400
    sshd.rules.rounds = [("", "", [(f"\x1b[31mQuestion {n}\x07" + "?" * 400, True) for n in range(60)], [""] * 60)]
    person = Person(lambda q: Answer(("",) * len(q.prompts)))
    await close(await connect(hop(sshd), WHOSE, sshd.sign_in(person)))
    question = person.asked[0]
    assert len(question.prompts) <= 8
    assert question.text.count("hello") == 1
    assert len(question.text) + sum(len(p.text) for p in question.prompts) < 12_000
    assert "\x1b" not in repr(question) and "\\x1b" not in repr(question)


async def test_a_locked_key_asks_for_its_passphrase_once_per_run_if_wished(sshd: Sshd, tmp_path: Path) -> None:
    trusted(sshd)
    key = asyncssh.generate_private_key("ssh-ed25519")
    sshd.rules.keys = [key.convert_to_public()]
    file = tmp_path / "id"
    file.write_bytes(key.export_private_key(passphrase="open sesame"))
    answers = iter([say("wrong"), say("open sesame", remember=True)])
    person = Person(lambda q: next(answers))
    sign_in = sshd.sign_in(person)
    for _ in range(2):
        await close(await connect(hop(sshd, keyfile=str(file)), WHOSE, sign_in))
    assert person.kinds() == [QuestionKind.PASSPHRASE] * 2


async def test_a_flood_of_escape_sequences_is_shown_inert_and_cut(sshd: Sshd) -> None:
    trusted(sshd)
    sshd.rules.banner = "\x1b]0;owned\x07\x1b[2J" + "A" * 50_000 + "\n" * 5_000
    sshd.rules.rounds = [("\x1b[31mred", "\u202eevil", [("\x1b[5mPassword:\x07 ", False)] * 3, ["", "", ""])]
    person = Person(lambda q: say("", "", ""))
    await close(await connect(hop(sshd), WHOSE, sshd.sign_in(person)))
    shown = person.asked[0].text + "".join(p.text for p in person.asked[0].prompts)
    assert not set(shown) & {"\x1b", "\x07", "\u202e", "\x9b"}
    assert len(shown) < 6_000


async def test_a_person_may_take_longer_than_a_host(sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted(sshd)
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(connecting, "TICK", 0.05)
    sshd.rules.password = "pw"
    person = Person(lambda q: say("pw"), delay=1.2)
    await close(await connect(hop(sshd), WHOSE, sshd.sign_in(person)))


async def test_a_host_that_accepts_and_says_nothing_is_a_timeout(sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 0.4)
    monkeypatch.setattr(connecting, "TICK", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(Timeout):
            await connect(Hop("kvm", "ann", silent.getsockname()[1]), WHOSE, sshd.sign_in(Person()))


@asynccontextmanager
async def far_away(port: int, seconds: float) -> AsyncIterator[int]:
    """A port that leads to ``port``; what is sent is so long under way in each direction."""
    writers: list[asyncio.StreamWriter] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        writers.append(writer)
        while data := await reader.read(1 << 16):
            loop.call_later(seconds, writer.write, data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(reader, back), carry(there, writer), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


async def test_a_far_host_has_its_time_for_each_answer(sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 2.0)
    monkeypatch.setattr(connecting, "TICK", 0.05)
    sshd.rules.password = "pw"
    async with far_away(sshd.port, 0.25) as port:
        save(str(sshd.known_hosts), f"[127.0.0.1]:{port}", sshd.key.convert_to_public(), hashed=False)
        began = asyncio.get_running_loop().time()
        connection = await connect(Hop("kvm", "ann", port), WHOSE, sshd.sign_in(Person(lambda q: say("pw"))))
        assert asyncio.get_running_loop().time() - began > 2.0
        await close(connection)


async def test_refused_and_unknown_addresses_say_what_to_check(sshd: Sshd) -> None:
    with pytest.raises(ConnectError) as caught:
        await connect(Hop("kvm", "ann", 1), WHOSE, sshd.sign_in(Person()))
    assert "sshd" in caught.value.hint
    with pytest.raises(ConnectError) as caught:
        await connect(Hop("no-such-host.invalid"), WHOSE, sshd.sign_in(Person()))
    assert "resolved" in caught.value.title


WEAK = [
    {"kex_algs": ["diffie-hellman-group1-sha1"]},
    {"kex_algs": ["diffie-hellman-group14-sha1"]},
    {"kex_algs": ["diffie-hellman-group-exchange-sha1"]},
    {"kex_algs": ["rsa2048-sha256"]},
    {"encryption_algs": ["3des-cbc"]},
    {"encryption_algs": ["aes128-cbc"]},
    {"encryption_algs": ["arcfour256"]},
    {"mac_algs": ["hmac-md5"], "encryption_algs": ["aes128-ctr"]},
    {"mac_algs": ["hmac-sha1-96"], "encryption_algs": ["aes128-ctr"]},
]


@pytest.mark.parametrize("offered", WEAK, ids=lambda offered: next(iter(offered.values()))[0])
async def test_a_server_with_only_weak_algorithms_is_refused(sshd: Sshd, offered: dict[str, list[str]]) -> None:
    trusted(sshd)
    weak = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[sshd.key], server_factory=asyncssh.SSHServer, **offered
    )
    save(str(sshd.known_hosts), f"[127.0.0.1]:{weak.get_port()}", sshd.key.convert_to_public(), hashed=False)
    person = Person()
    try:
        with pytest.raises(ConnectError) as caught:
            await connect(Hop("kvm", "ann", weak.get_port()), WHOSE, sshd.sign_in(person))
        assert "safe" in caught.value.title
        assert "ssh/config" in caught.value.hint
        assert person.asked == []
    finally:
        weak.close()
        await weak.wait_closed()


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_host_key_signed_with_sha1_is_refused_unless_allowed_for_that_host(sshd: Sshd, allowed: bool) -> None:
    sshd.rules.password = "pw"
    pair = asyncssh.load_keypairs([asyncssh.generate_private_key("ssh-rsa")])[0]
    pair.host_key_algorithms = pair.sig_algorithms = [b"ssh-rsa"]  # a server from before 2016
    old = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[pair], server_factory=lambda: Server(sshd.rules))
    if allowed:
        sshd.config.write_text(f"Host kvm\n  HostKeyAlgorithms ssh-rsa\n{sshd.config.read_text()}")
    person = Person(lambda q: Answer(trust=Trust.ONCE) if q.kind is QuestionKind.HOST_KEY else say("pw"))
    try:
        work = connect(Hop("kvm", "ann", old.get_port()), WHOSE, sshd.sign_in(person))
        if allowed:
            await close(await work)
        else:
            with pytest.raises(ConnectError, match="safe"):
                await work
            assert person.asked == []
    finally:
        old.close()
        await old.wait_closed()


async def test_an_rsa_host_key_signed_with_sha2_is_as_good_as_any(sshd: Sshd) -> None:
    sshd.rules.password = "pw"
    key = asyncssh.generate_private_key("ssh-rsa")
    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], server_factory=lambda: Server(sshd.rules))
    person = Person(lambda q: Answer(trust=Trust.SAVE) if q.kind is QuestionKind.HOST_KEY else say("pw"))
    try:
        for _ in range(2):
            await close(await connect(Hop("kvm", "ann", server.get_port()), WHOSE, sshd.sign_in(person)))
        assert person.kinds().count(QuestionKind.HOST_KEY) == 1
    finally:
        server.close()
        await server.wait_closed()


async def test_secrets_are_in_no_repr(sshd: Sshd) -> None:
    trusted(sshd)
    sshd.rules.password = "hunter2-secret"
    person = Person(lambda q: say("hunter2-secret", remember=True))
    sign_in = sshd.sign_in(person)
    await close(await connect(hop(sshd), WHOSE, sign_in))
    assert "hunter2" not in f"{sign_in!r}{say('hunter2-secret')!r}{person.asked!r}"


async def test_withdrawing_a_question_ends_the_attempt(sshd: Sshd) -> None:
    trusted(sshd)
    sshd.rules.password = "pw"
    never = Person(lambda q: None, delay=3600)
    attempt = asyncio.ensure_future(connect(hop(sshd), WHOSE, sshd.sign_in(never)))
    while not never.asked:
        await asyncio.sleep(0.01)
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt


def test_questions_are_values_without_secrets() -> None:
    assert "values" not in repr(Answer(("x",)))
    assert Question("h", "kvm", QuestionKind.SASL, "t").prompts == ()
