"""F5 to F11 by the worked numbers of domain/formulas.md and by hand, and at their edges."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest

from evaluation.rules.price import RULES, f8
from evaluation.rules.price.base import Setting
from evaluation.rules.price.geometric import geometric_mean
from ledger.basics.errors import Refusal
from tests.support.sampling import rng_for, sample
from tests.unit.evaluation.price_params import DRAWN, F5, F6, F7, F8, F9, F10, F11, TO_2, TO_YUAN

Pick = Callable[[str, Sequence[str]], str]


def taking(wanted: int, seen: list[list[str]] | None = None) -> Pick:
    """Draws the item at a place, and notes what it was drawn from."""

    def pick(_name: str, items: Sequence[str]) -> str:
        if seen is not None:
            seen.append(list(items))
        return items[wanted]

    return pick


def setting(weight: str, params: dict[str, Any], ceiling: str | None = None, pick: Pick | None = None) -> Setting:
    fen = None if ceiling is None else int(Fraction(ceiling) * 100)
    return Setting(Fraction(weight), params, fen, DRAWN, pick or taking(0))


def outcome(rule: str, given: Setting, *prices: str) -> tuple[Fraction, list[str]]:
    """The benchmark and the marks."""
    amounts = {f"bid-{place}": int(Fraction(price) * 100) for place, price in enumerate(prices)}
    benchmark = RULES[rule].benchmark(given, amounts).value
    return benchmark, [str(RULES[rule].mark(given, benchmark, price)[0][-1]["value"]) for price in amounts.values()]


def test_f5_averages_the_drawn_band_alone() -> None:
    seen: list[list[str]] = []
    prices = ("9600000", "9400000", "9200000", "8000000")
    base, _ = outcome("F5", setting("50", F5, "10000000", taking(2, seen)), *prices)
    assert seen == [["c_high", "c_low", "c_mid"]]
    assert base == Fraction(9_253_500)
    high = setting("50", F5, "10000000", taking(0))
    assert outcome("F5", high, *prices)[0] == Fraction(9_264_000), "9,600,000 less 3.5 %"


def test_f5_draws_only_from_bands_that_hold_a_bid() -> None:
    seen: list[list[str]] = []
    outcome("F5", setting("50", F5, "10000000", taking(0, seen)), "9600000", "9500000", "9700000")
    assert seen == [["c_high"]]


def test_f5_with_few_bids_is_f4() -> None:
    few = setting("50", {**F5, "many": 15}, "10000000")
    f4 = setting("50", {name: value for name, value in F5.items() if name != "many"}, "10000000")
    prices = ("9570000", "9560000", "9580000")
    assert outcome("F5", few, *prices) == outcome("F4", f4, *prices)


def test_f6_by_hand() -> None:
    # mean 787.5, limit (551.25 + 300) · 0.75 = 638.4375, C 700, A 850, below 807.5; with B 750: 790 · 0.96
    seen: list[list[str]] = []
    given = setting("50", F6, "1000", taking(1, seen))
    assert outcome("F6", given, "700", "750", "800", "900")[0] == Fraction("758.40")
    assert seen == [["bid-0", "bid-1", "bid-2"]]


def test_f6_without_a_price_for_b_takes_c() -> None:
    # 840 and 900 lie above 807.5: B = C = 840, (425 + 252 + 168) · 0.96
    assert outcome("F6", setting("50", F6, "1000"), "840", "900")[0] == Fraction("811.20")


def test_f6_where_no_price_reaches_the_limit_fails_the_lot() -> None:
    with pytest.raises(Refusal) as caught:
        outcome("F6", setting("50", F6, "1000"), "10", "12")
    assert caught.value.code == "price.none_within"


def test_f7_worked_numbers() -> None:
    given = setting("50", F7, "10000")
    assert outcome("F7", given, "9200", "9000", "8800", "8600", "8400", "8200", "7800")[0] == Fraction("8581.50")


@pytest.mark.parametrize(
    ("prices", "middle"),
    [
        (("8000",), "8000"),
        (("8000", "9000"), "9000"),
        (("8000", "9000", "9500"), "9000"),
        (("8000", "9000", "9500", "9900"), "26500/3"),
        (("7000", "8000", "9000", "9500", "9600", "9900"), "8620"),
    ],
)
def test_f7_with_few_bids(prices: tuple[str, ...], middle: str) -> None:
    raw = Fraction(middle) * Fraction("0.97") * Fraction("0.75") + 10000 * Fraction("0.93") * Fraction("0.25")
    found, _ = outcome("F7", setting("50", F7, "10000"), *prices)
    assert abs(found - raw) <= Fraction(1, 200)


def test_f7_rounds_the_number_of_trimmed_bids_half_up() -> None:
    # 25 % of 10 is 2.5: three at each end
    benchmark = RULES["F7"].benchmark(
        setting("50", {**F7, "trim": "25"}, "10000"), {f"bid-{place}": 900_000 + place for place in range(10)}
    )
    assert benchmark.steps[1]["value"] == "3"


def test_f8_by_hand() -> None:
    base, marks = outcome("F8", setting("100", F8, "1000"), "800", "900", "1000")
    assert base == Fraction("901.79")
    assert marks == ["78.71", "99.60", "63.22"]


def test_f8_from_five_bids_up_takes_quartiles() -> None:
    # mean, median and quartiles' middle 900, geometric mean 897.21: C = 60 % of 900 + 40 % of 897.21
    root = geometric_mean([80_000, 85_000, 90_000, 95_000, 100_000])
    assert root == 89_721
    base, _ = outcome("F8", setting("100", F8, "1000"), "800", "850", "900", "950", "1000")
    mixed = Fraction(60, 100) * 900 + Fraction(40, 100) * Fraction(root, 100)
    assert abs(base - (500 + mixed / 2) * Fraction("0.95")) <= Fraction(1, 200)


def test_f8_drops_trims_and_still_marks() -> None:
    prices = ["700", *(str(900 + place) for place in range(10))]
    base, marks = outcome("F8", setting("100", F8, "1000"), *prices)
    # 700 is below 80 %; of ten that are left one lowest and one highest go
    benchmark = RULES["F8"].benchmark(
        setting("100", F8, "1000"), {f"bid-{place}": int(price) * 100 for place, price in enumerate(prices)}
    )
    assert [one["value"] for one in benchmark.steps[:3]] == ["11", "10", "8"]
    assert len(marks) == 11
    assert base > 0


@pytest.mark.parametrize(
    ("quarter", "wanted"),
    [(1, "1.75"), (2, "3.5"), (3, "5.25")],
)
def test_quartiles_lie_at_a_quarter_of_one_more(quarter: int, wanted: str) -> None:
    assert f8.quantile([100, 200, 300, 400, 500, 600], quarter) == Fraction(wanted)


@pytest.mark.parametrize(
    ("price", "wanted"),
    [
        ("800", "70.00"),
        ("900", "80.00"),
        ("901", "80.20"),
        ("1000", "100.00"),
        ("1050", "80.00"),
        ("1100", "65.00"),
        ("1101", "64.80"),
        ("2000", "0.00"),
    ],
)
def test_f8_bands_meet_at_their_edges(price: str, wanted: str) -> None:
    steps, _ = RULES["F8"].mark(setting("100", F8, "1000"), Fraction(1000), int(price) * 100)
    assert steps[-1]["value"] == wanted


def test_f9_worked_numbers() -> None:
    base, marks = outcome("F9", setting("35", F9), "90", "100", "110", "200")
    assert base == 90
    assert marks == ["35.00", "30.56", "26.11", "25.00"]


def test_f9_keeps_what_deviates_by_just_the_limit() -> None:
    # mean 100: 70 and 130 deviate by exactly 30 %
    benchmark = RULES["F9"].benchmark(setting("35", F9), {"a": 7_000, "b": 10_000, "c": 13_000})
    assert [one["name"] for one in benchmark.steps] == ["count_all", "count", "sum", "mean", "mu", "base"]


def test_f9_excludes_the_higher_of_two_that_deviate_alike() -> None:
    benchmark = RULES["F9"].benchmark(setting("35", F9), {"a": 5_000, "b": 10_000, "c": 15_000})
    assert [one["value"] for one in benchmark.steps if one["name"] == "excluded"] == ["150"]


def test_f10_worked_numbers() -> None:
    assert outcome("F10", setting("30", F10, "1000"), "900", "1000", "1100")[1] == ["27.00", "30.00", "27.00"]


def test_f10_never_gives_less_than_its_floor() -> None:
    assert outcome("F10", setting("30", F10, "1000"), "1", "1", "9000")[1][-1] == "0.00"


@pytest.mark.parametrize(("variant", "base"), [("low_half", "1050"), ("lowest", "1000")])
def test_f11_has_two_meanings(variant: str, base: str) -> None:
    given = setting("50", {**F11, "variant": variant})
    assert outcome("F11", given, "900", "1000", "1100", "1400")[0] == Fraction(base)


def test_the_geometric_mean_is_exact_and_half_up() -> None:
    """Against the integer root of the product, on many small cases."""
    rng = rng_for("geometric mean")
    for _ in range(sample(20_000, 500)):
        prices = [rng.randint(1, 10 ** rng.randint(1, 12)) for _ in range(rng.randint(1, 12))]
        doubled, count = math.prod(prices) << len(prices), len(prices)
        found = geometric_mean(prices)
        assert (2 * found - 1) ** count <= doubled < (2 * found + 1) ** count, prices


@pytest.mark.parametrize("price", [1, 10, 10**6, 10**14])
def test_the_geometric_mean_of_neighbours_lies_just_below_a_half(price: int) -> None:
    assert geometric_mean([price, price + 1]) == price


@pytest.mark.parametrize(
    ("rule", "params", "found"),
    [
        ("F5", {**F5, "low_to": "95"}, "price.bands_crossed"),
        ("F6", {**F6, "a": "60"}, "price.shares"),
        ("F6", {**F6, "mean_share": "101"}, "price.share_over"),
        ("F7", {**F7, "trim": "36"}, "price.share_over"),
        ("F8", {**F8, "trim_low": "60"}, "price.share_over"),
        ("F9", {**F9, "up": "0", "down": "0"}, "price.no_deviation"),
        ("F11", {**F11, "up": "0", "down": "0"}, "price.no_deviation"),
    ],
)
def test_parameters_that_make_no_sense_are_found(rule: str, params: dict[str, Any], found: str) -> None:
    assert found in [refusal.code for refusal in RULES[rule].relations(params)]


@pytest.mark.parametrize("rule", ["F5", "F6", "F7", "F8", "F10"])
def test_a_rule_that_needs_a_ceiling_says_so(rule: str) -> None:
    every: dict[str, dict[str, Any]] = {"F5": F5, "F6": F6, "F7": F7, "F8": F8, "F10": F10}
    with pytest.raises(Refusal) as caught:
        outcome(rule, setting("50", every[rule]), "100")
    assert caught.value.code == "price.no_ceiling"


def test_quality_and_cost_selection_rounds_the_financial_score_first() -> None:
    params = {"score": TO_2, "mark": TO_2}
    assert outcome("F15", setting("20", params), "100", "120") == (Fraction(100), ["20.00", "16.67"])
    coarse = {"score": TO_YUAN, "mark": TO_2}
    assert outcome("F15", setting("20", coarse), "100", "120") == (Fraction(100), ["20.00", "16.60"])
