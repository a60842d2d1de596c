"""netdelay.py IF_A IF_B MS [LOSS STALL]: relay frames between two interfaces, each direction MS milliseconds late.

LOSS is the percentage of frames that are dropped, in each direction. STALL is a number of seconds for which nothing
passes, every ten seconds; what came meanwhile comes late, in order, as from a radio link that finds its way again.

Stands in for `tc qdisc add ... netem delay loss` on kernels without sch_netem. PACKET_VNET_HDR keeps the
checksum/segmentation offload state of the frames, so no ethtool settings are needed.
"""

import collections
import contextlib
import random
import select
import socket
import struct
import sys
import time

SOL_PACKET, PACKET_VNET_HDR, PACKET_ADD_MEMBERSHIP, PACKET_IGNORE_OUTGOING = 263, 15, 1, 23
PACKET_MR_PROMISC = 1
PERIOD = 10.0
"""Seconds from one stall to the next."""


def open_if(name):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    s.bind((name, 3))  # ETH_P_ALL
    s.setsockopt(
        SOL_PACKET, PACKET_ADD_MEMBERSHIP, struct.pack("iHH8s", socket.if_nametoindex(name), PACKET_MR_PROMISC, 0, b"")
    )
    s.setblocking(False)
    return s


a, b, delay = open_if(sys.argv[1]), open_if(sys.argv[2]), float(sys.argv[3]) / 1000
loss, stall = (float(word) for word in (*sys.argv[4:6], "0", "0")[:2])
peer, queue, chance, began = {a: b, b: a}, collections.deque(), random.Random(1), time.monotonic()


def due(now):
    """When a frame that comes now may go; grows with ``now``, so a FIFO is enough."""
    into = (now - began) % PERIOD
    return now + delay + max(0.0, stall - into)


while True:
    timeout = max(0, queue[0][0] - time.monotonic()) if queue else None
    for s in select.select([a, b], [], [], timeout)[0]:
        for _ in range(64):
            try:
                frame = s.recv(70000)
            except BlockingIOError:
                break
            if chance.random() * 100 >= loss:
                queue.append((due(time.monotonic()), peer[s], frame))
    now = time.monotonic()
    while queue and queue[0][0] <= now:
        _, out, frame = queue.popleft()
        with contextlib.suppress(OSError):  # full or down: a lost frame, as on a wire
            out.send(frame)
