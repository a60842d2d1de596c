"""Bytes between two threads: in order, bounded, nothing lost."""

from __future__ import annotations

import random
import threading

from limen_tui.hypervisor.bytepipe import BytePipe


def test_what_does_not_fit_is_told_and_what_was_put_comes_out_in_order():
    pipe = BytePipe(10)
    assert pipe.offer(b"12345678") == 8 and pipe.offer(b"abcd") == 2 and pipe.offer(b"x") == 0
    assert pipe.put(b"over") is False and len(pipe) == 14
    assert pipe.take(3) == b"123" and pipe.take(100) == b"45678abover" and pipe.take(5) == b""
    assert pipe.low and pipe.put(b"") is True
    pipe.put(b"cd")
    pipe.give_back(b"ab")
    assert pipe.take(4) == b"abcd" and len(pipe) == 0


def test_one_thread_puts_while_another_takes():
    pipe, sent, got = BytePipe(500), random.Random(1).randbytes(200_000), bytearray()

    def put() -> None:
        at = 0
        while at < len(sent):
            at += pipe.offer(sent[at : at + 77])

    writer = threading.Thread(target=put)
    writer.start()
    while len(got) < len(sent):
        got += pipe.take(100)
    writer.join()
    assert bytes(got) == sent
