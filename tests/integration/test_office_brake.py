"""How often one caller may call the office: counted by who signed in, else by where it came from."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from bidding.store import accounts, documents, mailbox
from ledger.basics.hashing import H
from ledger.store.engine import database_now, transaction
from tests.support.town import Town, code, town
from web import assets
from web.office.app import create_app
from web.public import api


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("brake")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        made.bidder("ann")
        yield made


def limited(place: Town, per_minute: int, proxies: int = 0, **other: Any) -> FlaskClient:
    """The office again, with the patience of a real one."""
    office = replace(place.services.config.office, requests_per_minute=per_minute, proxies=proxies, **other)
    config = replace(place.services.config, office=office)
    return create_app(replace(place.services, config=config)).test_client()


def test_made_up_tokens_buy_no_more_calls(place: Town) -> None:
    office = limited(place, 5)
    found = [
        office.get(path, headers={"Authorization": f"Bearer made-up-{path}-{number}"}).status_code
        for path in ("/api/time", "/office/me")
        for number in range(5)
    ]
    assert found == [200] * 5 + [429] * 5
    mine = {"Authorization": f"Bearer {place.bidders['ann'].token}"}
    assert [office.get("/office/me", headers=mine).status_code for _ in range(6)] == [200] * 5 + [429]


def test_behind_a_front_server_every_address_has_its_own_allowance(place: Town) -> None:
    def calls(office: FlaskClient, address: str) -> list[int]:
        # What the caller itself wrote comes first; the front server adds what it saw.
        headers = [{"X-Forwarded-For": f"192.0.2.{number}, {address}"} for number in range(3)]
        return [office.get("/api/time", headers=one).status_code for one in headers]

    behind = limited(place, 2, proxies=1)
    assert calls(behind, "198.51.100.1") == [200, 200, 429]
    assert calls(behind, "198.51.100.2") == [200, 200, 429]
    alone = limited(place, 2)
    assert calls(alone, "198.51.100.1") == [200, 200, 429]
    assert calls(alone, "198.51.100.2") == [429, 429, 429]


def test_one_bundle_is_made_at_a_time(place: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    place.publish(place.clock.at + timedelta(minutes=10))
    place.tick()  # a bundle begins when the notice stands in a witnessed tree
    monkeypatch.setattr("web.public.api._PATIENCE", 0.1)
    with api.MAKING:
        refused = place.ask("GET", f"/api/tenders/{place.tender}/bundle.zip")
    assert (refused.status_code, code(refused)) == (503, "http.busy")
    assert place.ask("GET", f"/api/tenders/{place.tender}/bundle.zip").status_code == 200


class Stuck(io.RawIOBase):
    """A body that comes when a test lets it, and says when it is waited for."""

    def __init__(self) -> None:
        self.waited_for, self.come = threading.Event(), threading.Event()

    def readable(self) -> bool:
        return True

    def readinto(self, _room: object) -> int:
        self.waited_for.set()
        assert self.come.wait(20)
        return 0


def test_slow_bodies_of_one_caller_leave_room_for_others(place: Town) -> None:
    office = limited(place, 1000, threads=4)
    stuck = [Stuck(), Stuck()]
    with ThreadPoolExecutor(2) as pool:
        mine = {"Authorization": f"Bearer {place.bidders['ann'].token}"}
        waiting = [pool.submit(post, office.application, one, "/office/rehearsals", mine) for one in stuck]
        try:
            assert all(one.waited_for.wait(20) for one in stuck)
            crowded = office.get("/office/me", headers=mine)
            assert (crowded.status_code, code(crowded), crowded.headers["Retry-After"]) == (503, "http.crowded", "2")
            # Two of four threads are all that there is for everybody; the witnesses' is another.
            assert office.get("/api/time").status_code == 503
            assert office.get("/log/checkpoint").status_code == 200
            assert post_now(office, "/log/cosignature") == post_now(office, "/custody/releases") == 400
        finally:
            for one in stuck:
                one.come.set()
        assert [one.result() for one in waiting] == ["400 BAD REQUEST"] * 2
    # Answered, sent or lost: room comes back, of answers that are made while they are sent too.
    for _ in range(5):
        assert office.get(assets.url("css/base.css")).status_code == 200
        assert office.get("/log/tile/x").status_code == 404


def test_slow_bodies_of_institutions_leave_room_for_the_others(place: Town) -> None:
    office, stuck = limited(place, 1000, threads=4), Stuck()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(post, office.application, stuck, "/custody/releases", {})
        try:
            assert stuck.waited_for.wait(20)
            assert office.get("/log/checkpoint").status_code == 503
            assert office.get("/api/time").status_code == 200
        finally:
            stuck.come.set()
        assert waiting.result() == "400 BAD REQUEST"


def post_now(office: FlaskClient, path: str) -> int:
    """The status of a request that says nothing."""
    return office.post(path, buffered=True).status_code


def post(app: Flask, body: Stuck, path: str, headers: dict[str, str]) -> str:
    """The status of a request whose body is stuck."""
    environ = EnvironBuilder(path=path, method="POST", headers=Headers(headers)).get_environ()
    # The input of a chunked body has no length, and its end is its own.
    environ |= {
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BufferedReader(body),
        "wsgi.input_terminated": True,
    }
    return run_wsgi_app(app, environ)[1]


def test_an_organisation_can_t_fill_the_disk_with_what_it_does_not_publish(place: Town) -> None:
    place.draft(place.clock.at + timedelta(days=2))
    token = place.people["tenderee"].token
    mine = {"Authorization": f"Bearer {token}"}
    office = limited(place, 1000, max_unpublished_documents=10_000, max_unpublished_bytes=10_000)
    path = f"/office/tenders/{place.tender}/documents"

    def put(data: bytes, on: FlaskClient = office) -> TestResponse:
        return on.put(path, data=data, headers={**mine, "Mingjing-SHA256": H(data).hex()})

    with transaction(place.services.engine) as conn:
        party = documents_of(conn, token)
        before, count = documents.unpublished(conn, party, place.clock.at)
    data = bytes(10_000 - before)
    assert put(data + b"x").get_json()["error"]["params"] == {
        "field": "max_unpublished_bytes",
        "limit": 10_000,
        "bytes": before,
        "documents": count,
    }
    assert put(data).status_code == 200
    assert put(data).status_code == 200, "again after a lost answer: it is there already"
    assert code(put(b"one more")) == "document.quota"
    few = limited(place, 1000, max_unpublished_documents=count + 1)
    refusal = put(b"one more", few)
    assert (code(refusal), refusal.get_json()["error"]["params"]["field"]) == (
        "document.quota",
        "max_unpublished_documents",
    )
    with transaction(place.services.engine) as conn:
        documents.publish(conn, [H(data).hex()])
    assert put(b"one more").status_code == 200, "what is published counts no longer"
    with transaction(place.services.engine) as conn:
        assert documents.unpublished(conn, party, place.clock.at + documents.COUNTED) == (0, 0)


def documents_of(conn: sa.Connection, token: str) -> str:
    """The organisation of who has a token."""
    return accounts.sign_in(conn, token, database_now(conn)).party


def test_one_bidder_can_t_fill_the_custodians_rehearsals(place: Town) -> None:
    office = limited(place, 1000)

    def ask(bidder: str, number: int) -> int:
        body = {"nonce": f"{bidder}-{number}", "part": "offer", "custodians": sorted(place.masters)}
        mine = {"Authorization": f"Bearer {place.bidder(bidder).token}"}
        return office.post("/office/rehearsals", json=body, headers=mine).status_code

    assert [ask("ann", number) for number in range(8)] == [202] * 6 + [429] * 2
    assert ask("ann", 0) == 202, "asking how far it is, is nothing new"
    assert ask("bob", 0) == 202
    custodian = min(place.masters)
    place.tick()
    with transaction(place.services.engine) as conn:
        assert mailbox.answers(conn, "rehearsal-key", "ann-0/offer").keys() == place.masters.keys()
        later = place.clock.at + timedelta(minutes=11)
        mailbox.forget(conn, later)
        assert not mailbox.asked(conn, "rehearsal-key", "ann-0/offer"), "answered or not, its time is over"
        assert [one.kind for one in mailbox.waiting(conn, custodian, later)] == []
