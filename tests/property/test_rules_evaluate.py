"""What holds for every set of bids: order, rejected bids and scale change nothing; the bytes are always the same."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bidding.form import check_answers, check_form
from evaluation.rules import Report
from evaluation.rules.exact import DOWN, HALF_UP, Rounding, exact
from evaluation.rules.price import RULES
from evaluation.rules.price.base import Setting
from evaluation.rules.ranking import Entry, rank
from ledger.basics.money import yuan
from tests.unit.evaluation.rules_kit import (
    ALPHA,
    CEILING,
    F1_PRICE,
    F3_PRICE,
    bid,
    checklist,
    lowest,
    offer,
    priced,
    run,
    run_checklist,
)


def never(name: str, _items: Sequence[str]) -> str:
    raise AssertionError(f"nothing is drawn as {name} here")


FEN = st.integers(min_value=1, max_value=CEILING)
PRICES = st.lists(FEN, min_size=1, max_size=12)
ANSWERS = st.fixed_dictionaries(
    {
        "grade": st.sampled_from(["special", "first", "second", "third"]),
        "duration": st.integers(1, 400).map(str),
        "warranty": st.integers(20, 500).map(lambda tenths: f"{tenths // 10}.{tenths % 10}"),
        "similar_works": st.integers(0, 20).map(str),
    }
)
FRACTIONS = st.fractions(min_value=-1000, max_value=1000, max_denominator=10**6)
SETTINGS = {
    "F1": Setting(Fraction(30), F1_PRICE["params"], CEILING, {}, never),
    "F3": Setting(Fraction(50), F3_PRICE["params"], CEILING, {}, never),
    "F4": Setting(
        Fraction(60), checklist()[0]["price"]["params"], CEILING, {"c_high": "5", "c_mid": "-0.5", "c_low": "-4"}, never
    ),
}


def documents(report: Report) -> dict[str, bytes]:
    return report.documents()


@settings(max_examples=60, deadline=None)
@given(st.data(), st.lists(st.tuples(FEN, ANSWERS), min_size=1, max_size=6))
def test_the_order_in_which_bids_come_changes_no_byte(data: st.DataObject, rows: list[tuple[int, Any]]) -> None:
    bids = [bid(f"b{number}", yuan(price), **answers) for number, (price, answers) in enumerate(rows)]
    shuffled = data.draw(st.permutations(bids))
    assert documents(run_checklist(*bids)) == documents(run_checklist(*shuffled))


@settings(max_examples=60, deadline=None)
@given(PRICES, st.lists(st.one_of(FEN, st.sampled_from(["NaN", "-1", "1e9", ""])), max_size=5))
def test_rejected_bids_change_nothing_for_the_others(prices: list[int], rejected: list[int | str]) -> None:
    kept = [bid(f"b{number}", yuan(price)) for number, price in enumerate(prices)]
    out = [
        bid(f"r{number}", price if isinstance(price, str) else yuan(price), safety_licence="no")
        for number, price in enumerate(rejected)
    ]
    alone, crowd = run_checklist(*kept), run_checklist(*kept, *out)
    assert alone.ranking == crowd.ranking
    assert alone.candidates == crowd.candidates
    for one in kept:
        assert alone.sheets[one.key] == crowd.sheets[one.key]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=12), st.integers(2, 1000))
def test_marks_by_low_price_first_do_not_depend_on_the_unit(prices: list[int], factor: int) -> None:
    def totals(scale: int) -> list[str]:
        report = run(priced(F1_PRICE), *(offer(f"b{n:02}", yuan(price * scale)) for n, price in enumerate(prices)))
        return [row["total"] for row in report.summary["bids"]]

    assert totals(1) == totals(factor)


@settings(max_examples=60, deadline=None)
@given(PRICES)
def test_every_mark_lies_between_nothing_and_the_full_mark(prices: list[int]) -> None:
    amounts = {str(number): price * 100 for number, price in enumerate(prices)}
    for name, setting in SETTINGS.items():
        benchmark = RULES[name].benchmark(setting, amounts).value
        for price in amounts.values():
            assert 0 <= RULES[name].mark(setting, benchmark, price)[1] <= setting.weight


@settings(max_examples=60, deadline=None)
@given(PRICES)
def test_a_lower_price_never_marks_less_by_low_price_first(prices: list[int]) -> None:
    amounts = {str(number): price for number, price in enumerate(sorted(prices))}
    benchmark = RULES["F1"].benchmark(SETTINGS["F1"], amounts).value
    found = [RULES["F1"].mark(SETTINGS["F1"], benchmark, price)[1] for price in amounts.values()]
    assert found == sorted(found, reverse=True)
    assert found[0] == SETTINGS["F1"].weight


@settings(max_examples=100, deadline=None)
@given(PRICES)
def test_the_lowest_price_wins_and_only_the_draw_parts_equals(prices: list[int]) -> None:
    report = run(lowest(), *(offer(f"b{number:02}", yuan(price)) for number, price in enumerate(prices)))
    ranked = [row["price_fen"] for row in report.ranking]
    assert ranked == sorted(prices)
    assert [row["rank"] for row in report.ranking] == list(range(1, len(prices) + 1))
    assert {tie["by"] for tie in report.summary["ties"]} <= {"draw"}


@given(FRACTIONS, st.integers(0, 6))
def test_half_up_is_nearest_and_odd_and_down_never_grows(value: Fraction, places: int) -> None:
    half_up, down, unit = Rounding(HALF_UP, places), Rounding(DOWN, places), Fraction(1, 10**places)
    assert abs(half_up(value) - value) <= unit / 2
    assert half_up(-value) == -half_up(value)
    assert abs(down(value)) <= abs(value) < abs(down(value)) + unit
    assert half_up(half_up(value)) == half_up(value)
    assert Fraction(exact(value)) == value


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), min_size=1, max_size=8), st.data())
def test_a_ranking_does_not_depend_on_the_order_of_its_entries(
    rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    entries = [
        Entry(f"b{n}", price, Fraction(price, 100), {}, Fraction(total)) for n, (total, price) in enumerate(rows)
    ]
    first = rank(entries, ("lower_price", "draw"), ALPHA, "lot-1")
    second = rank(data.draw(st.permutations(entries)), ("lower_price", "draw"), ALPHA, "lot-1")
    assert list(first.ranks.items()) == list(second.ranks.items())
    assert first.ties == second.ties
    assert sorted(first.ranks.values()) == list(range(1, len(rows) + 1))


@given(st.text(max_size=20))
def test_a_price_is_accepted_only_in_its_one_plain_spelling(answer: str) -> None:
    form = check_form(lowest()[1])
    if not check_answers(form, "offer", {"price": answer}):
        assert answer.isascii()
        assert Fraction(answer) > 0
        whole, _, decimals = answer.partition(".")
        assert (whole + decimals).isdigit()
        assert len(decimals) <= 2
        assert str(int(whole)) == whole
