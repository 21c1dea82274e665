"""Brakes, room and pace: what one caller may take, and what is left for the others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ledger.basics.errors import Refusal
from tests.support.log import refused
from web import delivery, errors
from web.box.parts import BURST, MESSAGES, PIECES, REQUESTS, Limits
from web.delivery import network
from web.limits import STRANGER, Brake, Room
from web.serving import Pace, PacedSocket


def test_a_bid_of_two_hundred_files_tried_three_times_over_meets_no_brake() -> None:
    now = [0.0]
    brake = Brake(REQUESTS, lambda: now[0], burst=BURST)
    for _ in range(200 * 3 * 3):  # each announced, sent and asked for
        brake.call("ann")
    now[0] = 300  # five minutes more, as fast as one line can ask
    for _ in range(BURST):
        brake.call("ann")
    with pytest.raises(Refusal) as caught:
        brake.call("ann")
    assert errors.headers(caught.value.code, caught.value.params) == {"Retry-After": "1"}
    brake.call("bob")


@pytest.mark.parametrize("threads", [1, 2, 8, 64])
def test_bodies_leave_threads_for_what_has_none(threads: int) -> None:
    limits = Limits.of(threads, REQUESTS)
    assert taken(limits.pieces, 200) + taken(limits.messages, 200) < max(threads, 3)


def taken(room: Room, callers: int) -> int:
    """How much so many callers get who take all they can."""
    count = 0
    for number in range(callers):
        try:
            while True:
                room.take(f"caller {number}")
                count += 1
        except Refusal:
            continue
    return count


def test_the_fuller_a_room_the_fewer_has_one_caller() -> None:
    room = Room(12, each=6, shrinks=True)
    assert taken(room, 1) == 5
    assert [share(room, f"other {number}") for number in range(5)] == [3, 2, 1, 1, 0]


@pytest.mark.parametrize("others", [0, 1, 5])
def test_what_a_bid_key_may_send_tells_nothing_of_the_others(others: int) -> None:
    limits = Limits.of(64, REQUESTS)
    for room, each in ((limits.pieces, PIECES), (limits.messages, MESSAGES)):
        assert [share(room, f"other {number}") for number in range(others)] == [each] * others
        assert share(room, "ann") == each


def test_a_bid_key_below_its_share_is_refused_by_a_full_room_only() -> None:
    room = Limits.of(64, REQUESTS).pieces
    room.take("ann")
    assert taken(room, 64) == 39
    with refused("http.crowded", seconds=2):
        room.take("ann")
    room.give_back("caller 0")
    room.take("ann")


@pytest.mark.parametrize("threads", [4, 8, 32, 64])
def test_who_fills_the_office_leaves_the_room_of_institutions(threads: int) -> None:
    limits = delivery.Limits.of(threads, 600)
    alone = share(limits.room, "greedy")
    assert alone <= threads // 2
    everybody = alone + taken(limits.room, 100)
    assert share(limits.kept, "witness") >= 1
    assert everybody + threads // 4 < threads, "threads are left to say that there is no room"


def test_an_ipv6_line_is_one_caller_whatever_addresses_it_makes_up() -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff:ffff:ffff:ffff") == "2001:db8:1:2::/64"
    assert network("2001:db8:1:3::1") != network("2001:db8:1:2::1")
    # IPv4 by way of IPv6: a /64 of these would be everybody.
    assert network("::ffff:192.0.2.1") == network("192.0.2.1") == "192.0.2.1"
    assert network("::ffff:192.0.2.2") != network("192.0.2.1")
    assert [network(one) for one in ("", "unknown", "fe80::1%eth0")] == ["", "unknown", "fe80::/64"]


def share(room: Room, caller: str) -> int:
    count = 0
    while True:
        try:
            room.take(caller)
        except Refusal:
            return count
        count += 1


def test_room_that_is_given_back_is_free() -> None:
    room = Room(2, each=2)
    with room.hold("ann"), room.hold("ann"), refused("http.crowded", seconds=2):
        room.take("bob")
    with room.hold("bob"), room.hold("ann"), refused("http.crowded", seconds=2):
        room.take("cid")


def test_strangers_wait_for_strangers_only() -> None:
    room = Room(8, each=2, strangers=1)
    with room.hold(STRANGER):
        with refused("http.crowded", seconds=2):
            room.take(STRANGER)
        room.take("ann")


@contextmanager
def line(pace: Pace) -> Iterator[tuple[PacedSocket, socket.socket]]:
    """Two ends of a line: a paced one, and the caller's."""
    raw, caller = socket.socketpair()
    with PacedSocket.over(raw, pace) as paced, caller:
        yield paced, caller


def test_a_caller_who_is_silent_is_cut_in_the_head_and_told_in_the_body() -> None:
    with line(Pace(grace=60, silence=0.05)) as (paced, caller):
        with pytest.raises(ConnectionResetError):
            paced.recv(10)
        paced.body = True
        with refused("http.too_slow", bytes_per_s=4096):
            paced.recv(10)
        caller.sendall(b"there")
        assert paced.recv(10) == b"there"
        paced.settimeout(0.01)
        with pytest.raises(TimeoutError):  # a shorter time that somebody else has set stands
            paced.recv(10)


def test_what_came_buys_time_and_waiting_spends_it() -> None:
    pace = Pace(grace=20, bytes_per_s=1000, silence=30)
    assert [pace.left(waited, moved) for waited, moved in ((0, 0), (20, 0), (20, 5000), (25, 5000))] == [20, 0, 5, 0]
    assert pace.left(0, 1 << 30) == 30


def test_a_caller_who_is_slow_on_the_average_is_cut_though_never_silent() -> None:
    with line(Pace(grace=0.3, bytes_per_s=1000, silence=60)) as (paced, caller):
        paced.body = True
        stop = threading.Event()

        def trickle() -> None:
            while not stop.wait(0.02):
                caller.sendall(b"x")

        sender = threading.Thread(target=trickle)
        sender.start()
        try:
            with refused("http.too_slow", bytes_per_s=1000):
                while True:
                    paced.recv(10)
        finally:
            stop.set()
            sender.join()


def test_an_answer_that_nobody_takes_ends() -> None:
    with line(Pace(grace=60, silence=0.05)) as (paced, _), pytest.raises(ConnectionResetError):
        paced.sendall(bytes(8 << 20))


def test_an_answer_that_is_taken_arrives_whole() -> None:
    data = bytes(range(256)) * 8192
    with line(Pace()) as (paced, caller):
        sender = threading.Thread(target=paced.sendall, args=(data,))
        sender.start()
        came = b""
        while len(came) < len(data):
            came += caller.recv(1 << 16)
        sender.join()
    assert came == data
