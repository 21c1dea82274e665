"""Every route of the box decides who asks before it does anything, and knows people by their bid keys alone.

(The same for the office: `tests/integration/test_office_routes.py`.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ledger.basics.canonical import canonical
from ledger.store.engine import reading
from ledger.store.tables import metadata
from tests.support.boxes import LOT, TENDER, BoxWorld, Caller, code
from tests.support.crawl import box_headers, rules
from web.box.app import POLICY
from web.box.parts import PIECES

# What stands for a variable part of a path; the decision comes before whatever it names.
PARTS = {"tender": TENDER, "lot": LOT, "sha256": "00" * 32, "upload_id": "a" * 16}


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[BoxWorld]:
    made = BoxWorld(sqlite_url, tmp_path)
    yield made
    made.close()


def routes(world: BoxWorld) -> list[tuple[str, str, str]]:
    """(method, path, endpoint) of every route."""
    found = []
    for method, rule in rules(world.app.url_map):
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<{name}>", PARTS[name])
        found.append((method, path, rule.endpoint))
    return found


def stored(world: BoxWorld) -> dict[str, list[Any]]:
    with reading(world.engine) as conn:
        return {name: [tuple(row) for row in conn.execute(table.select())] for name, table in metadata.tables.items()}


def headers(path: str, method: str) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in box_headers(path, method).items()}


def as_caller(caller: Caller, method: str, path: str, **options: Any) -> TestResponse:
    body = b"" if method in ("GET", "HEAD", "DELETE") or path == "/box/uploads" else b"{}"
    return caller.ask(method, path, body, headers=headers(path, method), **options)


def test_every_route_has_its_policy_and_every_policy_its_route(world: BoxWorld) -> None:
    assert {endpoint for _, _, endpoint in routes(world)} == POLICY.keys()
    assert {path for _, path, endpoint in routes(world) if POLICY[endpoint] == "anyone"} == {
        "/box/time",
        "/box/uploads",
    }


def test_nobody_gets_in_without_a_signature_and_nothing_is_stored(world: BoxWorld) -> None:
    before = stored(world)
    for method, path, endpoint in routes(world):
        for extra in ({}, {"Authorization": "Bearer x"}, {"Cookie": "session=x"}, {"Mingjing-Request": "e30"}):
            sent = {**headers(path, method), **extra}
            got = world.app.test_client().open(path, method=method, data=b"{}", headers=sent)
            if POLICY[endpoint] == "anyone":
                assert got.status_code in (200, 204), path
                continue
            assert got.status_code == 400, (method, path)
            assert code(got) in ("request.header_missing", "canonical.missing_member"), (method, path)
    assert stored(world) == before


def test_a_signature_opens_nothing_but_what_it_was_made_for(world: BoxWorld) -> None:
    caller = world.caller("a")
    for method, path, endpoint in routes(world):
        if POLICY[endpoint] != "anyone":
            for lie in ({"signed_path": "/box/other"}, {"signed_method": "TRACE"}):
                got = as_caller(caller, method, path, ticket=True, **lie)
                assert code(got) == "request.not_this", (method, path)


def test_where_a_ticket_is_wanted_another_keys_ticket_is_none(world: BoxWorld) -> None:
    caller = world.caller("a")
    caller.ticket = world.caller("b").ticket
    letter = canonical({"tender": TENDER, "lot": LOT, "text": "?"})
    assert code(caller.create(b"x")) == "submission.ticket_invalid"
    assert code(caller.ask("POST", "/box/enquiries", letter, ticket=True)) == "submission.ticket_invalid"
    assert code(caller.submit(caller.envelope())) == "submission.ticket_invalid"


def test_objecting_to_the_documents_tells_of_no_bid(world: BoxWorld) -> None:
    # The objection is published before the roll: if it took a bid to make one, each would prove that there is one.
    bidder, reader = world.caller("a"), world.caller("b")
    assert bidder.bid().status_code == 201
    objection = canonical({"tender": TENDER, "lot": LOT, "kind": "documents", "text": "Clause 4 fits one make only."})
    answers = [one.ask("POST", "/box/objections", objection, ticket=True) for one in (bidder, reader)]
    assert [one.status_code for one in answers] == [201, 201]
    without = [one.ask("POST", "/box/objections", objection) for one in (bidder, reader)]
    assert [code(one) for one in without] == ["request.header_missing"] * 2


def test_how_many_others_are_sending_changes_no_answer(world: BoxWorld) -> None:
    ann, room = world.caller("ann"), world.parts.limits.pieces

    def answers(others: int) -> list[tuple[int, bytes]]:
        """What ann hears of a piece that is one of one, of two, of three at the same time."""
        found = []
        with ExitStack() as stack:
            for key in [f"other {number}" for number in range(others)] * PIECES:
                stack.enter_context(room.hold(key))
            for _ in range(PIECES + 1):
                got = ann.patch(path, b"ta", 2, signed_body=b"other")  # read, and never taken
                found.append((got.status_code, got.data))
                if got.status_code != 503:
                    stack.enter_context(room.hold(ann.public.hex()))
        return found

    path = ann.create(b"data").headers["Location"]
    assert ann.patch(path, b"da", 0).status_code == 204
    alone = answers(0)
    assert [status for status, _ in alone] == [400, 400, 503]
    assert [answers(others) for others in (1, 5)] == [alone] * 2


def test_a_fault_of_ours_repeats_nothing_of_what_was_sent(
    world: BoxWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caller = world.caller("a")

    def broken(*_: object) -> None:
        raise RuntimeError("the price is 817263.54")

    monkeypatch.setattr("web.signed.signed", broken)
    got = caller.ask("GET", f"/box/bids/{TENDER}/{LOT}")
    assert (got.status_code, code(got)) == (500, "http.unexpected")
    assert "817263.54" not in got.text + caplog.text
    assert caller.public.hex() not in got.text + caplog.text
