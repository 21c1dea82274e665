"""The counted bids' offers: what was sealed is what is read; what the form does not take is rejected with a reason."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from bidding import offers
from bidding.sealed_lot import Reason
from bidding.verdicts import Waiting
from ledger.basics.canonical import canonical
from ledger.basics.errors import Refusal
from ledger.sealed.opening import Void
from tests.support.world import World, reasons, states
from tests.support.world_log import Bid


def world_of(**odd: Any) -> tuple[World, Bid]:
    """Four plain bids and one odd one, up to the releases of the offers."""
    world = World(51)
    bid = world.bid(world.party("odd"), **odd)
    world.close([bid, *(world.bid(world.party(f"plain{number}")) for number in range(4))])
    world.present()
    for part in ("coin", "identity"):
        world.release(part)
    world.coefficients()
    world.announce()
    world.release("offer")
    return world, bid


@cache
def plain() -> tuple[World, Bid]:
    return world_of()


def read(world: World) -> tuple[offers.Offer, ...]:
    found = world.read_offers()
    assert not isinstance(found, Waiting)
    return found


def test_answers_and_files_are_those_that_were_sealed() -> None:
    world, bid = world_of()
    row = next(row for row in _rows(world.offers()) if row["submission"] == bid.sha256)
    assert row["state"] == "opened"
    assert row["reason"] == {}
    assert row["answers"] == world.answers()
    assert row["files"] == bid.headers["offer"]["files"]
    assert row["bid_key"] == bid.submission.bid_key


def _rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = body["bids"]
    assert [row["submission"] for row in rows] == sorted(row["submission"] for row in rows)
    return rows


@pytest.mark.parametrize("price", ["NaN", "1e-9", "-1", "12345", "true", "+1", "01", " 1", "1.234", ""])
def test_a_price_that_is_no_plain_decimal_is_rejected_with_its_reason(price: str) -> None:
    price = "１２" if price == "12345" else price  # full-width digits
    world, bid = world_of(answers={**plain()[0].answers(), "price": price})
    body = world.offers()
    row = next(row for row in _rows(body) if row["submission"] == bid.sha256)
    assert (row["state"], row["answers"], row["files"]) == ("rejected", {}, [])
    assert row["reason"]["code"].startswith("form.")
    assert row["reason"]["params"]["question"] == "price"
    assert row["reason"]["article"] == "实施条例第51条第6项"


@pytest.mark.parametrize(
    ("odd", "state", "code"),
    [
        ({"answers": {"price": "1"}}, "rejected", "form.missing"),
        (
            {"edit_plain": lambda part, plain: plain if part == "identity" else plain + b" "},
            "void",
            "bid.form_void",
        ),
        (
            {"edit_plain": lambda part, plain: plain if part == "identity" else plain.replace(b"800000", b"700000")},
            "void",
            "statement.other_header",
        ),
    ],
    ids=["not filled", "not canonical", "not what was signed"],
)
def test_an_offer_that_is_no_offer(odd: dict[str, Any], state: str, code: str) -> None:
    world, bid = world_of(**odd)
    body = world.offers()
    assert (states(body)[bid.sha256], reasons(body)[bid.sha256]) == (state, code)
    assert sorted(states(body).values()).count("opened") == 4


def test_the_longest_answers_and_names_open_like_any_others() -> None:
    files = {f"{n:0250d}": b"" for n in range(2000)}
    world, bid = world_of(files={"identity": {}, "offer": files})
    row = next(row for row in _rows(world.offers()) if row["submission"] == bid.sha256)
    assert (row["state"], [file["name"] for file in row["files"]]) == ("opened", list(files))
    assert len(world.documents[row["offer"]]) > 600_000
    assert len(world.event("lot.offers_opened").event.encode()) < 1000


class TestFiles:
    def test_files_that_are_not_those_listed_make_the_bid_void(self) -> None:
        listed = {"name": "schedule.txt", "size": 3, "sha256": "00" * 32}
        world, bid = world_of(
            edit_header=lambda part, header: {**header, "files": [listed]} if part == "offer" else header
        )
        body = world.offers()
        assert (states(body)[bid.sha256], reasons(body)[bid.sha256]) == ("void", "bid.files_void")
        row = next(row for row in _rows(body) if row["submission"] == bid.sha256)
        assert row["reason"]["params"] == {"part": "offer", "why": "sealed.void_file"}

    def test_files_nobody_has_read_are_waited_for(self) -> None:
        world, _ = plain()
        found = read(world)
        verdicts = world.file_verdicts(found)
        missing = next(iter(verdicts))
        del verdicts[missing]
        waiting = offers.open_offers(world.sealed_lot(), found, verdicts)
        assert waiting == Waiting("opening.files_missing", {"files": 1}, missing=(missing[0],))

    def test_another_ciphertext_decides_nothing(self) -> None:
        world, bid = plain()
        offer = next(one for one in read(world) if one.identity.submission == bid.sha256)
        with pytest.raises(Refusal, match=r"sealed\.wrong_copy"):
            offers.check_files(world.sealed_lot(), bid.submission, "offer", offer, [b"x"], lambda _number: io.BytesIO())

    def test_files_are_streamed_out_as_they_were(self) -> None:
        world, bid = plain()
        offer = next(one for one in read(world) if one.identity.submission == bid.sha256)
        blob = world.blobs[bid.submission.seals["offer"].files.sha256.hex()]
        sinks: dict[int, io.BytesIO] = {}

        def pieces() -> Iterator[bytes]:
            for start in range(0, len(blob), 1000):
                yield blob[start : start + 1000]

        found = offers.check_files(
            world.sealed_lot(),
            bid.submission,
            "offer",
            offer,
            pieces(),
            lambda number: sinks.setdefault(number, io.BytesIO()),
        )
        assert found is None
        assert sinks[0].getvalue() == bid.files["offer"]["schedule.txt"]

    def test_a_verifier_without_the_files_takes_the_recorded_word_and_gets_the_same(self) -> None:
        listed = {"name": "schedule.txt", "size": 3, "sha256": "00" * 32}
        world, bid = world_of(
            edit_header=lambda part, header: {**header, "files": [listed]} if part == "offer" else header
        )
        found, body = read(world), world.offers()
        recorded = offers.recorded_files(body, found)
        assert [key for key, why in recorded.items() if why] == [(bid.sha256, "offer")]
        made = offers.open_offers(world.sealed_lot(), found, recorded)
        assert not isinstance(made, Waiting)
        assert canonical(world.whole("lot.offers_opened", made.public)) == canonical(body)

    def test_recorded_words_about_files_nobody_sealed_are_not_taken(self) -> None:
        found = read(plain()[0])
        forged: dict[str, Any] = {
            "bids": [
                {"submission": "00" * 32, "reason": {"code": "bid.files_void", "params": {"part": "offer"}}},
                {"submission": found[0].identity.submission, "reason": {"code": "bid.lost", "params": {}}},
                "x",
            ]
        }
        assert set(offers.recorded_files(forged, found).values()) == {None}

    def test_the_reason_names_the_part_and_why(self) -> None:
        why = Void.of(Refusal("sealed.void_files", why="sealed.files_longer"))
        assert offers.void_files("offer", why) == Reason(
            "bid.files_void", "电子招标投标办法第31条", (("part", "offer"), ("why", "sealed.void_files"))
        )


def test_an_offer_that_did_not_open_has_no_files_to_look_at() -> None:
    world, bid = plain()
    identity = read(world)[0].identity
    shut = offers.Offer(identity, reason=Reason("bid.seal_void"))
    with pytest.raises(ValueError, match="did not open"):
        offers.check_files(world.sealed_lot(), bid.submission, "offer", shut, [], lambda _number: io.BytesIO())
    assert offers.files_to_read([shut]) == ()
