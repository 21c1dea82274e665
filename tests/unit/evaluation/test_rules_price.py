"""F1, F3 and F4 by the worked numbers of domain/formulas.md, and at their edges."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest

from evaluation.rules.price import RULES
from evaluation.rules.price.base import Setting
from ledger.basics.errors import Refusal
from tests.unit.evaluation.price_params import F4, TO_2
from tests.unit.evaluation.rules_kit import F3_PRICE

CEILING = 1_000_000_000
DRAWN = {"h": "3.5", "m": "0.5", "l": "-2.5"}


def setting(weight: str, params: dict[str, Any], ceiling: int | None = None) -> Setting:
    return Setting(Fraction(weight), params, ceiling, DRAWN, never)


def never(name: str, _items: Sequence[str]) -> str:
    raise AssertionError(f"nothing is drawn as {name} here")


def fen(prices: Sequence[str]) -> dict[str, int]:
    return {f"bid-{place}": int(Fraction(price) * 100) for place, price in enumerate(prices)}


def outcome(rule: str, given: Setting, *prices: str) -> tuple[Fraction, list[str]]:
    """The benchmark and the marks."""
    amounts = fen(prices)
    benchmark = RULES[rule].benchmark(given, amounts).value
    results = []
    for price in amounts.values():
        steps, mark = RULES[rule].mark(given, benchmark, price)
        assert Fraction(str(steps[-1]["value"])) == mark
        results.append(str(steps[-1]["value"]))
    return benchmark, results


def test_f1_worked_numbers() -> None:
    # domain/formulas.md, worked numbers: 100/110/125, W 30 → 30.00/27.27/24.00
    given = setting("30", {"mark": TO_2})
    assert outcome("F1", given, "100", "110", "125") == (Fraction(100), ["30.00", "27.27", "24.00"])


def test_f1_gives_one_bid_the_full_mark() -> None:
    assert outcome("F1", setting("30", {"mark": TO_2}), "99.99")[1] == ["30.00"]


def test_f1_rounds_as_its_parameter_says() -> None:
    # 30 × 1/800 = 0.0375
    given = setting("30", {"mark": {"mode": "half_up", "places": 3}})
    assert outcome("F1", given, "1", "800")[1] == ["30.000", "0.038"]


def test_f3_worked_numbers() -> None:
    # domain/formulas.md, worked numbers: base 1000.00, marks 47.50/49.00/50.00/48.00/40.00
    given = setting("50", F3_PRICE["params"])
    base, results = outcome("F3", given, "950", "980", "1000", "1020", "1100")
    assert base == 1000
    assert results == ["47.50", "49.00", "50.00", "48.00", "40.00"]


@pytest.mark.parametrize(
    ("prices", "base"),
    [
        (["100"], "100"),
        (["100", "101"], "100.5"),
        (["100", "100", "101"], "100.33"),
        (["1", "100", "102", "900"], "101"),
        (["100", "100", "100", "900"], "100"),
        (["5", "5", "5", "5"], "5"),
    ],
)
def test_f3_trims_one_at_each_end_from_four_bids_up(prices: list[str], base: str) -> None:
    assert outcome("F3", setting("50", F3_PRICE["params"]), *prices)[0] == Fraction(base)


def test_f3_marks_the_trimmed_bids_too() -> None:
    # "marks refused to trimmed bids" is one of the known mistakes in code found in the wild
    assert len(outcome("F3", setting("50", F3_PRICE["params"]), "1", "100", "102", "900")[1]) == 4


def test_a_mark_never_falls_below_the_floor() -> None:
    params = {**F3_PRICE["params"], "floor": "10"}
    assert outcome("F3", setting("50", params), "100", "100", "100", "900")[1][-1] == "10.00"


def test_the_deviation_is_rounded_before_it_costs_anything() -> None:
    # base 300, bid 301: 1/300 = 0.00333… → 0.0033 → 0.33 %
    params = {**F3_PRICE["params"], "down": "1"}
    base, results = outcome("F3", setting("50", params), "299", "300", "301")
    assert base == 300
    assert results == ["49.67", "50.00", "49.67"]


@pytest.mark.parametrize(
    ("average", "base"),
    [("9570000", "9235050"), ("9300000", "9253500"), ("8900000", "9122500")],
)
def test_f4_worked_numbers(average: str, base: str) -> None:
    # domain/formulas.md, worked numbers: ceiling 10,000,000
    spread = [str(int(average) - 1000), average, str(int(average) + 1000)]
    assert outcome("F4", setting("60", F4, CEILING), *spread)[0] == Fraction(base)


@pytest.mark.parametrize(
    ("average", "coefficient"),
    [
        ("9500000", "3.5"),
        ("9499999", "0.5"),
        ("9000001", "0.5"),
        ("9000000", "-2.5"),
    ],
)
def test_f4_takes_the_coefficient_of_the_band_the_average_falls_in(average: str, coefficient: str) -> None:
    """At 95 % exactly the high band, at 90 % exactly the low one, between them the middle."""
    benchmark = RULES["F4"].benchmark(setting("60", F4, CEILING), fen([average]))
    assert next(step["value"] for step in benchmark.steps if str(step["name"]).startswith("c_")) == coefficient


def test_f4_rounds_the_average_before_it_looks_for_the_band() -> None:
    # mean 9,499,999.5 → 9,500,000 to the yuan: the high band
    benchmark = RULES["F4"].benchmark(setting("60", F4, CEILING), fen(["9499999", "9500000"]))
    assert benchmark.steps[-2]["name"] == "c_high"


def test_f4_marks_by_deviation_from_the_base() -> None:
    # avg 9,570,000, base 9,235,050: deviation 334950/9235050 = 0.03627 → 0.0363, 3.63 points off
    assert outcome("F4", setting("60", F4, CEILING), "9570000")[1] == ["56.37"]


def test_f4_takes_half_as_much_off_below_the_base() -> None:
    # c −2.5: avg 8,900,000, base 9,122,500: −222500/9122500 = −0.02439 → −0.0244, 1.22 points off
    assert outcome("F4", setting("60", F4, CEILING), "8900000")[1] == ["58.78"]


def test_f4_needs_a_ceiling() -> None:
    with pytest.raises(Refusal) as caught:
        RULES["F4"].benchmark(setting("60", F4), fen(["1"]))
    assert caught.value.code == "price.no_ceiling"


def test_a_benchmark_that_rounds_to_nothing_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        RULES["F4"].benchmark(setting("60", F4, CEILING), fen(["0.40"]))
    assert caught.value.code == "price.benchmark_not_positive"


def test_a_rule_says_whether_it_averages() -> None:
    assert {name for name, rule in RULES.items() if not rule.averages} == {"F1", "F15"}


def test_every_rule_stands_under_its_own_name_and_explains_itself() -> None:
    for name, rule in RULES.items():
        assert rule.name == name
        module = __import__(f"evaluation.rules.price.{name.lower()}", fromlist=["__doc__"])
        assert "Source:" in str(module.__doc__)
        assert "Small n:" in str(module.__doc__)
        assert "Example" in str(module.__doc__)


@pytest.mark.parametrize(
    ("rule", "params", "found"),
    [
        ("F3", {**F3_PRICE["params"], "up": "0", "down": "0.0"}, "price.no_deviation"),
        ("F4", {**F4, "low_to": "95"}, "price.bands_crossed"),
    ],
)
def test_parameters_that_make_no_sense_are_found(rule: str, params: dict[str, Any], found: str) -> None:
    assert [refusal.code for refusal in RULES[rule].relations(params)] == [found]
