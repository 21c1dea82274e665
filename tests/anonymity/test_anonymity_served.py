"""What is served to anybody but the bid key itself is the same for 3 bids and for 30.

Two platforms with the same seeds and the same 31 organisations, all of which took all tickets. In one 3 of them bid; in
the other 30, the last 27 in one storm of a minute, with replacements, a withdrawal and an upload that broke off. Every
route of both applications is then asked as every role: status, headers, length, order and content must agree, but for
hashes (of the same length) where a commitment stands over what the box took; and so must the work that the database was
given, which is what a stop watch would tell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest
from flask import Response, request

from bidding.store.box.tables import uploads
from ledger.basics.hashing import H
from ledger.store.engine import reading
from tests.support import crawl
from tests.support.crawl import Answer, Asked, Names, Work
from tests.support.live import Watcher, served_of
from tests.support.office import OWN, Visitor
from tests.support.platform import LOTS, Bid, Platform, platform
from tests.support.sampling import LONG
from tests.support.town import INTERVAL, Sealed
from web import access

FEW, MANY, OUTSIDER = 3, 30, 31
PRICE: Final = "817263.54"
STRANGERS: Final = ("nobody", "bidder in one", "centre")

# Where bytes may differ at all: what commits to a minute of the box, and the hashes over it.
COMMITMENTS: Final = {
    "/",  # shows the root of the tree
    "/api/streams/<path:stream>",
    "/api/events/<leaf>",
    "/api/proofs/<leaf>",
    "/api/tenders/<tender>/bundle.zip",
    "/bid/lots",  # brings the box's minutes and the tree's head with their proofs
    "/log",
    "/log/checkpoint",
    "/log/checkpoint.pending",
    "/log/tile/<path:path>",
    "/log/tile/entries/<path:path>",
}


@dataclass
class Place:
    """A platform with its bids; `outsider` holds a ticket and has not bid, `other` has, in both platforms."""

    made: Platform
    bids: dict[int, Bid]
    outsider: Sealed
    uploads: dict[int, tuple[str, ...]]

    @property
    def other(self) -> Sealed:
        return self.bids[2].sealed


def furnish(made: Platform, few: dict[int, Bid], outsider: Sealed | None, *, many: bool) -> Place:
    made.open(firms=OUTSIDER)
    made.take_all_tickets()
    made.wait(INTERVAL)
    bids = few or {number: made.seal_bid(made.firm(number), PRICE) for number in range(1, FEW + 1)}
    outsider = outsider or made.seal_bid(made.firm(OUTSIDER), PRICE).sealed
    for number in range(1, FEW + 1):
        made.hand_in(made.firm(number), bids[number])
        made.wait(INTERVAL)
    bids = dict(bids)
    if many:
        storm(made, bids)
    made.wait(INTERVAL)
    made.wait(timedelta(minutes=3))
    with reading(made.box_services.engine) as conn:
        rows = conn.execute(uploads.select().order_by(uploads.c.id)).all()
    keys = {number: str(bid.sealed.envelope["key"]) for number, bid in bids.items()}
    sent = {number: tuple(row.id for row in rows if row.bid_key == key) for number, key in keys.items()}
    return Place(made, bids, outsider, sent)


def storm(made: Platform, bids: dict[int, Bid]) -> None:
    """27 bids in one minute, two of them replaced, one withdrawn, and an upload cut off."""
    for number in range(FEW + 1, MANY + 1):
        firm = made.firm(number)
        bids[number] = made.seal_bid(firm, PRICE)
        made.hand_in(firm, bids[number])
        if number in (10, 20):
            made.hand_in(firm, made.seal_bid(firm, PRICE, seq=2))
        if number == MANY - 1:
            made.take_back(firm, bids[number], 2)
        if number == MANY:
            with made.as_client(firm):
                headers = crawl.box_headers("/box/uploads", "POST")
                cut = made.call_box(bids[number].sealed, "POST", "/box/uploads", b"", ticket=LOTS[0], **headers)
                assert cut.status_code == 201, cut.text


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Place]]:
    with platform(tmp_path_factory.mktemp("few")) as few, platform(tmp_path_factory.mktemp("many")) as many:
        one = furnish(few, {}, None, many=False)
        yield one, furnish(many, one.bids, one.outsider, many=True)


def names_of(places: tuple[Place, Place], here: Place) -> Names:
    """The same names in both platforms; a thing that is there in both has in each the number it has there."""
    few, many = places
    assert few.made.tender == many.made.tender
    return Names(
        tender=here.made.tender,
        leaves=crawl.leaves(here.made),
        documents=tuple(row["sha256"] for row in few.made.tables()["documents"]),
        mine=few.bids[1],
        mine_uploads=here.uploads[1],
        theirs=many.bids[MANY],
        theirs_uploads=many.uploads[MANY],
    )


def office_answers(place: Place, names: Names) -> Iterator[Asked]:
    """Every route of the office, as everybody."""
    made, work = place.made, Work(place.made.services.engine)
    tokens = crawl.tokens(made, {"bidder in both": 1, "bidder in one": MANY, "bidder in none": OUTSIDER})
    for method, rule in crawl.rules(made.office_app.url_map):
        policy = access.policy_of(made.office_app.view_functions[rule.endpoint])
        # Routes that ask nobody who he is are asked as everybody in the long run only.
        some = tokens if LONG or not policy or policy.kind == "people" else {who: tokens[who] for who in STRANGERS}
        for path in crawl.office_paths(rule.rule, method, names):
            for who, token in some.items():
                firm = made.firm({"bidder in one": MANY, "bidder in none": OUTSIDER}.get(who, 1))
                for number, body in enumerate(crawl.office_bodies(method, made, firm, names.theirs, rule.rule)):
                    options: dict[str, Any] = {"headers": {"Content-Type": "application/json"}} if body else {}
                    work.done()
                    got = crawl.answer(made.ask(method, path, token=token, data=body, **options))
                    yield Asked(rule.rule, f"{who}: {method} {path} with body {number}", got, work.done())


def box_answers(place: Place, names: Names) -> Iterator[Asked]:
    """Every route of the box, as nobody and under two bid keys."""
    made, work = place.made, Work(place.made.box_services.engine)
    callers: dict[str, Sealed | None] = {"nobody": None, "outsider": place.outsider, "another bidder": place.other}
    for method, rule in crawl.rules(made.box_app.url_map):
        for path in crawl.box_paths(rule.rule, names):
            for who, caller in callers.items():
                for number, body in enumerate(crawl.box_bodies(rule.rule, method, names)):
                    headers = crawl.box_headers(rule.rule, method)
                    work.done()
                    with made.as_client(made.firm(OUTSIDER)):
                        got = crawl.answer(crawl.as_key(made, caller, method, path, body, **headers))
                    yield Asked(rule.rule, f"{who}: {method} {path} with body {number}", got, work.done())


def compare(few: Iterator[Asked], many: Iterator[Asked]) -> tuple[set[str], int]:
    """Asserts that all answers agree, and the work for them; the rules under which bytes differed, and how many
    answers were compared.
    """
    differing, count, statements = set(), 0, 0
    for one, two in zip(few, many, strict=True):
        count += 1
        statements += len(one.work)
        assert _place(one.what) == _place(two.what)
        assert one.answer.levelled() == two.answer.levelled(), one.what
        assert one.work == two.work, one.what
        if one.answer.body != two.answer.body:
            differing.add(one.rule)
    assert statements, "the database was not listened to"
    return differing, count


def _place(asked: str) -> str:
    """A question without the hashes in its address."""
    return str(crawl.shape("text/plain", asked.encode()))


def test_every_route_of_the_office_serves_every_role_the_same_for_3_and_for_30_bids(
    places: tuple[Place, Place],
) -> None:
    few, many = places
    names = [names_of(places, one) for one in places]
    differing, count = compare(office_answers(few, names[0]), office_answers(many, names[1]))
    assert differing <= COMMITMENTS
    assert count > 1000


def session_answers(place: Place, names: Names) -> Iterator[Asked]:
    """Every address that a session opens, in the browsers of who bid in both, in one, in none, and of the centre."""
    made, work = place.made, Work(place.made.services.engine)
    firms = {"bidder in both": 1, "bidder in one": MANY, "bidder in none": OUTSIDER}
    for who, token in {**crawl.tokens(made, firms), "unknown": ""}.items():
        visitor = Visitor(made.office_app)
        if token:
            link = made.ask("POST", "/account/link", {}, token).get_json()["path"].split("link=")[1]
            assert visitor.sign_up(who.replace(" ", "-"), link=link).status_code == 303
        for method, rule in crawl.rules(made.office_app.url_map):
            policy = access.policy_of(made.office_app.view_functions[rule.endpoint])
            ends = rule.rule.endswith(("/sign-out", "/disable"))
            if ends or not (rule.rule.startswith("/account") or (policy and policy.kind == "people")):
                continue
            for path in crawl.office_paths(rule.rule, method, names):
                work.done()
                got = crawl.answer(visitor.client.open(path, method=method, headers=OWN, buffered=True))
                yield Asked(rule.rule, f"{who}: {method} {path} by session", got, work.done())


def test_a_session_shows_everybody_the_same_for_3_and_for_30_bids(places: tuple[Place, Place]) -> None:
    few, many = places
    names = [names_of(places, one) for one in places]
    differing, count = compare(session_answers(few, names[0]), session_answers(many, names[1]))
    assert differing <= COMMITMENTS
    assert count > 300


def test_every_route_of_the_box_serves_every_other_key_the_same_for_3_and_for_30_bids(
    places: tuple[Place, Place],
) -> None:
    few, many = places
    names = [names_of(places, one) for one in places]
    differing, count = compare(box_answers(few, names[0]), box_answers(many, names[1]))
    assert differing == set()
    assert count > 100


def frames(place: Place) -> list[dict[str, Any]]:
    """Everything that the hall of the first lot says to somebody who comes now, but for the ticking of its clock."""
    made = place.made
    given = made.ask("POST", f"/api/hall/{made.tender}/{LOTS[0]}/ticket").get_json()
    with served_of(made) as live, Watcher(live.url, given["ticket"]) as one:
        one.until_state()
        assert one.hello is not None
        assert one.numbers == list(range(1, one.hello.head + 1))
        return [{**json.loads(text), "now": ""} for text in one.raw]


def test_a_hall_says_the_same_for_3_and_for_30_bids(places: tuple[Place, Place]) -> None:
    few, many = (frames(place) for place in places)
    assert few == many
    assert {message["kind"] for frame in few for message in frame.get("messages", ())} >= {"notice", "tickets"}


def test_the_tree_grows_alike_however_many_bids_come(places: tuple[Place, Place]) -> None:
    sizes = []
    for place in places:
        tables = place.made.tables()
        tiles = {name: len(data) for name, data in place.made.files().items() if name.startswith("log/")}
        minutes = [row for row in tables["events"] if row["stream"] == "box"]
        sizes.append(
            (
                [len(tables[name]) for name in ("entries", "events", "sealed_values", "tree_nodes", "outbox")],
                [(row["size"], row["at"], row["witnessed"]) for row in tables["checkpoints"]],
                [(row["size"], row["name"], row["at"], len(row["line"])) for row in tables["cosignatures"]],
                [(row["version"], row["at"], len(row["body"]), row["visible"]) for row in minutes],
                [(row["institution"], row["kind"], row["created"]) for row in tables["custody_requests"]],
                tiles,
            )
        )
    assert sizes[0] == sizes[1]


def test_a_storm_in_one_minute_looks_like_a_minute_without_a_bid(places: tuple[Place, Place]) -> None:
    _, many = places
    minutes = many.made.get("/api/streams/box")["events"]
    lists = [row for row in many.made.tables()["sealed_values"] if row["stream"] == "box"]
    full = max(lists, key=lambda row: len(row["value"]))
    empty = [row for row in lists if len(row["value"]) == min(len(one["value"]) for one in lists)]
    assert len(full["value"]) > len(empty[0]["value"]) + 64 * (MANY - FEW - 1)
    shapes = {str(crawl.shape("application/json", _minute(one))) for one in minutes if one["event"]["sealed"]}
    assert len(shapes) == 1, "every minute after the tickets has one commitment a lot, and nothing else"


def test_what_is_anothers_is_answered_like_what_is_not_there(places: tuple[Place, Place]) -> None:
    for place in places:
        names = names_of(places, place)
        asked = {
            "/box/uploads/{}": [*names.mine_uploads, "0" * 32],
            "/box/files/{}": [*names.mine.sealed.blobs, H(b"").hex()],
            "/api/submissions/{}": [names.mine.sealed.sha256, names.theirs.sealed.sha256, crawl.NOWHERE],
            "/api/withdrawals/{}": [names.mine.sealed.sha256, names.theirs.sealed.sha256, crawl.NOWHERE],
            "/api/forms/{}": [*names.mine.sealed.blobs, crawl.NOWHERE],
            "/api/documents/{}": [*names.mine.sealed.blobs, names.mine.sealed.sha256, crawl.NOWHERE],
            "/api/events/{}": [*hidden_leaves(place.made), crawl.NOWHERE],
            "/api/sealed/box/4/{}": [*(f"{names.tender}/{lot}" for lot in LOTS), f"{names.tender}/lot-3"],
            "/custody/forms/{}": [*names.mine.sealed.blobs, crawl.NOWHERE],
        }
        for pattern, values in asked.items():
            for method in ("HEAD", "GET", "PATCH", "PUT", "DELETE"):
                blobs = names.mine.sealed.blobs
                seen = {
                    str(one(place, method, pattern.format(value), value, blobs.get(value, b""))) for value in values
                }
                assert len(seen) == 1, (method, pattern, seen)


def test_a_role_that_may_not_learns_nothing_about_what_is_there(places: tuple[Place, Place]) -> None:
    place = places[1]
    made = place.made
    tokens = crawl.tokens(made, {"bidder": 1})
    for method, rule in crawl.rules(made.office_app.url_map):
        if not rule.rule.startswith("/office") or "<tender>" not in rule.rule:
            continue
        for who in ("nobody", "unknown", "bidder", "centre", "supervisor", "agency"):
            values = (made.tender, "x" * len(made.tender))
            asked = {
                value: made.ask(method, rule.rule.replace("<tender>", value), token=tokens[who]) for value in values
            }
            seen = {str(crawl.answer(got).without(value)) for value, got in asked.items()}
            assert len(seen) == 1, (who, method, rule.rule, seen)


def hidden_leaves(made: Platform) -> list[str]:
    """Leaves of events that are not disclosed: organisations' tickets, drafts."""
    rows = [row for row in made.tables()["events"] if not row["visible"]]
    assert {row["stream"].split("/")[0] for row in rows} >= {"issuance"}
    return [row["leaf"].hex() for row in rows][:3]


def one(place: Place, method: str, path: str, echo: str, body: bytes) -> Answer:
    """An outsider's question, to the box by its key and ticket, to the office by the token of an organisation."""
    made = place.made
    if path.startswith("/box/"):
        headers = crawl.box_headers("/box/uploads" if "/uploads" in path else "", method)
        with made.as_client(made.firm(OUTSIDER)):
            return crawl.answer(crawl.as_key(made, place.outsider, method, path, body, **headers)).without(echo)
    return crawl.answer(made.ask(method, path, token=made.firm(OUTSIDER).token)).without(echo)


def _minute(shown: dict[str, Any]) -> bytes:
    """A minute of the box without what counts up: its version, its place, its clock."""
    event = {**shown["event"], "v": 0, "version": 0, "at": "", "public": sorted(shown["event"]["public"])}
    return json.dumps({**shown, "event": event, "index": 0}).encode()


def test_the_walk_would_see_one_header_that_counts(places: tuple[Place, Place]) -> None:
    few, many = places
    names = [names_of(places, one) for one in places]

    def count(response: Response) -> Response:
        if request.path == "/api/trust":
            response.headers["Bids"] = str(len(many.bids))
        return response

    many.made.office_app.after_request_funcs.setdefault(None, []).insert(0, count)
    try:
        with pytest.raises(AssertionError, match="/api/trust"):
            compare(office_answers(few, names[0]), office_answers(many, names[1]))
    finally:
        many.made.office_app.after_request_funcs[None].remove(count)


@pytest.mark.parametrize(
    ("few", "many"),
    [
        (b'{"bids":3}', b'{"bids":30}'),
        (b'{"bids":["aa"]}', b'{"bids":["aa","bb"]}'),
        (b'{"a":"x","b":"y"}', b'{"a":"y","b":"x"}'),
        (b'{"at":"2026-12-01T01:00:00.000Z"}', b'{"at":"2026-12-01T01:00:00.001Z"}'),
    ],
)
def test_the_comparison_would_see_a_count_an_order_or_a_time(few: bytes, many: bytes) -> None:
    kind = (("Content-Type", "application/json"),)
    assert Answer(200, kind, few).levelled() != Answer(200, kind, many).levelled()
    assert Answer(200, kind, few).levelled() != Answer(404, kind, few).levelled()


def test_the_comparison_overlooks_hashes_of_one_length_only() -> None:
    kind = (("Content-Type", "application/json"),)
    answers = [Answer(200, kind, json.dumps({"leaf": digits}).encode()) for digits in ("a" * 64, "b" * 64, "b" * 96)]
    assert answers[0].levelled() == answers[1].levelled()
    assert answers[0].levelled() != answers[2].levelled()
