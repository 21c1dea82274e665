"""The box takes what is in time, whole and ticketed, and refuses everything else by code and in words."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import insert
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bidding.store.box import bids as box_bids
from bidding.store.box import lots as box_lots
from bidding.store.box.minutes import write_minutes
from bidding.store.box.tables import submissions
from bidding.submission import MAX_A_MINUTE, MAX_BIDS
from ledger.basics import clock, signing
from ledger.basics.canonical import MAX_BYTES, canonical, members, parse_object
from ledger.store.engine import transaction
from ledger.store.read import load, sealed_value
from ledger.store.tables import metadata
from tests.support.boxes import BOX_KEY, DEADLINE, INTERVAL, LOT, TENDER, BoxWorld, code, signer
from web.box.access_log import AccessLog
from web.box.access_log import read as read_log
from web.box.app import Surroundings, create_app


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[BoxWorld]:
    """A box with one open lot."""
    made = BoxWorld(database_url, tmp_path)
    yield made
    made.close()


def test_a_whole_bid_gets_its_receipt_at_once(world: BoxWorld) -> None:
    answer = world.caller("a").bid()
    assert answer.status_code == 201
    key = signing.public_bytes(signer(BOX_KEY)).hex()
    receipt = signing.verify("receipt", parse_object(answer.data)["receipt"], key)
    assert receipt["lot"] == LOT
    assert receipt["submission_sha256"] == parse_object(answer.data)["sha256"]
    assert receipt["minute"] == "2026-11-30T09:00:00.000Z"


def test_the_same_submission_again_gets_the_same_receipt(world: BoxWorld) -> None:
    caller = world.caller("a")
    first = caller.bid()
    world.time.at = DEADLINE + timedelta(hours=1)  # even when the answer was lost and the line came back late
    again = caller.submit(caller.envelope())
    assert (again.status_code, again.data) == (200, first.data)


def test_late_is_late_by_the_clock_of_the_database(world: BoxWorld) -> None:
    caller = world.caller("a")
    for data in caller.seals()[1].values():
        caller.upload(data)
    world.time.at = DEADLINE - timedelta(milliseconds=1)
    assert caller.submit(caller.envelope()).status_code == 201
    world.time.at = DEADLINE
    late = caller.submit(caller.envelope(2))
    assert code(late) == "submission.late"
    assert code(caller.create(b"more")) == "submission.late"
    assert code(caller.withdraw(3)) == "submission.late"


def test_a_bid_whose_ciphertexts_are_not_all_here_is_incomplete(world: BoxWorld) -> None:
    caller = world.caller("a")
    for data in list(caller.seals()[1].values())[:-1]:
        caller.upload(data)
    assert code(caller.submit(caller.envelope())) == "submission.incomplete"


def test_what_another_key_sent_does_not_complete_my_bid(world: BoxWorld) -> None:
    caller, other = world.caller("a"), world.caller("b")
    for data in caller.seals()[1].values():
        other.upload(data)
    assert code(caller.submit(caller.envelope())) == "submission.incomplete"


def test_a_ticket_of_nobody_is_no_ticket(world: BoxWorld) -> None:
    caller = world.caller("a")
    caller.ticket = type(caller.ticket)(caller.ticket.prefix, b"\1" * 384)
    assert code(caller.create(b"x")) == "submission.ticket_invalid"


def test_a_ticket_of_another_key_is_no_ticket(world: BoxWorld) -> None:
    caller = world.caller("a")
    caller.ticket = world.caller("b").ticket
    assert code(caller.create(b"x")) == "submission.ticket_invalid"


def test_stale_terms_are_refused_and_an_accepted_bid_is_flagged(world: BoxWorld) -> None:
    caller = world.caller("a")
    assert caller.bid().status_code == 201
    world.put(terms="bb" * 32)
    for data in caller.seals("new")[1].values():
        caller.upload(data)
    assert code(caller.submit(caller.envelope(2, "new"))) == "submission.terms_stale"
    own = json.loads(caller.ask("GET", f"/box/bids/{TENDER}/{LOT}").data)
    assert [item["stale"] for item in own["accepted"]] == [True]


def test_seq_rises_strictly_over_replacement_and_withdrawal(world: BoxWorld) -> None:
    caller = world.caller("a")
    assert caller.bid(3).status_code == 201
    for data in caller.seals("new")[1].values():
        caller.upload(data)
    for low in (1, 3):
        assert code(caller.submit(caller.envelope(low, "new"))) == "submission.seq_not_higher"
    assert caller.submit(caller.envelope(4, "new")).status_code == 201
    assert code(caller.withdraw(4)) == "submission.seq_not_higher"
    assert caller.withdraw(5).status_code == 201
    assert code(caller.withdraw(6)) == "submission.nothing_to_withdraw"
    world.time.at += INTERVAL
    assert caller.submit(caller.envelope(6)).status_code == 201  # changed their mind again: freely, before the deadline


def test_a_minutes_list_has_room_for_every_key_so_none_fills_it(world: BoxWorld) -> None:
    caller, other = world.caller("a"), world.caller("b")
    assert caller.bid(1).status_code == 201
    for seq in range(2, MAX_A_MINUTE + 1):
        assert caller.submit(caller.envelope(seq)).status_code == 201
    last = caller.envelope(MAX_A_MINUTE)
    assert code(caller.submit(caller.envelope(MAX_A_MINUTE + 1))) == "submission.minute_full"
    assert code(caller.withdraw(MAX_A_MINUTE + 1)) == "submission.minute_full"
    assert caller.submit(last).status_code == 200  # what was taken is answered again
    assert other.bid().status_code == 201
    world.time.at += INTERVAL
    assert caller.withdraw(MAX_A_MINUTE + 1).status_code == 201


def test_a_lot_takes_as_many_bidders_as_its_events_have_room_for(world: BoxWorld) -> None:
    first, late = world.caller("a"), world.caller("z")
    assert first.bid(1).status_code == 201
    with transaction(world.engine) as conn:
        (held,) = box_bids.of_lot(conn, TENDER, LOT)
        rows = [
            {**held.__dict__, "sha256": f"{number:064x}", "bid_key": f"{number:064x}", "stale": 0}
            for number in range(MAX_BIDS - 2)
        ]
        conn.execute(insert(submissions), rows)
    assert world.caller("y").bid().status_code == 201
    refused = late.bid()
    assert code(refused) == "submission.lot_full"
    assert "5000" in refused.text
    # Who is in stays in: a bid is replaced and withdrawn as before.
    assert first.submit(first.envelope(2)).status_code == 201
    assert first.withdraw(3).status_code == 201
    assert code(late.submit(late.envelope())) == "submission.lot_full"


@pytest.mark.parametrize(
    ("state", "wanted"), [("waiting", "submission.not_open"), ("suspended", "submission.tender_suspended")]
)
def test_a_lot_that_takes_nothing_says_so(world: BoxWorld, state: str, wanted: str) -> None:
    world.put(state=state)
    assert code(world.caller("a").create(b"x")) == wanted


def test_too_big_names_the_limit(world: BoxWorld) -> None:
    answer = world.caller("a").create(b"x" * ((1 << 20) + 1))
    assert code(answer) == "submission.too_big"
    assert answer.get_json()["error"]["params"]["limit"] == 1 << 20


def test_a_request_counts_once_for_this_path_and_this_body_and_now(world: BoxWorld) -> None:
    caller = world.caller("a")
    path = f"/box/bids/{TENDER}/{LOT}"
    nonce = b"n" * 16
    letter = canonical({"tender": TENDER, "lot": LOT, "text": "Is the ceiling with tax?"})
    assert caller.ask("POST", "/box/enquiries", letter, ticket=True, nonce=nonce).status_code == 201
    assert code(caller.ask("POST", "/box/enquiries", letter, ticket=True, nonce=nonce)) == "request.replayed"
    assert code(caller.ask("GET", path, signed_path=path + "x")) == "request.not_this"
    assert code(caller.ask("GET", path, signed_method="PUT")) == "request.not_this"
    assert code(caller.ask("POST", "/box/submissions", b"{}", signed_body=b"")) == "request.body_differs"
    for apart in (timedelta(minutes=11), timedelta(minutes=-11)):
        at = world.time.at.replace(microsecond=0) + apart
        assert code(caller.ask("GET", path, at=at)) == "request.out_of_time"
    assert code(caller.ask("GET", path, at=world.time.at)) == "request.out_of_time"  # not whole seconds: a fingerprint


def test_nobody_sees_anothers_bid(world: BoxWorld) -> None:
    assert world.caller("a").bid().status_code == 201
    own = json.loads(world.caller("b").ask("GET", f"/box/bids/{TENDER}/{LOT}").data)
    assert own["accepted"] == []


def test_each_minute_has_one_event_empty_or_not(world: BoxWorld) -> None:
    caller = world.caller("a")
    sha256 = parse_object(caller.bid().data)["sha256"]
    world.time.at += timedelta(minutes=3)
    with transaction(world.engine) as conn:
        assert write_minutes(conn, INTERVAL, world.random.randbytes) == 3
        assert write_minutes(conn, INTERVAL, world.random.randbytes) == 0
        events = [item.event for item in load(conn, "box")]
        values = [sealed_value(conn, "box", event.version, f"{TENDER}/{LOT}")[1] for event in events]
    assert [event.public for event in events] == [
        {"minute": clock.text(clock.floor(world.time.at, INTERVAL) - INTERVAL * back)} for back in (3, 2, 1)
    ]
    assert [value["accepted"] for value in values] == [[sha256], [], []]  # type: ignore[index,call-overload]  # objects
    assert len({len(canonical(event.public)) for event in events}) == 1


def test_nothing_the_box_stores_can_name_an_account() -> None:
    columns = {column.name for table in metadata.tables.values() if table.name.startswith("box_") for column in table.c}
    assert columns
    assert not columns & {"party", "person", "account", "token", "address", "user", "uscc"}


def test_a_minute_waits_for_whatever_was_judged_to_lie_in_it(world: BoxWorld) -> None:
    """The trap of the last second: a bid read its time before the minute ended and commits after."""
    caller = world.caller("a")
    caller.bid()
    written, begun = [], threading.Event()

    def minute() -> None:
        begun.set()
        with transaction(world.engine) as conn:
            written.append(write_minutes(conn, INTERVAL, world.random.randbytes))

    with transaction(world.engine) as conn:
        lot = box_lots.lot_for_share(conn, TENDER, LOT)
        at = clock.text(world.time.at)
        world.time.at += INTERVAL
        writer = threading.Thread(target=minute)
        writer.start()
        assert begun.wait(10)
        writer.join(0.3)
        assert not written, "the minute was written past a submission that was still being judged"
        first = box_bids.newest(conn, lot.tender, lot.lot, caller.public.hex())
        assert first is not None
        minute_of = clock.text(clock.floor(clock.parse_time(at), INTERVAL))
        box_bids.add_accepted(conn, replace(first, sha256="cc" * 32, seq=2, at=at, minute=minute_of))
    writer.join(30)
    assert written == [1]
    with world.engine.connect() as conn:
        value = sealed_value(conn, "box", 1, f"{TENDER}/{LOT}")[1]
    assert isinstance(value, dict)
    assert value["accepted"] == sorted([first.sha256, "cc" * 32])


def test_a_clock_that_is_set_back_puts_no_bid_into_a_minute_that_is_written(world: BoxWorld) -> None:
    caller = world.caller("a")
    caller.bid()
    world.time.at += 2 * INTERVAL
    with transaction(world.engine) as conn:
        assert write_minutes(conn, INTERVAL, world.random.randbytes) == 2
    world.time.at -= 2 * INTERVAL
    for data in caller.seals("new")[1].values():
        caller.upload(data)
    answer = caller.submit(caller.envelope(2, "new"))
    assert answer.status_code == 201
    receipt = members(members(parse_object(answer.data), "sha256 receipt")["receipt"], "object key signature")["object"]
    assert isinstance(receipt, dict)
    assert receipt["minute"] == receipt["at"] == "2026-11-30T09:02:00.000Z"


def test_an_objection_needs_a_bid_and_an_enquiry_a_ticket(world: BoxWorld) -> None:
    caller = world.caller("a")
    letter = {"tender": TENDER, "lot": LOT, "text": "Is the ceiling with tax?"}
    asked = caller.ask("POST", "/box/enquiries", canonical(letter), ticket=True)
    assert asked.status_code == 201
    # Sent again because the answer was lost, it is still one enquiry.
    assert caller.ask("POST", "/box/enquiries", canonical(letter), ticket=True).get_json() == asked.get_json()
    assert code(caller.ask("POST", "/box/enquiries", canonical(letter))) == "request.header_missing"
    objection = {**letter, "kind": "opening"}
    assert code(caller.ask("POST", "/box/objections", canonical(objection))) == "letter.no_bid"
    caller.bid()
    assert caller.ask("POST", "/box/objections", canonical(objection)).status_code == 201
    assert code(caller.ask("POST", "/box/objections", canonical({**objection, "kind": "price"}))) == "letter.kind"
    assert code(caller.ask("POST", "/box/objections", canonical({**objection, "text": " "}))) == "letter.text"


def test_a_lost_ciphertext_comes_back_from_its_bidder_only(world: BoxWorld) -> None:
    caller = world.caller("a")
    caller.bid()
    sha256, data = next(iter(caller.seals()[1].items()))
    (world.folder / "blobs" / "whole" / sha256[:2] / sha256).unlink()
    assert not world.blobs.holds(sha256)
    path = f"/box/files/{sha256}"
    assert code(world.caller("b").ask("PUT", path, data)) == "upload.unknown"
    assert code(caller.ask("PUT", path, b"other", signed_body=data)) == "blob.hash_mismatch"
    longer = caller.ask("PUT", path, data + b"x" * 100, signed_body=data)
    assert (code(longer), longer.status_code) == ("http.too_long", 413)
    assert not world.blobs.holds(sha256)
    assert caller.ask("PUT", path, data).status_code == 204
    assert world.blobs.holds(sha256)


class Endless(io.RawIOBase):
    """A body that never ends, and how much of it was taken."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        self.taken += len(room)
        return len(room)


@pytest.mark.parametrize("path", ["/box/submissions", "/box/withdrawals", "/box/enquiries", "/box/objections"])
def test_a_body_in_chunks_ends_where_the_longest_message_does(world: BoxWorld, path: str) -> None:
    body = Endless()
    environ = EnvironBuilder(path=path, method="POST").get_environ()
    # What gunicorn says of a chunked body: it has no length, and its end is its own.
    environ |= {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BufferedReader(body),
        "wsgi.input_terminated": True,
    }
    answer, status, _ = run_wsgi_app(world.app, environ)
    assert (json.loads(b"".join(answer))["error"]["code"], status[:3]) == ("canonical.too_long", "400")
    assert body.taken < 2 * MAX_BYTES


def test_the_access_log_holds_who_asked_and_not_the_front_server(world: BoxWorld, tmp_path: Path) -> None:
    key = X25519PrivateKey.generate()
    sealed = AccessLog(tmp_path / "log", key.public_key().public_bytes_raw(), world.random.randbytes)
    headers = {"X-Forwarded-For": "203.0.113.7"}
    for proxies in (0, 1):
        create_app(world.parts, Surroundings(sealed, proxies)).test_client().get("/box/time", headers=headers)
    (month,) = (tmp_path / "log").iterdir()
    assert [line["address"] for line in read_log(month, key)] == ["127.0.0.1", "203.0.113.7"]
