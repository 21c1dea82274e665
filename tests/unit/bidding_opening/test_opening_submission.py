"""The box takes a submission that is in time, whole, rightly addressed and has a ticket, and says why not."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from bidding.submission import (
    MAX_SEQ,
    PARTS,
    BoxLot,
    Submission,
    Withdrawal,
    accept,
    accept_withdrawal,
    object_of,
    terms_hash,
)
from bidding.tickets import check_ticket, issued_for, parse_issuance
from ledger.basics import signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.sealed import blindrsa, content, tickets
from ledger.sealed.seal import Content, Seal
from tests.support.world import World
from tests.support.world_log import DEADLINE, LOT, MAX_BYTES, TENDER, Bid

SECOND = timedelta(seconds=1)
IN_TIME = DEADLINE - SECOND


@dataclass(frozen=True)
class Held:
    """What the box accepted last."""

    sha256: str
    seq: int
    kind: str


@cache
def world() -> World:
    return World(11)


@cache
def a_bid() -> Bid:
    return world().bid(world().party("p0"))


def box_lot(**changes: Any) -> BoxLot:
    kids = {part: world().keysets[part].kid.hex() for part in PARTS}
    lot = BoxLot(TENDER, LOT, "open", DEADLINE, world().terms, world().spki, kids, 5, MAX_BYTES)
    return replace(lot, **changes)


def uploads(bid: Bid) -> dict[str, int]:
    return {sha256: len(data) for sha256, data in bid.ciphertexts.items()}


def signed_again(bid: Bid, **changes: Json) -> Submission:
    """The bid's submission with members changed and signed anew by its key."""
    obj = {**dict(bid.submission.envelope["object"]), **changes}  # type: ignore[arg-type]  # an object, as parsed
    return Submission.parse(signing.sign("submission", obj, bid.key))


def why(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(Refusal) as caught:
        accept(*args, **kwargs)
    return caught.value.code


def test_a_whole_submission_in_time_is_accepted() -> None:
    assert accept(box_lot(), None, a_bid().submission, IN_TIME, uploads(a_bid())) == "new"


def test_its_hash_is_that_of_the_canonical_object() -> None:
    assert a_bid().sha256 == H(canonical(a_bid().submission.envelope["object"])).hex()


@pytest.mark.parametrize(("late", "code"), [(0 * SECOND, "submission.late"), (SECOND, "submission.late")])
def test_at_the_deadline_it_is_late(late: timedelta, code: str) -> None:
    assert why(box_lot(), None, a_bid().submission, DEADLINE + late, uploads(a_bid())) == code


def test_one_millisecond_before_the_deadline_it_is_in_time() -> None:
    now = DEADLINE - timedelta(milliseconds=1)
    assert accept(box_lot(), None, a_bid().submission, now, uploads(a_bid())) == "new"


def test_what_was_accepted_gets_its_receipt_again_even_late() -> None:
    held = Held(a_bid().sha256, 1, "submission")
    assert accept(box_lot(), held, a_bid().submission, DEADLINE + SECOND, {}) == "again"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lot": "lot-2"}, "submission.lot_unknown"),
        ({"tender": "t-2"}, "submission.lot_unknown"),
        ({"state": "waiting"}, "submission.not_open"),
        ({"state": "suspended"}, "submission.tender_suspended"),
        ({"state": "closed"}, "submission.late"),
        ({"terms": "00" * 32}, "submission.terms_stale"),
        ({"kids": {"identity": "00" * 32, "offer": "00" * 32}}, "submission.keyset_unknown"),
        ({"custodians": 7}, "submission.keyset_unknown"),
        ({"max_bytes": 1000}, "submission.too_big"),
    ],
)
def test_a_lot_that_is_not_the_one(changes: dict[str, Any], code: str) -> None:
    assert why(box_lot(**changes), None, a_bid().submission, IN_TIME, uploads(a_bid())) == code


def test_every_ciphertext_must_be_there_and_of_its_size() -> None:
    sizes = uploads(a_bid())
    for sha256 in sizes:
        assert why(box_lot(), None, a_bid().submission, IN_TIME, {**sizes, sha256: 1}) == "submission.size_differs"
        there = {name: size for name, size in sizes.items() if name != sha256}
        assert why(box_lot(), None, a_bid().submission, IN_TIME, there) == "submission.incomplete"


def test_a_form_no_header_needs_is_too_big() -> None:
    bid = a_bid()
    seals: dict[str, Json] = {part: bid.submission.seals[part].raw for part in PARTS}
    form: dict[str, Json] = {"size": content.MAX_FORM_SIZE + 1, "sha256": "00" * 32}
    seals["offer"] = {**bid.submission.seals["offer"].raw, "form": form}
    assert why(box_lot(), None, signed_again(bid, seals=seals), IN_TIME, uploads(bid)) == "submission.too_big"


def test_seq_rises_strictly_over_submissions_and_withdrawals() -> None:
    for held in (Held("00" * 32, 1, "submission"), Held("00" * 32, 2, "withdrawal")):
        assert why(box_lot(), held, a_bid().submission, IN_TIME, uploads(a_bid())) == "submission.seq_not_higher"
    higher = signed_again(a_bid(), seq=2)
    assert accept(box_lot(), Held(a_bid().sha256, 1, "submission"), higher, IN_TIME, uploads(a_bid())) == "new"


def test_no_key_sends_more_messages_than_the_closing_event_has_room_for() -> None:
    held = Held("00" * 32, MAX_SEQ - 2, "submission")
    last = signed_again(a_bid(), seq=MAX_SEQ - 1)
    assert accept(box_lot(), held, last, IN_TIME, uploads(a_bid())) == "new"
    beyond = signed_again(a_bid(), seq=MAX_SEQ)
    assert why(box_lot(), held, beyond, IN_TIME, uploads(a_bid())) == "submission.seq_too_high"
    # What stands can be taken back even then.
    held = Held(last.sha256, MAX_SEQ - 1, "submission")
    assert accept_withdrawal(box_lot(), held, world().withdrawal(a_bid(), MAX_SEQ), IN_TIME) == "new"
    with pytest.raises(Refusal, match=r"submission\.seq_too_high"):
        accept_withdrawal(box_lot(), held, world().withdrawal(a_bid(), MAX_SEQ + 1), IN_TIME)


@pytest.mark.parametrize("seq", [0, -1, True, "1"])
def test_seq_is_a_number_from_one(seq: Json) -> None:
    with pytest.raises(Refusal, match=r"submission\.malformed"):
        signed_again(a_bid(), seq=seq)


def test_a_ticket_belongs_to_one_bid_key() -> None:
    other = world().ticket(world().party("p1"))
    assert why(box_lot(), None, signed_again(a_bid(), ticket=other.to_json()), IN_TIME, uploads(a_bid())) == (
        "submission.ticket_invalid"
    )


def test_another_lots_ticket_is_called_that() -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 3072)
    spki = blindrsa.spki(key)
    secret = world().party("p0").secret
    request = tickets.request(secret, TENDER, LOT, spki)
    ticket = request.finalize(blindrsa.blind_sign(key, request.blinded))
    submission = signed_again(a_bid(), ticket=ticket.to_json())
    assert why(box_lot(), None, submission, IN_TIME, uploads(a_bid())) == "submission.ticket_invalid"
    assert why(box_lot(), None, submission, IN_TIME, uploads(a_bid()), [spki]) == "submission.ticket_other_lot"
    with pytest.raises(Refusal, match="ticket_other_lot"):
        check_ticket(world().spki, ticket, a_bid().submission.bid_key, [spki])


def test_terms_change_with_every_addendum() -> None:
    leaves = ["11" * 32, "22" * 32]
    assert terms_hash(leaves) != terms_hash(leaves[:1])
    assert terms_hash(leaves) == H(b"mingjing/terms/v1\0", canonical(leaves)).hex()


class TestParsing:
    def test_only_the_bid_key_itself_signs(self) -> None:
        envelope = signing.sign("submission", dict(a_bid().submission.envelope["object"]), world().dice.key())  # type: ignore[arg-type]  # an object, as parsed
        with pytest.raises(Refusal, match=r"signature\.wrong_key"):
            Submission.parse(envelope)

    def test_another_types_signature_does_not_serve(self) -> None:
        obj: dict[str, Json] = dict(a_bid().submission.envelope["object"])  # type: ignore[arg-type]  # an object, as parsed
        with pytest.raises(Refusal, match=r"signature\.invalid"):
            Submission.parse(signing.sign("withdrawal", obj, a_bid().key))

    @pytest.mark.parametrize("member", ["tender", "lot", "bid_key", "ticket", "seq", "terms", "seals"])
    def test_no_member_may_be_missing(self, member: str) -> None:
        obj: dict[str, Any] = dict(a_bid().submission.envelope["object"])  # type: ignore[arg-type]  # an object, as parsed
        del obj[member]
        with pytest.raises(Refusal, match=r"canonical\.missing_member"):
            Submission.parse(signing.sign("submission", obj, a_bid().key))

    def test_no_member_may_be_added(self) -> None:
        with pytest.raises(Refusal, match=r"canonical\.unknown_member"):
            signed_again(a_bid(), remark="hello")

    def test_both_parts_are_sealed_and_no_third(self) -> None:
        seals: dict[str, Json] = {part: a_bid().submission.seals[part].raw for part in PARTS}
        for changed in ({"identity": seals["identity"]}, {**seals, "technical": seals["offer"]}):
            with pytest.raises(Refusal, match=r"canonical\.(missing|unknown)_member"):
                signed_again(a_bid(), seals=changed)

    def test_capsules_and_checks_are_as_many(self) -> None:
        raw = a_bid().submission.seals["offer"].raw
        checks = raw["checks"]
        assert isinstance(checks, list)
        seals: dict[str, Json] = {"identity": a_bid().submission.seals["identity"].raw}
        with pytest.raises(Refusal, match=r"submission\.malformed"):
            signed_again(a_bid(), seals={**seals, "offer": {**raw, "checks": checks[1:]}})

    def test_the_object_a_client_makes_is_read_again(self) -> None:
        bid = a_bid()
        seals: dict[str, Seal] = {part: bid.submission.seal(world().keysets[part]) for part in PARTS}
        sub = bid.submission
        assert object_of(TENDER, LOT, sub.bid_key, sub.ticket, 1, sub.terms, seals) == sub.envelope["object"]
        assert [name for name, _, _ in sub.contents()] == ["identity", "identity", "offer", "offer"]
        assert all(isinstance(named, Content) for _, _, named in sub.contents())

    def test_a_seal_to_another_key_set_is_not_of_this_part(self) -> None:
        with pytest.raises(Refusal, match=r"sealed\.wrong_keyset"):
            a_bid().submission.seal(World(12).keysets["offer"])


class TestWithdrawing:
    def test_a_bid_is_taken_back_before_the_deadline(self) -> None:
        withdrawal = world().withdrawal(a_bid(), 2)
        held = Held(a_bid().sha256, 1, "submission")
        assert accept_withdrawal(box_lot(), held, withdrawal, IN_TIME) == "new"
        assert accept_withdrawal(box_lot(state="suspended"), held, withdrawal, IN_TIME) == "new"
        assert accept_withdrawal(box_lot(), Held(withdrawal.sha256, 2, "withdrawal"), withdrawal, DEADLINE) == "again"

    @pytest.mark.parametrize(
        ("held", "seq", "now", "code"),
        [
            (None, 1, IN_TIME, "submission.nothing_to_withdraw"),
            (Held("00" * 32, 2, "withdrawal"), 3, IN_TIME, "submission.nothing_to_withdraw"),
            (Held("00" * 32, 2, "submission"), 2, IN_TIME, "submission.seq_not_higher"),
            (Held("00" * 32, 2, "submission"), 3, DEADLINE, "submission.late"),
        ],
    )
    def test_but_not_what_is_not_there_and_not_later(self, held: Held | None, seq: int, now: Any, code: str) -> None:
        with pytest.raises(Refusal) as caught:
            accept_withdrawal(box_lot(), held, world().withdrawal(a_bid(), seq), now)
        assert caught.value.code == code

    def test_nobody_else_withdraws_it(self) -> None:
        sub = a_bid().submission
        obj: dict[str, Json] = {"tender": TENDER, "lot": LOT, "bid_key": sub.bid_key, "seq": 2}
        with pytest.raises(Refusal, match=r"signature\.wrong_key"):
            Withdrawal.parse(signing.sign("withdrawal", obj, world().dice.key()))


class TestIssuance:
    def test_a_ticket_is_found_back_by_its_blind_seed(self) -> None:
        org = world().party("p0")
        public = world().issued("p0")
        issuance = parse_issuance(public, tender=TENDER, lot=LOT, seal_key=org.party.seal_key)
        seed = world().request(org).blind_seed.hex()
        assert issued_for(world().spki, world().ticket(org), seed, issuance)
        assert not issued_for(world().spki, world().ticket(org), "00" * 32, issuance)
        assert not issued_for(world().spki, world().ticket(world().party("p1")), seed, issuance)

    def test_the_organisations_seal_asked_for_it(self) -> None:
        other = world().party("p1").party.seal_key
        with pytest.raises(Refusal, match=r"signature\.wrong_key"):
            parse_issuance(world().issued("p0"), tender=TENDER, lot=LOT, seal_key=other)

    def test_and_for_this_lot(self) -> None:
        org = world().party("p0")
        with pytest.raises(Refusal, match="issuance_other_lot"):
            parse_issuance(world().issued("p0"), tender=TENDER, lot="lot-2", seal_key=org.party.seal_key)


def test_the_bytes_of_a_submission_are_its_canonical_ones() -> None:
    envelope = a_bid().submission.envelope
    data = canonical(envelope)
    assert Submission.read(data) == Submission.parse(envelope)
    again = {name: envelope[name] for name in ("signature", "object", "key")}
    others = (
        data + b"\n",
        data.replace(b",", b", ", 1),
        data.replace(b'{"key"', b'{"key":"","key"'),
        json.dumps(again, separators=(",", ":")).encode(),
    )
    for other in others:
        with pytest.raises(Refusal, match="not_canonical"):
            Submission.read(other)
