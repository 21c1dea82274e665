"""Changing one input shows which marks move."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.rules.moves import Move, Moves, moves
from ledger.basics.errors import Refusal
from ledger.basics.money import yuan
from tests.unit.evaluation.rules_kit import CEILING, DRAWS, F1_PRICE, checked, checklist, lot, offer, priced
from tests.unit.evaluation.rules_kit import bid as works_bid
from tests.unit.evaluation.whole_rules import bid, form, panel, rules

GOOD = {"plan": "8 8 8 8 8", "service": "4 4 4 4 4"}


def low_price(*changed: tuple[str, str], prices: tuple[str, ...] = ("100", "110", "125")) -> Moves:
    own, asked = checked(priced(F1_PRICE))
    bids = [offer("abc"[place], price) for place, price in enumerate(prices)]
    return moves(own, asked, lot(), bids, {key: {"price": price} for key, price in changed})


def test_a_lower_price_moves_the_benchmark_the_marks_and_the_ranks() -> None:
    found = low_price(("c", "90"))
    assert found.marks == [
        Move("", "benchmark", "100", "90"),
        Move("a", "price", "30.00", "27.00"),
        Move("a", "total", "30.00", "27.00"),
        Move("b", "price", "27.27", "24.55"),
        Move("b", "total", "27.27", "24.55"),
        Move("c", "price", "24.00", "30.00"),
        Move("c", "total", "24.00", "30.00"),
    ]
    assert found.ranks == [Move("a", "rank", "1", "2"), Move("b", "rank", "2", "3"), Move("c", "rank", "3", "1")]


def test_a_bid_that_is_then_rejected_has_no_marks_any_more() -> None:
    own, asked = checked(checklist())
    bids = [works_bid("a1", "9570000"), works_bid("b2", "9500000")]
    given_lot = lot(draws=DRAWS, ceiling=CEILING)
    found = moves(own, asked, given_lot, bids, {"b2": {"safety-licence": "no"}})
    assert Move("b2", "safety", "passed", "rejected") in found.marks
    gone = {one.criterion for one in found.marks if one.bid == "b2" and one.after == ""}
    assert {"price", "total", "qualification"} <= gone
    assert Move("b2", "rank", "1", "rejected") in found.ranks


def test_one_criterion_alone_may_move() -> None:
    own, asked = checked(checklist())
    bids = [works_bid("a1", "9570000"), works_bid("b2", "9500000")]
    found = moves(own, asked, lot(draws=DRAWS, ceiling=CEILING), bids, {"a1": {"warranty": "3.2"}})
    assert {(one.bid, one.criterion) for one in found.marks} == {("a1", "warranty"), ("a1", "total")}


def test_a_finding_on_an_explanation_goes_with_its_flag() -> None:
    own, asked = checked((rules(), form()))
    bids = [bid("x1", 1000), bid("y1", 900), bid("z1", 400)]
    given_lot = lot(experts=panel({one.key: GOOD for one in bids}), explanations={"z1": True})
    found = moves(own, asked, given_lot, bids, {"z1": {"price": "800", "part-a": "799"}})
    assert Move("z1", "abnormally_low", "explained", "") in found.marks
    assert Move("z1", "evaluated_price", "400", "800") in found.marks
    assert Move("", "abnormally_low", "1", "0") in found.marks


def test_what_is_not_there_cannot_be_changed() -> None:
    own, asked = checked(priced(F1_PRICE))
    cases: dict[str, dict[str, dict[str, str]]] = {
        "rules.what_if_bid": {"z": {"price": "1"}},
        "rules.unknown_question": {"a": {"nothing": "1"}},
    }
    for code, changed in cases.items():
        with pytest.raises(Refusal) as caught:
            moves(own, asked, lot(), [offer("a", "100")], changed)
        assert caught.value.code == code


PRICES = st.integers(1, 10**6).map(yuan)


@settings(max_examples=60, deadline=None)
@given(st.lists(PRICES, min_size=1, max_size=3), PRICES)
def test_moves_are_the_difference_of_two_reports_and_run_backwards(prices: list[str], price: str) -> None:
    given_prices: Any = tuple(prices)
    found = low_price(("a", price), prices=given_prices)
    back = low_price(("a", prices[0]), prices=(price, *prices[1:]))
    assert {(one.bid, one.criterion, one.after, one.before) for one in found.marks} == {
        (one.bid, one.criterion, one.before, one.after) for one in back.marks
    }
    assert (price == prices[0]) <= (found.marks == [])
    assert found.after.document() == back.before.document()
