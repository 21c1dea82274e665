"""No lot stops because an event is too long: MAX_BIDS bids of the longest kind pass every event of a lot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import pytest

from bidding import offers, opening, presence, roll
from bidding.form import check_form
from bidding.offers import Offer
from bidding.opening import Identity
from bidding.parties import Party
from bidding.procedures import listing, payloads
from bidding.procedures.listing import Body
from bidding.roll import Minute, Witnessed
from bidding.sealed_lot import SealedLot
from bidding.statement import MAX_PARTIES, Signed
from bidding.submission import MAX_A_MINUTE, MAX_BIDS, MAX_SEQ, PARTS, Submission
from ledger.basics.canonical import MAX_BYTES, MAX_DOCUMENT, MAX_INT, Json, canonical
from ledger.basics.hashing import H
from ledger.events import Event, commitment
from ledger.sealed.header import Header, parse_header
from ledger.sealed.release import Release, sign_release
from tests.support.stored import stored
from tests.support.world import World
from tests.support.world_log import LOT, TENDER

# Some more than the box lets in: two that are the last at the same moment both are.
COUNT: Final = MAX_BIDS + 64
NOW: Final = datetime(2026, 12, 1, tzinfo=UTC)
HASHES: Final = sorted(H(b"bid %d" % number).hex() for number in range(COUNT))
LONGEST_ID: Final = "q" * 64


def fits(type_: str, body: Body) -> dict[str, Any]:
    """The event is no longer than an event may be, its documents no longer than those; gives it whole, as it is."""
    event = Event(f"lot/{'t' * 60}/{'l' * 60}", 1_000_000, type_, NOW, "w" * 60, body.public)
    payloads.check_event(event)
    assert len(event.encode()) <= MAX_BYTES
    assert all(len(data) <= MAX_DOCUMENT for data in body.documents.values())
    return listing.whole(type_, event.public, stored(body.documents))


@cache
def world() -> World:
    return World(61)


@cache
def submission() -> Submission:
    return world().bid(world().party("p")).submission


def test_the_closing_with_every_message_of_every_key_in_a_minute_of_its_own() -> None:
    seen = Witnessed(MAX_INT, NOW)
    minutes = [Minute(1_000_000 + number, NOW, (one,), (), seen) for number, one in enumerate(HASHES)]
    made = roll.closed_body(roll.roll_object(TENDER, LOT, HASHES), minutes)
    assert len(fits("lot.closed", made)["minutes"]) == COUNT
    # One message of each is in it; there are fifty of each.
    (listed,) = made.documents.values()
    assert len(listed) * MAX_SEQ <= MAX_DOCUMENT


def test_a_minute_in_which_every_key_sends_all_it_may() -> None:
    sent = [H(b"message %d" % number).hex() for number in range(COUNT * MAX_A_MINUTE)]
    value = roll.minute_value("t" * 60, "l" * 60, sent[:COUNT], sent[COUNT:])
    assert len(canonical(value)) <= MAX_BYTES
    assert commitment(bytes(32), value)


def test_presence_of_every_ciphertext() -> None:
    bids = [replace(submission(), sha256=sha256) for sha256 in HASHES]
    whole = fits("lot.present", presence.present_body(bids, set()))
    assert len(whole["ciphertexts"]) == COUNT * 4
    presence.check_present({"ciphertexts": whole["ciphertexts"]}, bids)


@pytest.mark.parametrize("part", ["identity", "offer"])
def test_a_release_that_answers_for_every_bid(part: str) -> None:
    answers = {(bytes.fromhex(sha256), bytes(16)): bytes(32) for sha256 in HASHES}
    made = Release(bytes(32), bytes(32), MAX_INT, bytes(32), "2026-12-01T00:00:00.000Z", dict(answers))
    envelope = sign_release(made, world().dice.key())
    fits("release.recorded", Body({"custodian": "c" * 64, "part": part, "release": envelope}))
    assert Release.parse(envelope["object"]) == made


@cache
def asking() -> SealedLot:
    """A lot whose form asks for the longest of everything, so that the longest reasons can be given."""
    title = {"zh": "题", "en": "A question"}
    choices = [{"value": f"{number:03d}{'c' * 61}", "title": title} for number in range(100)]
    chosen = {"id": LONGEST_ID, "kind": "choice", "title": title, "required": True, "choices": choices}
    texts = [
        {"id": f"t{number}", "kind": "text", "title": title, "required": False, "max_length": 10_000}
        for number in range(150)
    ]
    form: dict[str, Any] = {"v": 1, "id": "longest", "version": 1, "parts": {"identity": [chosen], "offer": [chosen]}}
    form["parts"]["offer"] = [{**chosen, "id": "p" * 64}, *texts]
    return replace(world().sealed_lot(), form=check_form(form))


def header(part: str, answers: dict[str, Json]) -> Header:
    """A header as it comes out of a form."""
    raw: dict[str, Json] = {"part": part, "salt": "00" * 32, "form": answers, "files": [], "client": {"tool": "t"}}
    if part == "identity":
        raw |= {"statement": {}, "signatures": []}
    return parse_header(canonical(raw), part)


def test_the_announcement_of_the_largest_joint_bids_out_for_the_longest_reasons() -> None:
    why = opening.answers_reason(asking(), header("identity", {LONGEST_ID: "none of them"}))
    assert why is not None
    assert len(canonical(why.public())) > 100 * 64
    party = Party("p", "91350100MA0000000X", {"zh": "单位", "en": "O"}, "00" * 32, "r", "11" * 32, ())
    parties = tuple(Signed(party, "member", "99.99", certified=True) for _ in range(MAX_PARTIES))
    bids = [Identity(sha256, sha256, "rejected", why, parties) for sha256 in HASHES]
    whole = fits("lot.announced", opening.announced(asking(), bids))
    assert [row["submission"] for row in whole["bids"]] == HASHES


def test_the_opening_of_offers_that_are_all_out_for_the_longest_reasons() -> None:
    odd = header("offer", {"p" * 64: "none of them"})
    found = [Offer(Identity(sha256, sha256, "counted"), b"s" * 32, odd) for sha256 in HASHES]
    made = offers.open_offers(asking(), found, {(sha256, part): None for sha256 in HASHES for part in PARTS})
    assert isinstance(made, Body)
    whole = fits("lot.offers_opened", made)
    assert {(row["state"], row["reason"]["code"]) for row in whole["bids"]} == {("rejected", "form.not_a_choice")}


def test_the_opening_of_offers_of_which_one_answers_as_long_as_a_header_can() -> None:
    good = next(question.choices[0] for question in asking().form.parts["offer"] if question.kind == "choice")
    short = header("offer", {"p" * 64: good})
    texts: dict[str, Json] = {f"t{number}": "x" * 10_000 for number in range(104)}
    long = header("offer", {"p" * 64: good, **texts})
    assert len(canonical(long.raw)) > MAX_BYTES * 99 // 100
    found = [
        Offer(Identity(sha256, sha256, "counted"), b"s" * 32, long if sha256 == HASHES[7] else short)
        for sha256 in HASHES
    ]
    made = offers.open_offers(asking(), found, {(sha256, part): None for sha256 in HASHES for part in PARTS})
    assert isinstance(made, Body)
    whole = fits("lot.offers_opened", made)
    assert {row["state"] for row in whole["bids"]} == {"opened"}
    shown = listing.offer(whole["bids"][7], stored(made.documents))
    assert shown == {"answers": long.form, "files": []}


def test_the_longest_ranking_and_the_largest_candidates() -> None:
    ranking: list[Json] = [{"rank": COUNT, "bid_key": sha256, "total": "9" * 64} for sha256 in HASHES]
    evaluated: dict[str, Json] = {
        "report": "00" * 32,
        "rules": "00" * 32,
        "failed": False,
        "ranking": ranking,
        "candidates": list[Json](HASHES[:100]),
    }
    fits("lot.evaluated", Body(evaluated))
    parties: list[Json] = [{"uscc": "91350100MA0000000X", "role": "member", "share": "99.99"}] * MAX_PARTIES
    rows: list[Json] = [
        {"rank": COUNT, "bid_key": sha256, "parties": parties, "price_fen": MAX_INT, "total": "9" * 64}
        for sha256 in HASHES[:100]
    ]
    until = (NOW + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    fits("lot.candidates_published", Body({"candidates": rows, "until": until}))
