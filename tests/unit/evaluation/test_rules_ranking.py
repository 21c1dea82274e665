"""Marks, then what the rule set says, then the draw; what nothing parts shares a rank."""

from __future__ import annotations

import hashlib
import hmac
from fractions import Fraction

from evaluation.rules.ranking import Entry, rank, tie_order, tie_value
from tests.unit.evaluation.rules_kit import ALPHA


def entry(bid: str, total: str, price: int = 100, **marks: str) -> Entry:
    return Entry(
        bid, price, Fraction(price, 100), {name: Fraction(mark) for name, mark in marks.items()}, Fraction(total)
    )


def test_the_higher_total_comes_first() -> None:
    found = rank([entry("a", "80.01"), entry("b", "80.02"), entry("c", "9")], (), ALPHA, "lot-1")
    assert dict(found.ranks) == {"b": 1, "a": 2, "c": 3}
    assert found.ties == []


def test_the_lower_price_comes_first_where_only_the_price_counts() -> None:
    entries = [Entry(bid, fen, Fraction(fen, 100), {}, None) for bid, fen in (("a", 200), ("b", 199), ("c", 1000))]
    assert list(rank(entries, ("draw",), ALPHA, "lot-1").ranks) == ["b", "a", "c"]


def test_equal_marks_are_parted_by_the_lower_price() -> None:
    found = rank([entry("a", "80", 200), entry("b", "80", 100)], ("lower_price", "draw"), ALPHA, "lot-1")
    assert dict(found.ranks) == {"b": 1, "a": 2}
    assert found.ties == [{"by": "lower_price", "bids": ["b", "a"], "values": {"a": "2", "b": "1"}}]


def test_then_by_the_criterion_that_the_tender_names() -> None:
    entries = [entry("a", "80", quality="30"), entry("b", "80", quality="31")]
    found = rank(entries, ("lower_price", "mark:quality", "draw"), ALPHA, "lot-1")
    assert dict(found.ranks) == {"b": 1, "a": 2}
    assert [tie["by"] for tie in found.ties] == ["lower_price", "mark:quality"]


def test_then_by_the_draw() -> None:
    entries = [entry(bid, "80") for bid in "abcde"]
    found = rank(entries, ("lower_price", "draw"), ALPHA, "lot-1")
    assert list(found.ranks) == tie_order(ALPHA, "lot-1", list("abcde"))
    assert list(found.ranks.values()) == [1, 2, 3, 4, 5]


def test_the_draw_is_an_hmac_that_anybody_can_recompute() -> None:
    wanted = hmac.new(ALPHA, b'{"bid":"a","lot":"lot-1","name":"tie"}', hashlib.sha256).digest()
    assert tie_value(ALPHA, "lot-1", "a") == wanted


def test_the_draw_changes_with_coin_and_lot() -> None:
    bids = [f"bid-{number}" for number in range(20)]
    orders = {tuple(tie_order(coin, lot, bids)) for coin in (ALPHA, bytes(32)) for lot in ("lot-1", "lot-2")}
    assert len(orders) == 4


def test_what_nothing_parts_shares_a_rank_and_the_next_counts_on() -> None:
    entries = [entry("a", "80"), entry("b", "80"), entry("c", "79")]
    assert dict(rank(entries, ("lower_price",), ALPHA, "lot-1").ranks) == {"a": 1, "b": 1, "c": 3}


def test_only_those_still_equal_go_on_to_the_next_rule() -> None:
    entries = [entry("a", "80", 1), entry("b", "80", 2), entry("c", "80", 2)]
    found = rank(entries, ("lower_price", "draw"), ALPHA, "lot-1")
    assert found.ranks["a"] == 1
    assert [(tie["by"], sorted(tie["values"])) for tie in found.ties if isinstance(tie["values"], dict)] == [
        ("lower_price", ["a", "b", "c"]),
        ("draw", ["b", "c"]),
    ]
