"""The page of a lot: as long as anybody reads, however long the answers are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bidding.procedures import listing
from evaluation.rules import templates
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.events import Event
from tests.support.stored import stored
from web.public import result

AT = datetime(2026, 12, 1, tzinfo=UTC)


def page_of(answers: list[dict[str, Json]]) -> result.LotPage:
    """The page of a lot whose bids answered so."""
    documents: dict[str, bytes] = {}
    row: dict[str, Any] = {"lot": "lot-1", "title": {"zh": "一", "en": "One"}, "ceiling_fen": 0}
    for name, document in zip(("rules", "form"), templates.load("lowest-price"), strict=True):
        row[name], documents[H(canonical(document)).hex()] = H(canonical(document)).hex(), canonical(document)
    keys = [H(b"bid %d" % number).hex() for number in range(len(answers))]
    bids: list[Json] = [
        {"submission": key, "bid_key": key, "state": "counted", "reason": {}, "parties": []} for key in keys
    ]
    opened: list[Json] = []
    for key, given in zip(keys, answers, strict=True):
        sha256, documents[sha256] = listing.document({"answers": given, "files": []})
        opened.append({"submission": key, "bid_key": key, "state": "opened", "reason": {}, "offer": sha256})
    wholes: list[tuple[str, dict[str, Json]]] = [
        ("lot.announced", {"bids": bids, "counted": len(bids), "failed": False}),
        ("lot.offers_opened", {"bids": opened}),
    ]
    events = []
    for version, (type_, whole) in enumerate(wholes, 1):
        made = listing.body(type_, whole)
        documents |= made.documents
        events.append(Event("lot/t-1/lot-1", version, type_, AT, "worker", made.public))
    return result.lot_page(row, events, "offers_opened", stored(documents), lambda _uscc, _lang: "", "en")


def test_answers_are_shown_and_their_document_is_named() -> None:
    page = page_of([{"price": "800000"}, {"price": "900000"}])
    assert {row.price for row in page.rows} == {"800,000.00", "900,000.00"}
    assert all(row.state == "opened" and row.answers and len(row.offer) == 64 for row in page.rows)


def test_answers_too_long_for_a_page_are_left_to_their_document() -> None:
    page = page_of([{"price": "800000", "note": "x" * 20_000}, {"price": "900000"}])
    shown = {row.price: (bool(row.answers), len(row.offer)) for row in page.rows}
    assert shown == {"800,000.00": (False, 64), "900,000.00": (True, 64)}


def test_so_are_those_that_come_after_a_page_is_full() -> None:
    page = page_of([{"price": "800000", "note": "x" * 16_000} for _ in range(80)])
    assert 60 < sum(bool(row.answers) for row in page.rows) < 70
    assert len({row.bid_key for row in page.rows}) == 80
