"""Whose the bids are: void without proof, rejected by the articles, counted otherwise; fewer than three left fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from bidding import opening
from bidding.exclusions import excluded
from bidding.procedures import listing
from bidding.procedures.listing import Body
from bidding.profiles.profile import Exclusion
from bidding.sealed_lot import SealedLot
from bidding.statement import Signed
from bidding.verdicts import Waiting
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Refusal
from ledger.sealed.content import Ciphertext
from ledger.sealed.header import read_header
from tests.support.stored import stored
from tests.support.world import World, reasons, states
from tests.support.world_bids import broken_capsule
from tests.support.world_log import Bid, Org


def announced(make: Callable[[World], list[Bid]], **present: Any) -> tuple[World, list[Bid], dict[str, Any]]:
    """A world of these bids and four plain ones, announced; the plain ones come last."""
    world = World(41)
    bids = make(world)
    bids += [world.bid(world.party(f"plain{number}")) for number in range(4)]
    world.close(bids)
    world.present(**present)
    world.release("coin")
    world.release("identity")
    world.coefficients()
    return world, bids, world.announce()


def state_of(body: Mapping[str, Any], bid: Bid) -> tuple[str, str, str]:
    row = next(row for row in body["bids"] if row["submission"] == bid.sha256)
    return row["state"], row["reason"].get("code", ""), row["reason"].get("article", "")


def test_signed_bids_are_counted_and_named_in_the_order_of_the_roll() -> None:
    world, bids, body = announced(lambda _world: [])
    assert [row["submission"] for row in body["bids"]] == sorted(bid.sha256 for bid in bids)
    assert set(states(body).values()) == {"counted"}
    assert (body["counted"], body["failed"]) == (4, False)
    row = next(row for row in body["bids"] if row["submission"] == bids[0].sha256)
    assert row["parties"] == [{"uscc": world.party("plain0").party.uscc, "role": "lead", "share": "100"}]
    assert row["bid_key"] == bids[0].submission.bid_key


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        ({"sign": lambda _made, _who: {}}, ("void", "statement.unsigned", "实施条例第51条第1项")),
        ({"edit_seal": broken_capsule(2)}, ("void", "bid.seal_void", "电子招标投标办法第31条")),
        ({"edit_plain": lambda _part, plain: plain[:-1]}, ("void", "bid.form_void", "电子招标投标办法第31条")),
        (
            {"edit_statement": lambda made: {**made, "blind_seed": "00" * 32}},
            ("void", "bid.ticket_of_another", ""),
        ),
        (
            {"edit_header": lambda part, header: {**header, "part": "offer"} if part == "identity" else header},
            ("void", "bid.form_void", "电子招标投标办法第31条"),
        ),
        (
            {"edit_header": lambda _part, header: {**header, "form": {"price": "1"}}},
            ("rejected", "form.unknown_question", "实施条例第51条第6项"),
        ),
    ],
    ids=["unsigned", "broken capsule", "not canonical", "another's ticket", "another part", "unasked answers"],
)
def test_a_bid_that_cannot_be_proven_is_void(spoil: dict[str, Any], expected: tuple[str, str, str]) -> None:
    _, bids, body = announced(lambda world: [world.bid(world.party("odd"), **spoil)])
    assert state_of(body, bids[0]) == expected
    assert body["counted"] == 4
    if expected[0] == "void":
        assert next(row for row in body["bids"] if row["submission"] == bids[0].sha256)["parties"] == []


def test_a_joint_bid_without_its_agreement_is_void_by_its_own_article() -> None:
    files: dict[str, dict[str, bytes]] = {"identity": {}, "offer": {}}
    _, bids, body = announced(lambda world: [world.bid(world.party("a"), world.party("b"), files=files)])
    assert state_of(body, bids[0]) == ("void", "statement.no_agreement", "实施条例第51条第2项")


def test_a_ticket_that_the_platform_minted_for_itself_is_nobodys() -> None:
    """The issuer can sign what it likes; without an organisation's signed request the bid is void."""

    def make(world: World) -> list[Bid]:
        org = world.party("odd", registered=False)
        world.record("party/odd", "party.registered", org.public())
        return [world.bid(org)]

    _, bids, body = announced(make)
    assert state_of(body, bids[0])[:2] == ("void", "bid.ticket_of_another")


def test_a_bid_that_lost_a_ciphertext_is_withdrawn() -> None:
    world = World(41)
    bids = [world.bid(world.party(f"plain{number}")) for number in range(4)]
    world.close(bids)
    world.present(missing={bids[0].submission.seals["offer"].files.sha256.hex()})
    world.release("identity")
    body = world.announce()
    assert state_of(body, bids[0]) == ("withdrawn", "bid.lost", "电子招标投标办法第31条")
    assert body["counted"] == 3
    assert bids[0].sha256 not in world.seals("identity")


def test_a_form_that_asks_nothing_of_a_part_takes_no_answers_to_it() -> None:
    world, bids, _ = announced(lambda _world: [])
    lot = world.sealed_lot()
    silent = replace(lot, form=replace(lot.form, parts={"offer": lot.form.parts["offer"]}))
    header = read_header(bids[0].headers["identity"], "identity")
    assert opening.answers_reason(silent, header) is None
    reason = opening.answers_reason(silent, replace(header, form={"price": "1"}))
    assert reason is not None
    assert reason.code == "bid.unasked"


class TestExclusions:
    def test_one_organisation_alone_and_as_a_member_has_both_bids_rejected(self) -> None:
        def make(world: World) -> list[Bid]:
            return [world.bid(world.party("a")), world.bid(world.party("b"), world.party("a"))]

        _, bids, body = announced(make)
        for bid in bids[:2]:
            assert state_of(body, bid) == ("rejected", "bid.same_organisation", "实施条例第37条、第51条")
        assert body["counted"] == 4

    def test_bidders_with_one_person_in_charge_are_rejected(self) -> None:
        def make(world: World) -> list[Bid]:
            return [world.bid(world.party(name, ref="same-person")) for name in ("a", "b")]

        _, bids, body = announced(make)
        assert {state_of(body, bid)[1:] for bid in bids[:2]} == {("bid.same_person", "实施条例第34条")}

    def test_a_holder_and_the_one_it_holds_are_rejected(self) -> None:
        def make(world: World) -> list[Bid]:
            held = world.party("held")
            return [world.bid(held), world.bid(world.party("holder", holds=[held.party.uscc]))]

        _, bids, body = announced(make)
        assert {state_of(body, bid)[1:] for bid in bids[:2]} == {("bid.holding", "实施条例第34条")}

    def test_holder_and_held_may_bid_together(self) -> None:
        def make(world: World) -> list[Bid]:
            held = world.party("held")
            return [world.bid(world.party("holder", holds=[held.party.uscc]), held)]

        _, bids, body = announced(make)
        assert state_of(body, bids[0])[0] == "counted"

    def test_an_unsigned_bid_harms_nobody_whom_it_names(self) -> None:
        """Else anybody could have a rival rejected by naming it."""

        def make(world: World) -> list[Bid]:
            a, b = world.party("a"), world.party("b")

            def without_a(made: dict[str, Json], who: Org) -> dict[str, Json]:
                return world.signatures(made, who) if who is b else {}

            return [world.bid(a), world.bid(b, a, sign=without_a)]

        _, bids, body = announced(make)
        assert [state_of(body, bid)[0] for bid in bids[:2]] == ["counted", "void"]

    def test_every_rule_looks_at_all_bids_and_the_first_names_the_reason(self) -> None:
        def make(world: World) -> list[Bid]:
            a = world.party("a", ref="same-person")
            return [world.bid(a), world.bid(world.party("b"), a), world.bid(world.party("c", ref="same-person"))]

        _, bids, body = announced(make)
        assert [state_of(body, bid)[1] for bid in bids[:3]] == [
            "bid.same_organisation",
            "bid.same_organisation",
            "bid.same_person",
        ]

    def test_a_profile_without_a_rule_does_not_apply_it(self) -> None:
        world = World(42)
        parties = {f"{n}" * 64: (Signed(world.party(n, ref="one").party, "lead", "100", False),) for n in "ab"}
        assert len(excluded(parties, [Exclusion("same_person", "x")])) == 2
        assert excluded(parties, [Exclusion("holding", "x"), Exclusion("same_organisation", "x")]) == {}


class TestTooFew:
    def test_two_left_after_exclusion_fails_and_no_offer_opens(self) -> None:
        world = World(43)
        a = world.party("a")
        bids = [
            world.bid(a),
            world.bid(world.party("b"), a),
            *(world.bid(world.party(name)) for name in ("c", "d")),
        ]
        world.close(bids)
        world.present()
        world.release("identity")
        body = world.announce()
        assert (body["counted"], body["failed"]) == (2, True)
        assert world.read_offers() == Waiting("opening.failed", {"have": 2, "need": 3})

    def test_two_on_the_roll_open_nothing_at_all(self) -> None:
        world = World(44)
        world.close([world.bid(world.party(name)) for name in ("a", "b")])
        world.present()
        assert world.read_identities() == Waiting("opening.too_few", {"have": 2, "need": 3})

    def test_a_profile_may_want_more_than_three(self) -> None:
        world, _, _ = announced(lambda _world: [])
        five = replace(world.sealed_lot(), min_bids=5)
        assert isinstance(_identities(world, lot=five), Waiting)


@cache
def opened() -> tuple[World, list[Bid], dict[str, Any]]:
    return announced(lambda world: [world.bid(world.party("odd"), edit_seal=broken_capsule(1))])


def _identities(
    world: World, lot: SealedLot | None = None, releases: list[object] | None = None, **other: Any
) -> Waiting | tuple[opening.Identity, ...]:
    return opening.read_identities(
        lot or world.sealed_lot(),
        world.on_roll(),
        world.public("lot.present"),
        world.releases("identity") if releases is None else releases,
        other.get("forms", world.forms),
        other.get("registered", world.registered),
        world.issued,
    )


class TestWaiting:
    def test_with_too_few_releases_it_says_whose_are_missing(self) -> None:
        world, _, _ = opened()
        waiting = _identities(world, releases=world.releases("identity")[:2])
        assert isinstance(waiting, Waiting)
        assert (waiting.code, waiting.params) == (
            "opening.releases_missing",
            {"part": "identity", "have": 2, "need": 3},
        )
        assert waiting.custodians == ("custodian-3", "custodian-4", "custodian-5")

    def test_releases_by_nobody_do_not_count(self) -> None:
        world, _, _ = opened()
        strange: Any = world.answer("identity", "custodian-1")
        forged = {**strange, "signature": "00" * 64}
        assert isinstance(_identities(world, releases=[forged] * 5), Waiting)

    def test_a_form_that_was_lost_is_waited_for_not_held_against_its_bidder(self) -> None:
        world, bids, body = opened()
        lost = bids[-1].submission.seals["identity"].form.sha256.hex()
        waiting = _identities(world, forms=lambda sha256: None if sha256 == lost else world.forms(sha256))
        assert isinstance(waiting, Waiting)
        assert (waiting.code, waiting.missing) == ("opening.forms_missing", (lost,))
        broken = _identities(world, forms=lambda sha256: Ciphertext.of(b"x") if sha256 == lost else world.forms(sha256))
        assert broken == waiting
        assert _whole(opening.announced(world.sealed_lot(), _must(_identities(world)))) == body

    def test_the_result_is_the_same_bytes_whatever_came_first(self) -> None:
        world, _, body = opened()
        other = _must(_identities(world, releases=list(reversed(world.releases("identity")))))
        assert canonical(_whole(opening.announced(world.sealed_lot(), other))) == canonical(body)


def _whole(made: Body) -> dict[str, Any]:
    return listing.whole("lot.announced", made.public, stored(made.documents))


def _must(found: Waiting | tuple[opening.Identity, ...]) -> tuple[opening.Identity, ...]:
    assert not isinstance(found, Waiting)
    return found


class TestUnchecked:
    """The platform put on the roll what it should have refused: it is void, and nobody answers for it."""

    @pytest.mark.parametrize("what", ["ticket", "keyset", "bid key twice"])
    def test_a_submission_that_does_not_check_is_void(self, what: str) -> None:
        world = World(45)
        good = [world.bid(world.party(f"plain{number}")) for number in range(3)]
        if what == "ticket":
            bad = [world.bid(world.party("a"), ticket=world.ticket(world.party("b")))]
        elif what == "keyset":
            bad = [world.bid(world.party("a"), edit_seal=lambda _part, seal: replace(seal, kid=bytes(32)))]
        else:
            bad = [world.bid(world.party("a")), world.bid(world.party("a"), seq=2)]
        made: dict[str, Json] = {
            "tender": "t-1",
            "lot": "lot-1",
            "submissions": [*sorted(bid.sha256 for bid in good + bad)],
        }
        world.close_with(made, {"roll": made, "minutes": []})
        world.present()
        assert sorted(world.seals("identity")) == sorted(bid.sha256 for bid in good)
        world.release("identity")
        body = world.announce()
        assert {reasons(body)[bid.sha256] for bid in bad} == {"bid.unchecked"}
        assert body["counted"] == 3

    def test_a_submission_nobody_has_stops_everything(self) -> None:
        world = World(46)
        world.close([world.bid(world.party(f"plain{number}")) for number in range(3)])
        world.bids.popitem()
        with pytest.raises(Refusal, match=r"roll\.message_missing"):
            world.on_roll()
