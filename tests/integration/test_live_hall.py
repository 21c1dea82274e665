"""A hall over real websockets: what a watcher gets, how it goes on after a break, and what is refused."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from ledger.basics.canonical import canonical
from ledger.basics.ids import system_entropy
from tests.support.live import QUICK, Served, Watcher, book_of, key_of, opened_town, served_of
from tests.support.town import LOT, Sealed, Town
from tests.support.waiting import wait_until
from web.live import protocol, ticket
from web.live.messages import Answer, Notice, Objection, Offer, Sheet, Text
from web.live.protocol import Watch

MINUTE = timedelta(minutes=1)
STALLED = 100
FLOOD = 3_000  # messages, far more than a line's buffers hold


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A tender of which three bids were opened."""
    folder = tmp_path_factory.mktemp("hall")
    with opened_town(folder, {"ann": "900000.50", "bob": "800000", "cid": "1300000"}, 1) as made:
        yield made


@pytest.fixture
def live(place: Town) -> Iterator[Served]:
    with served_of(place) as made:
        yield made


def ticket_of(place: Town, lot: str = LOT) -> str:
    got = place.ask("POST", f"/api/hall/{place.tender}/{lot}/ticket")
    assert got.status_code == 200, got.text
    return str(got.get_json()["ticket"])


def told(place: Town) -> int:
    """How many messages the hall has."""
    return len(book_of(place).open(place.tender, LOT)[1])


def first(url: str, data: str | bytes | None) -> tuple[int, str]:
    """(code, reason) with which a line is closed whose first message is this."""

    def listen(line: ClientConnection) -> None:
        if data is not None:
            line.send(data)
        while True:
            line.recv(20)

    with connect(url, compression=None) as line, pytest.raises(ConnectionClosed) as closed:
        listen(line)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def watch(text: str, last: int = 0) -> str:
    return protocol.encode(Watch(v=1, ticket=text, last=last)).decode()


def test_a_watcher_gets_everything_from_the_notice_to_the_opening_sheet(place: Town, live: Served) -> None:
    with Watcher(live.url, ticket_of(place)) as one:
        one.until(told(place))
        assert one.hello is not None
        assert (one.hello.tender, one.hello.lot, one.hello.audience) == (place.tender, LOT, "public")
        assert one.numbers == list(range(1, one.hello.head + 1))
        assert isinstance(one.messages[0], Notice)
        assert any(isinstance(message, Sheet) for message in one.messages)
        prices = [message.price_fen for message in one.messages if isinstance(message, Offer)]
        assert sorted(prices) == [80_000_000, 90_000_050, 130_000_000]
        over = [message.checks[-1].verdict for message in one.messages if isinstance(message, Offer)]
        assert sorted(over) == ["fail", "pass", "pass"]
        assert one.until_state().phase


@pytest.mark.parametrize("last", [1, 5, 17])
def test_whoever_comes_again_gets_exactly_what_it_missed(place: Town, live: Served, last: int) -> None:
    with Watcher(live.url, ticket_of(place), last) as one:
        one.until(told(place))
        assert one.numbers == list(range(last + 1, told(place) + 1))


def test_whoever_has_everything_gets_only_how_things_stand(place: Town, live: Served) -> None:
    with Watcher(live.url, ticket_of(place), told(place)) as one:
        one.until_state()
        assert one.messages == []


def test_what_happens_while_one_watches_comes_to_all_under_the_same_bytes(place: Town, live: Served) -> None:
    head = told(place)
    with Watcher(live.url, ticket_of(place), head) as one, Watcher(live.url, ticket_of(place)) as other:
        for watcher in (one, other):
            watcher.until_state()
        bidder = place.bidders["ann"]
        sealed = place.seal(bidder)
        said = {"tender": place.tender, "lot": LOT, "kind": "opening", "text": "报价读错了"}
        place.clock.at -= MINUTE  # the demonstration's window is a second long
        made = object_to(place, sealed, said)
        assert made.status_code in (201, 202), made.text
        place.settle()
        place.clock.at += MINUTE
        for watcher in (one, other):
            watcher.until(head + 1)
        assert isinstance(one.messages[-1], Objection)
        assert one.messages[-1].text == "报价读错了"
        assert one.raw[-1] == other.raw[-1]
        answer = {"objection": one.messages[-1].objection, "text": "已核对，无误", "upheld": False}
        done = place.act("tenderee", "objection.answered", f"tender/{place.tender}", answer)
        assert done.status_code == 201, done.text
        place.settle()
        one.until(head + 2)
        assert isinstance(one.messages[-1], Answer)


def object_to(place: Town, sealed: Sealed, said: dict[str, Any]) -> Any:
    return place.call_box(sealed, "POST", "/box/objections", canonical(said))


def test_staff_sees_what_is_owed_and_the_public_does_not(place: Town, live: Served) -> None:
    got = place.ask("POST", f"/office/hall/{place.tender}/{LOT}/ticket", token=place.people["tenderee"].token)
    assert got.status_code == 200, got.text
    with Watcher(live.url, got.get_json()["ticket"]) as staff, Watcher(live.url, ticket_of(place)) as anybody:
        for one in (staff, anybody):
            one.until_state()
        while not staff.staff:
            staff.take()
        assert staff.hello is not None
        assert staff.hello.audience == "staff"
        assert anybody.staff == []
    stranger = place.ask("POST", f"/office/hall/{place.tender}/{LOT}/ticket", token=place.bidders["ann"].token)
    assert stranger.status_code == 403


def test_a_ticket_is_taken_once_in_time_and_for_its_own_hall(place: Town, live: Served) -> None:
    text = ticket_of(place)
    with Watcher(live.url, text) as one:
        one.until_state()
    assert first(live.url, watch(text)) == (1008, "live.ticket_used")
    key, now = key_of(place), live.live.now()
    old = ticket.issue(key, "public", place.tender, LOT, now - 2 * MINUTE, system_entropy)
    assert first(live.url, watch(old)) == (1008, "live.ticket_expired")
    older = ticket.issue(key, "public", place.tender, LOT, now - MINUTE / 2, system_entropy)
    assert first(live.url, watch(older)) == (1008, "live.ticket_older")
    other = ticket.issue(key, "public", place.tender, "lot-9", now, system_entropy)
    assert first(live.url, watch(other)) == (1008, "lot.unknown")
    forged = ticket.issue(bytes(32), "public", place.tender, LOT, now, system_entropy)
    assert first(live.url, watch(forged)) == (1008, "live.ticket_invalid")


def test_no_ticket_is_given_for_what_is_not_there(place: Town) -> None:
    for path in (f"/api/hall/{place.tender}/lot-9/ticket", "/api/hall/nothing/lot-1/ticket"):
        assert place.ask("POST", path).status_code == 404


def test_what_is_no_watch_message_is_refused(place: Town, live: Served) -> None:
    good = json.loads(watch(ticket_of(place)))
    for wrong in (
        "hello",
        "{}",
        json.dumps({**good, "more": 1}),
        json.dumps({**good, "v": 2}),
        json.dumps({**good, "last": -1}),
        json.dumps({**good, "last": "1"}),
        b"\xff\xfe",
    ):
        assert first(live.url, wrong) == (1008, "live.malformed"), wrong
    assert first(live.url, "x" * (protocol.MAX_SIZE + 1))[0] == 1009
    assert first(live.url, watch(ticket_of(place), 10_000)) == (1008, "live.ahead")


def test_a_second_message_ends_the_line(place: Town, live: Served) -> None:
    with Watcher(live.url, ticket_of(place)) as one:
        one.until_state()
        one.socket.send("anything")
        assert one.refused() == (1008, "live.unasked")


def test_a_page_from_elsewhere_is_refused_and_so_is_another_address(place: Town, live: Served) -> None:
    with Watcher(live.url, ticket_of(place), origin=place.url) as one:
        one.until_state()
    with pytest.raises(InvalidStatus) as refused:
        Watcher(live.url, ticket_of(place), origin="http://evil.example")
    assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus) as unknown:
        Watcher(live.url + "?ticket=x", ticket_of(place))
    assert unknown.value.response.status_code == 404


def test_whoever_says_nothing_or_comes_too_often_is_sent_away(place: Town) -> None:
    with served_of(place, replace(QUICK, first=0.3, most=4, most_of_address=2)) as live:
        assert first(live.url, None) == (1008, "live.silent")
        with Watcher(live.url, ticket_of(place)) as one, Watcher(live.url, ticket_of(place)) as two:
            one.until_state()
            two.until_state()
            assert first(live.url, watch(ticket_of(place))) == (1013, "http.crowded")
        wait_until(lambda: not live.live.hub.halls[place.tender, LOT].watchers, "both to be gone")
        with Watcher(live.url, ticket_of(place)) as again:
            again.until_state()


def test_a_hall_without_watchers_is_forgotten_and_told_again(place: Town) -> None:
    with served_of(place, replace(QUICK, forget=0.1)) as live:
        with Watcher(live.url, ticket_of(place)) as one:
            one.until(told(place))
        wait_until(lambda: not live.live.hub.halls, "the hall to be forgotten")
        with Watcher(live.url, ticket_of(place)) as again:
            again.until(told(place))
        assert again.messages == one.messages


def test_readers_that_stall_hold_nobody_up_and_are_cut(place: Town) -> None:
    with served_of(place, replace(QUICK, slow=0.5, most=400, most_of_address=400)) as live, ExitStack() as stack:
        one = stack.enter_context(Watcher(live.url, ticket_of(place)))
        one.until(told(place))
        for _ in range(STALLED):
            stack.enter_context(stalled(live.url, watch(ticket_of(place))))
        hall = live.live.hub.halls[place.tender, LOT]
        wait_until(lambda: hall.watchers == STALLED + 1, "everybody to be in the hall")
        head, last = hall.head, one.messages[-1]
        long = Text(zh="长" * 1000, en="")
        flood = [msgspec.structs.replace(last, n=head + number, say=long) for number in range(1, FLOOD + 1)]
        live.within(lambda: hall.add(flood))
        one.until(head + FLOOD)
        assert one.numbers == list(range(1, head + FLOOD + 1))
        wait_until(lambda: hall.watchers == 1, "those that take nothing to be cut")


@contextmanager
def stalled(url: str, message: str) -> Iterator[None]:
    """A line that asks for everything and takes next to nothing."""
    address = urlsplit(url)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect((str(address.hostname), int(address.port or 0)))
        key = base64.b64encode(bytes(16)).decode()
        head = (
            "GET /hall HTTP/1.1",
            "Host: x",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
        )
        line.sendall("\r\n".join((*head, f"Sec-WebSocket-Key: {key}", "", "")).encode())
        data = message.encode()
        # A client's frame: final, text, masked (with zeros, which leave it as it is), 16 bits of length.
        line.sendall(b"\x81\xfe" + len(data).to_bytes(2, "big") + bytes(4) + data)
        yield
