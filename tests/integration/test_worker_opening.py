"""What can go wrong around an opening, and goes right all the same: no hand but the institutions' is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bidding.acts.make_objection import body as objection_body
from bidding.procedures import listing
from bidding.store import openings
from bidding.store.tables import tenders
from ledger.basics import clock
from ledger.basics.canonical import canonical
from ledger.store import tables as ledger
from ledger.store.engine import reading
from tests.support.town import INTERVAL, LOT, START, Sealed, Town, code, town
from web import check
from web.worker import Worker, loop

DEADLINE = START + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, sqlite_url) as made:
        made.enrol()
        yield made


def problems(place: Town) -> list[str]:
    return [f"{one.code} {dict(one.params)}" for one in check.run(place.services.engine, place.config).problems]


def kinds(place: Town) -> list[str]:
    return place.types(f"lot/{place.tender}/{LOT}")


def public(place: Town, type_: str) -> dict[str, Any]:
    """The payload of the last disclosed event of a type in the lot, its list in place."""
    return place.whole(f"lot/{place.tender}/{LOT}", type_)


def test_withdrawn_replaced_and_late_bids_and_a_lost_form_and_file(place: Town) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    sealed = {name: place.bid(name, price) for name, price in (("ann", "800000"), ("bob", "900000"))}
    again = place.bid("ann", "850000", seq=2)
    place.bid("cid", "1000000")
    gone = place.bid("dan", "700000")
    assert place.withdraw(gone, 2).status_code == 201
    late = place.seal(place.bidder("eve"))
    place.asleep = set(place.custodians)
    place.until(DEADLINE)
    refusal = place.call_box(late, "POST", "/box/submissions", canonical(late.envelope))
    assert code(refusal) == "submission.late"
    roll = public(place, "lot.closed")["roll"]
    assert sealed["ann"].sha256 not in roll["submissions"]
    assert gone.sha256 not in roll["submissions"]
    assert {again.sha256, sealed["bob"].sha256} < set(roll["submissions"])
    assert place.get(f"/api/submissions/{again.sha256}")["object"]["seq"] == 2
    # Custodians keep their copies of the forms and answer; then the platform loses a form and a file.
    place.asleep = set()
    for custodian in place.custodians.values():
        custodian.step()
    forms = [row["sha256"] for row in public(place, "lot.present")["ciphertexts"] if row["kind"] == "form"]
    lost = forms[0]
    for folder in (place.services.forms.path(lost), place.blobs.root / "whole" / lost[:2] / lost):
        folder.unlink()
    files = again.envelope["object"]["seals"]["offer"]["files"]["sha256"]
    path = place.blobs.root / "whole" / str(files)[:2] / str(files)
    data = path.read_bytes()
    path.unlink()
    place.settle()
    assert place.services.forms.intact(lost)
    assert kinds(place)[-1] == "release.recorded"
    assert "lot.offers_opened" not in kinds(place)
    # Files come back from their bidder alone.
    supplied = place.call_box(again, "PUT", f"/box/files/{files}", data)
    assert supplied.status_code == 204, supplied.text
    place.settle()
    assert kinds(place)[-1] == "lot.offers_opened"
    opened = {row["bid_key"]: row["answers"]["price"] for row in public(place, "lot.offers_opened")["bids"]}
    assert sorted(opened.values()) == ["1000000", "850000", "900000"]
    answer_the_objection(place, again)
    assert place.types(f"tender/{place.tender}")[-1] == "tender.accounted"
    assert len(place.events(f"issuance/{place.tender}/{LOT}")) == 5
    assert problems(place) == []
    every_list_is_missed(place)


def every_list_is_missed(place: Town) -> None:
    """What an event names instead of saying is looked for by `mingjing check`."""
    stream, said = f"lot/{place.tender}/{LOT}", dict[str, str]()
    for one in place.events(stream):
        if one["type"] in listing.MEMBERS:
            said[one["type"]] = one["public"][listing.MEMBERS[one["type"]]]
    assert said.keys() == listing.MEMBERS.keys()
    offer = public(place, "lot.offers_opened")["bids"][0]["offer"]
    for sha256 in (*said.values(), offer):
        path = place.services.documents.path(sha256)
        data = path.read_bytes()
        path.unlink()
        assert problems(place) == [f"check.file {{'sha256': '{sha256}'}}"]
        path.write_bytes(data)
    assert problems(place) == []


def answer_the_objection(place: Town, bidder: Sealed) -> None:
    # An objection on the spot stops everything until it is answered; then the evaluation goes on by itself.
    text = objection_body(place.tender, LOT, "opening", "The sheet misses our discount.")
    assert place.call_box(bidder, "POST", "/box/objections", canonical(text)).status_code == 201
    place.tick()
    place.wait(2 * MINUTE)
    assert "lot.evaluated" not in kinds(place)
    (made,) = [one for one in place.events(f"tender/{place.tender}") if one["type"] == "objection.made"]
    answer = {"objection": made["public"]["objection"], "text": "There was none in it.", "upheld": False}
    assert place.act("tenderee", "objection.answered", f"tender/{place.tender}", answer).status_code == 201
    place.wait(MINUTE)
    assert kinds(place)[-1] == "lot.candidates_published"
    place.wait(MINUTE)
    assert kinds(place)[-1] == "lot.awarded"


def test_too_few_custodians_block_an_opening_until_one_is_back(place: Town) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    for name, price in (("ann", "800000"), ("bob", "900000"), ("cid", "1000000")):
        place.bid(name, price)
    place.asleep = {"custodian-1", "custodian-2"}
    place.until(DEADLINE)
    place.wait(MINUTE)
    place.wait(MINUTE)
    assert public(place, "lot.blocked") == {"part": "coin", "have": 1, "need": 2}
    assert "等待托管机构" in place.ask("GET", f"/tenders/{place.tender}").text
    place.asleep = {"custodian-1"}
    place.wait(MINUTE)
    place.wait(MINUTE)
    assert kinds(place)[-1] == "lot.candidates_published"
    # The third comes last: what it answers is recorded and changes nothing.
    before = public(place, "lot.evaluated")
    place.asleep = set()
    place.wait(MINUTE)
    assert kinds(place).count("release.recorded") == 9
    assert public(place, "lot.evaluated") == before
    assert problems(place) == []


def test_two_bids_open_nothing(place: Town) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    for name, price in (("ann", "800000"), ("bob", "900000")):
        place.bid(name, price)
    place.until(DEADLINE)
    place.wait(MINUTE)
    assert kinds(place)[-2:] == ["lot.closed", "lot.failed"]
    assert public(place, "lot.failed")["reason"]["code"] == "lot.too_few_bids"
    # Whoever registers only now is nobody in this lot: custodians and verifiers draw the line at the closing, too.
    early, late = place.bidder("ann").party, place.bidder("zoe").party
    place.settle()
    with reading(place.services.engine) as conn:
        closed = openings.closed_at(conn, place.tender, LOT)
        assert openings.registered(conn, closed, early) is not None
        assert openings.registered(conn, closed, late) is None
        assert openings.registered(conn, closed, "nobody") is None
    assert not any("released" in line for line in place.said)
    assert place.types(f"tender/{place.tender}")[-1] == "tender.accounted"
    page = place.ask("GET", f"/tenders/{place.tender}?lang=en").text
    assert "Why it failed" in page
    assert problems(place) == []


def test_an_addendum_that_moves_the_deadline_moves_the_opening_too(place: Town) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    early = place.bid("ann", "800000")
    later = DEADLINE + timedelta(minutes=10)
    addendum = {
        "number": 1,
        "text": {"zh": "澄清", "en": "A clarification"},
        "affects_bids": True,
        "deadline": clock.text(later),
        "documents": [],
    }
    assert place.act("tenderee", "addendum.issued", f"tender/{place.tender}", addendum).status_code == 201
    stale = place.seal(place.bidder("bob"), "900000")
    place.tick(3)
    assert place.types(f"tender/{place.tender}").count("postponement.recorded") == 3
    fresh = place.seal(place.bidder("bob"), "900000")
    if fresh.envelope["object"]["terms"] != stale.envelope["object"]["terms"]:
        assert code(place.submit(stale)) == "submission.terms_stale"
    assert place.submit(fresh).status_code == 201
    place.bid("cid", "1000000")
    place.until(DEADLINE + MINUTE)
    assert "lot.closed" not in kinds(place)
    place.until(later + MINUTE)
    assert kinds(place)[-1] == "lot.offers_opened"
    assert early.sha256 in public(place, "lot.closed")["roll"]["submissions"]
    assert problems(place) == []


def test_a_suspended_tender_takes_no_bid_and_closes_nothing(place: Town) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    subject, sealed = f"tender/{place.tender}", place.seal(place.bidder("ann"))
    for person, status in (("tenderee", 202), ("supervisor", 201)):
        assert place.act(person, "tender.suspended", subject, {"reason": "a complaint"}).status_code == status
    place.tick(2)
    refusal = place.call_box(sealed, "POST", "/box/submissions", canonical(sealed.envelope))
    assert code(refusal) == "submission.tender_suspended"
    place.until(DEADLINE)
    place.wait(5 * MINUTE)
    assert "lot.closed" not in kinds(place)
    for person, status in (("tenderee", 202), ("supervisor", 201)):
        done = place.act(person, "tender.terminated", subject, {"reason": "the complaint was right"})
        assert done.status_code == status
    place.settle()
    assert place.types(subject)[-2:] == ["tender.terminated", "tender.accounted"]
    assert problems(place) == []


def test_a_worker_that_dies_after_every_transaction_ends_where_another_does(
    place: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is gone after each commit, and a new one starts: nothing is lost and nothing done twice."""

    class Killed(BaseException):
        """What a kill leaves: nothing runs after it."""

    place.publish(DEADLINE)
    place.open_tickets()
    for name, price in (("ann", "800000"), ("bob", "900000"), ("cid", "1000000")):
        place.bid(name, price)
    place.clock.at += INTERVAL
    place.tick()
    left = [0]

    class Mortal(Worker):
        """Dies after a part that wrote something, as long as deaths are left."""

        def _guard(self, name: str, work: Callable[[], None]) -> None:
            before = place._written()
            super()._guard(name, work)
            if left[0] and place._written() != before:
                left[0] -= 1
                raise Killed

    def dying(_: Worker) -> None:
        while True:
            try:
                step(Mortal(place.worker_services))
            except Killed:
                continue
            return

    step = loop.Worker.step
    monkeypatch.setattr(loop.Worker, "step", dying)
    for at in (DEADLINE, DEADLINE + MINUTE, DEADLINE + 2 * MINUTE, DEADLINE + 3 * MINUTE):
        left[0] = 10
        place.until(at)
    counts = {one: kinds(place).count(one) for one in set(kinds(place))}
    assert counts.pop("contribution.recorded") == 3
    assert counts.pop("release.recorded") == 9
    assert set(counts.values()) == {1}
    assert kinds(place)[-1] == "lot.awarded"
    assert problems(place) == []


def test_check_finds_what_somebody_changed_behind_the_ledger_s_back(place: Town) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    place.bid("ann", "800000")
    place.wait(MINUTE)
    assert problems(place) == []
    engine = place.services.engine
    with engine.begin() as conn:
        conn.execute(tenders.update().values(title_zh="另一个标题"))
    assert [one.split()[0] for one in problems(place)] == ["check.projection"]
    with engine.begin() as conn:
        conn.execute(ledger.events.update().where(ledger.events.c.stream == "log").values(salt=b"\x00" * 32))
    assert {one.split()[0] for one in problems(place)} == {"check.projection", "check.leaf", "check.slot"}
    with engine.begin() as conn:
        conn.execute(ledger.entries.update().where(ledger.entries.c.idx == 0).values(bytes=b"\x00" * 32))
    found = {one.split()[0] for one in problems(place)}
    assert {"check.tree", "check.checkpoint"} <= found
    shelf = place.services.documents
    notice = place.events(f"tender/{place.tender}")[1]["public"]["notice"]
    shelf.path(notice["documents"][0]["sha256"]).unlink()
    assert "check.file" in {one.split()[0] for one in problems(place)}
