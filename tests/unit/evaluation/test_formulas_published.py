"""Every number of domain/formulas.md that can be computed, by rule: its worked numbers, its table, its known mistakes.

What is worked there with prices is asked of both implementations. Where the paper gives ranges and no example, the
range stands here, and the example is worked by hand in a comment.
"""

from __future__ import annotations

import copy
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pytest

from evaluation.rules import OpenedBid, lint
from evaluation.rules.abnormal import screen
from evaluation.rules.exact import HALF_EVEN, HALF_UP, Rounding
from evaluation.rules.lint import deduction
from evaluation.rules.lint import screen as lint_screen
from evaluation.rules.lint.price import PRICE_MINIMUM
from evaluation.rules.panel import Panel, panel_mark
from evaluation.rules.price import RULES
from evaluation.rules.price.base import Setting
from evaluation.rules.templates import load
from evaluation.vector import score
from tests.unit.evaluation.rules_kit import F1_PRICE, HALF_UP_2, certificate, lowest, offer, priced, run
from tests.unit.evaluation.whole_rules import asked, chosen, text

WHOLE: Final = {"mode": "half_up", "places": 0}
DEVIATION: Final = {
    "base": HALF_UP_2, "up": "1", "down": "0.5", "floor": "0", "deviation": {"mode": "half_up", "places": 4},
    "mark": HALF_UP_2,
}  # fmt: skip
F4: Final = {
    **DEVIATION, "c_high": "h", "c_mid": "m", "c_low": "l", "high_from": "95", "low_to": "90", "average": WHOLE,
    "base": WHOLE,
}  # fmt: skip
F6: Final = {
    **DEVIATION, "delta": "delta", "k": "k", "mean_share": "70", "limit_share": "75", "below": "95",
    "a": "50", "b": "30", "c": "20",
}  # fmt: skip
F7: Final = {**DEVIATION, "q1": "q1", "k1": "k1", "k2": "k2", "trim": "20"}
F8: Final = {
    **{name: name for name in ("a", "b", "c", "e", "f", "c1", "r")},
    "drop": "80", "trim_low": "10", "trim_high": "15", "base": HALF_UP_2, "mark": HALF_UP_2,
}  # fmt: skip
F9: Final = {
    "limit": "30", "mu": "90", "free": "2", "up": "0.4", "down": "0.2", "floor": "25", "base": HALF_UP_2,
    "mark": HALF_UP_2,
}  # fmt: skip
F10: Final = {"floor": "0", "base": HALF_UP_2, "mark": HALF_UP_2}

# rule, full mark, parameters, ceiling (yuan), draws, prices (yuan), base, marks ("" where the paper gives none).
Worked = tuple[str, str, dict[str, Any], int | None, dict[str, str], str, str, str]
F4_DRAWS: Final = {"h": "3.5", "m": "0.5", "l": "-2.5"}
F7_DRAWS: Final = {"k1": "97", "k2": "93", "q1": "75"}
WORKED: Final[dict[str, Worked]] = {
    "worked numbers, F1": (
        "F1", "30", {"mark": HALF_UP_2}, None, {}, "100 110 125", "100", "30.00 27.27 24.00",
    ),
    "worked numbers, F3": (
        "F3", "50", DEVIATION, None, {}, "950 980 1000 1020 1100", "1000", "47.50 49.00 50.00 48.00 40.00",
    ),
    "worked numbers, F4, avg 9,570,000": ("F4", "50", F4, 10_000_000, F4_DRAWS, "9570000", "9235050", ""),
    "worked numbers, F4, avg 9,300,000": ("F4", "50", F4, 10_000_000, F4_DRAWS, "9300000", "9253500", ""),
    "worked numbers, F4, avg 8,900,000": ("F4", "50", F4, 10_000_000, F4_DRAWS, "8900000", "9122500", ""),
    "worked numbers, F7": (
        "F7", "50", F7, 10_000, F7_DRAWS, "9200 9000 8800 8600 8400 8200 7800", "8581.50", "",
    ),
    "worked numbers, F9": ("F9", "35", F9, None, {}, "90 100 110 200", "90", "35.00 30.56 26.11 25.00"),
    "worked numbers, F10": ("F10", "30", F10, 1000, {}, "900 1000 1100", "1000", "27.00 30.00 27.00"),
    "table, F3, n ≤ 3: the mean of all": ("F3", "50", DEVIATION, None, {}, "900 1000 1400", "1100", ""),
    "table, F3, n ≥ 4: one at each end dropped": ("F3", "50", DEVIATION, None, {}, "1 1000 1100 9999", "1050", ""),
    "table, F4, avg just 95 % is the high band": ("F4", "50", F4, 10_000_000, F4_DRAWS, "9500000", "9167500", ""),
    "table, F4, avg just 90 % is the low band": ("F4", "50", F4, 10_000_000, F4_DRAWS, "9000000", "9225000", ""),
    # n = 14: the mean 9,570,000 of them all decides, as in F4
    "table, F5, < 15 bids": (
        "F5", "50", {"many": 15, **F4}, 10_000_000, F4_DRAWS, " ".join(["9570000"] * 14), "9235050", "",
    ),
    # the picks take the last band that holds a bid: of {c_high, c_mid} the middle one, 9,300,000 less 0.5 %
    "table, F5, ≥ 15 bids": (
        "F5", "50", {"many": 15, **F4}, 10_000_000, F4_DRAWS, " ".join(["9600000"] * 10 + ["9300000"] * 5), "9253500",
        "",
    ),
    # mean 787.5, limit (551.25 + 300)·0.75 = 638.4375, C 700, A 1000·0.85, B 800 < 0.95·A: (425 + 240 + 140)·0.96
    "table, F6": ("F6", "50", F6, 1000, {"delta": "15", "k": "96"}, "750 700 800 900", "772.80", ""),
    # 4–6: the highest is dropped; mean 8500: 8500·0.97·0.75 + 10000·0.93·0.25
    "table, F7, 4 to 6 bids": ("F7", "50", F7, 10_000, F7_DRAWS, "8000 8500 9000 9900", "8508.75", ""),
    # < 4: the second-lowest
    "table, F7, < 4 bids": ("F7", "50", F7, 10_000, F7_DRAWS, "8000 8500 9000", "8508.75", ""),
    # e·900 + f·900 + g·896.28 = 898.512; (500 + 449.256)·0.95 = 901.7932
    "table, F8, n < 5": (
        "F8", "100", F8, 1000, {"a": "30", "b": "10", "c": "20", "e": "40", "f": "20", "c1": "50", "r": "5"},
        "800 900 1000", "901.79", "78.71 99.60 63.22",
    ),
    # quartiles at k(n + 1)/4: 825 and 975; geometric mean 897.21; 540 + 358.884 = 898.884; (500 + 449.442)·0.95
    "table, F8, n ≥ 5": (
        "F8", "100", F8, 1000, {"a": "30", "b": "10", "c": "20", "e": "40", "f": "20", "c1": "50", "r": "5"},
        "800 850 900 950 1000", "901.97", "",
    ),
    # mean 1100, of those not above it 1000: their mean
    "table, F11, mean of the mean and the lower half": (
        "F11", "50", {**DEVIATION, "variant": "low_half"}, None, {}, "900 1000 1100 1400", "1050", "",
    ),
    "table, F11, (mean + min)/2": (
        "F11", "50", {**DEVIATION, "variant": "lowest"}, None, {}, "900 1000 1100 1400", "1000", "",
    ),
    "table, F15, Sf = 100·Fm/F": (
        "F15", "20", {"score": HALF_UP_2, "mark": HALF_UP_2}, None, {}, "100 120 125", "100", "20.00 16.67 16.00",
    ),
}  # fmt: skip


@pytest.mark.parametrize("source", WORKED)
def test_a_published_number_comes_out_of_both_implementations(source: str) -> None:
    rule, weight, params, ceiling, draws, prices, base, marks = WORKED[source]
    limit = None if ceiling is None else ceiling * 100
    given = Setting(Fraction(weight), params, limit, draws, lambda _, items: items[-1])
    fen = [int(Fraction(price) * 100) for price in prices.split()]
    keys = [f"bid-{place:02}" for place in range(len(fen))]
    found = RULES[rule].benchmark(given, dict(zip(keys, fen, strict=True))).value
    twin = score(rule, given, np.array(fen, dtype=np.int64), keys)
    assert (found, Fraction(*twin.benchmark)) == (Fraction(base), Fraction(base))
    if marks:
        wanted = [Fraction(mark) for mark in marks.split()]
        assert [RULES[rule].mark(given, found, price)[1] for price in fen] == wanted
        assert [Fraction(int(mark), 10**twin.places) for mark in twin.marks] == wanted


def test_ten_per_cent_of_25_is_3() -> None:
    """The paper's head: half-up, where Python's round and numpy's are half-even."""
    assert Rounding(HALF_UP, 0)(Fraction(25, 10)) == 3
    assert (round(2.5), float(np.round(2.5))) == (2, 2.0)


BANDS: Final = {
    "-10": "80",
    "-11": "79",
    "-5": "90",
    "0": "100",
    "2": "92",
    "5": "80",
    "7": "74",
    "10": "65",
    "11": "63",
}


@pytest.mark.parametrize(("delta", "points"), BANDS.items())
def test_f8_five_bands(delta: str, points: str) -> None:
    """Table, F8: δ in per cent of T = 1000 yuan."""
    given = Setting(Fraction(100), F8, 100_000, {}, lambda _, items: items[0])
    assert RULES["F8"].mark(given, Fraction(1000), 100_000 + int(delta) * 1000)[1] == Fraction(points)


@pytest.mark.parametrize(
    ("price", "mark"), [("98", "35"), ("100", "35"), ("97", "34.8"), ("101", "34.6"), ("150", "25")]
)
def test_f9_marks(price: str, mark: str) -> None:
    """Table, F9: full mark for δ ∈ [−2 %, 0], −0.4 per +1 %, −0.2 per −1 % beyond −2, floor 25."""
    given = Setting(Fraction(35), F9, None, {}, lambda _, items: items[0])
    assert RULES["F9"].mark(given, Fraction(100), int(price) * 100)[1] == Fraction(mark)


def test_the_lists_of_drawn_coefficients() -> None:
    """Table, F4 to F6: c in steps of 0.5 by band, Δ 12…20 %, K 95…98 % in steps of 0.5."""

    def steps(low: str, high: str, by: str) -> list[Fraction]:
        count = (Fraction(high) - Fraction(low)) / Fraction(by)
        return [Fraction(low) + Fraction(by) * at for at in range(int(count) + 1)]

    wanted = {"c_high": ("2", "5", "0.5"), "c_mid": ("-1", "2", "0.5"), "c_low": ("-4", "-1", "0.5")}
    lists = {"checklist-f4": wanted, "highways-low-price": wanted}
    lists["works-abc"] = {"delta": ("12", "20", "1"), "k": ("95", "98", "0.5")}
    for name, coefficients in lists.items():
        rules: Any = load(name)[0]
        drawn = {one["name"]: [Fraction(value) for value in one["values"]] for one in rules["draws"]}
        assert drawn == {one: steps(*ends) for one, ends in coefficients.items()}


def test_the_law_of_f1() -> None:
    """Table, F1: W ≥ 30 % goods, ≥ 10 % services; averages and trimming are refused."""
    assert PRICE_MINIMUM == {"goods": 30, "services": 10}
    assert {name for name, rule in RULES.items() if not rule.averages} == {"F1", "F15"}


def deducted(rate: str, category: str = "goods") -> tuple[dict[str, Any], dict[str, Any]]:
    small = {"id": "small", "clause": "6.1", "title": text("small"), "question": "size"}
    evaluated = {
        "clause": "6",
        "deductions": [{**small, "per_cent": {"micro": rate, "large": "0"}}],
        "rounding": HALF_UP_2,
    }
    rules, form = priced(F1_PRICE, evaluated_price=evaluated, law="procurement", category=category)
    form["parts"]["offer"].append(chosen("size", "micro", "large"))
    return rules, form


def answering(key: str, price: str, **answers: str) -> OpenedBid:
    return OpenedBid(key, {"offer": {"price": price, **answers}})


def test_f2_marks_deducted_prices_and_contracts_at_the_bid() -> None:
    """Table, F2: evaluated price = bid · (1 − d), marks by F1 on evaluated prices, contract at the bid."""
    report = run(deducted("20"), answering("big", "90", size="large"), answering("small", "100", size="micro"))
    assert certificate(report, "small", "evaluated_price")["result"] == "80"
    assert certificate(report, "small", "price")["result"] == "30.00"
    assert certificate(report, "big", "price")["result"] == "26.67"  # 80/90 · 30
    assert [(row["bid_key"], row["price_fen"]) for row in report.ranking] == [("small", 10_000), ("big", 9_000)]


RATES: Final = {
    "goods": ({"10", "20", "4", "6"}, {"3.99", "6.01", "9.99", "20.01"}),
    "services": ({"10", "20", "4", "6"}, {"3.99", "6.01", "9.99", "20.01"}),
    "works": ({"3", "5"}, {"2.99", "5.01", "10"}),
}


@pytest.mark.parametrize("category", RATES)
def test_f2_ranges(category: str) -> None:
    """Table, F2: d 10–20 % goods and services, 4–6 % a consortium's share, 3–5 % works."""
    good, bad = RATES[category]
    for rate in good | bad:
        found = {one.code for one in lint(*deducted(rate, category), 10_000)}
        assert ("lint.deduction_range" in found) == (rate in bad), rate
    assert deduction.RANGES[category][0] == ((3, 5) if category == "works" else (10, 20))


FLAGGED: Final = {
    ("100 90 45", 100): {},
    ("100 90 44.9", 100): {"44.9": ("second", "ceiling")},
    ("1000000 950000 420000 880000", 1_200_000): {"420000": ("second", "ceiling")},
    # ① 50 % of the mean of conforming bids: mean 1,000, strictly below 500; ② the second-lowest is 900; ③ no ceiling
    ("1299 1301 900 499.99 1000.01", None): {"499.99": ("mean",)},
}


@pytest.mark.parametrize(("bids", "ceiling"), FLAGGED)
def test_f12_worked_numbers(bids: str, ceiling: int | None) -> None:
    """Worked numbers and table, F12: strictly below 50 % of mean, 50 % of second-lowest, 45 % of ceiling."""
    document = {"clause": "5", "minutes": 30, "mean": "50", "second": "50", "ceiling": "45"}
    prices = {price: int(Fraction(price) * 100) for price in bids.split()}
    found = screen(document, prices, None if ceiling is None else ceiling * 100)
    assert dict(found.flags) == FLAGGED[bids, ceiling]


def test_f12_ranges() -> None:
    """Table, F12: each share may be raised to 65 % at most; an explanation has 30 minutes at least."""
    assert (lint_screen.LEAST, lint_screen.MOST, lint_screen.MINUTES) == (
        {"mean": 50, "second": 50, "ceiling": 45},
        65,
        30,
    )


def test_f13_the_lowest_evaluated_price_wins() -> None:
    """Table, F13: price corrected and adjusted for agreed deviations, then the lowest."""
    late = {"kind": "each", "id": "late", "clause": "4.2", "title": text("late"), "question": "days", "free": "30"}
    evaluated = {"clause": "4", "adjustments": [{**late, "yuan": "10.5"}]}
    rules, form = lowest(evaluated_price=evaluated, law="none")
    form["parts"]["offer"].append(asked("days", "integer"))
    report = run((rules, form), answering("late", "1000", days="33"), answering("soon", "1020", days="30"))
    # 1000 + 3 · 10.5 = 1031.50 against 1020
    assert certificate(report, "late", "evaluated_price")["result"] == "1031.5"
    assert [row["bid_key"] for row in report.ranking] == ["soon", "late"]


def test_f14_worked_number() -> None:
    """Worked numbers, F14: 6.125 → 6.13, where half-even and floats give 6.12; dropped from five experts up."""
    row = ("6", "6", "6", "6", "6", "6", "6.75", "7")
    marks = {f"e{number}": mark for number, mark in enumerate(row)}
    assert panel_mark(Panel(1, 5, 1, "same", Rounding(HALF_UP, 2), None), marks)[1] == Fraction("6.13")
    assert panel_mark(Panel(1, 5, 1, "same", Rounding(HALF_EVEN, 2), None), marks)[1] == Fraction("6.12")
    kept = [float(mark) for mark in sorted(row)[1:-1]]
    assert round(sum(kept) / 6, 2) == 6.12
    assert Decimal("6.125").quantize(Decimal("0.01"), ROUND_HALF_EVEN) == Decimal("6.12")
    four = {f"e{number}": mark for number, mark in enumerate(("6", "6", "6", "7"))}
    assert panel_mark(Panel(1, 5, 1, "same", Rounding(HALF_UP, 2), None), four)[1] == Fraction("6.25")


def test_f15_quality_and_cost() -> None:
    """Table, F15: S = St · T + Sf · P behind a technical threshold of 70."""
    stage = {
        "id": "technical", "kind": "technical", "title": text("t"), "clause": "2", "threshold": "70",
        "weight": {"by": "0.8", "rounding": HALF_UP_2},
    }  # fmt: skip
    line = {
        "id": "st", "kind": "line", "clause": "2.1", "title": text("st"), "question": "points", "stage": "technical",
        "from": {"at": "0", "points": "0"}, "to": {"at": "100", "points": "100"}, "rounding": HALF_UP_2,
    }  # fmt: skip
    price = {**F1_PRICE, "rule": "F15", "weight": "20", "params": {"score": HALF_UP_2, "mark": HALF_UP_2}}
    rules, form = priced(price, stages=[stage], criteria=[line], law="none")
    form["parts"]["offer"].append(asked("points", "integer"))
    bids = [
        answering(*bid, points=points)
        for bid, points in {("a", "100"): "80", ("b", "120"): "90", ("c", "50"): "69"}.items()
    ]
    report = run((rules, form), *bids)
    # 80 · 0.8 + 100 · 0.2; 90 · 0.8 + 83.33 · 0.2 = 72 + 16.666; 69 is below 70, so Fm is 100 and not 50
    assert {row["bid_key"]: row["total"] for row in report.ranking} == {"a": "84.00", "b": "88.67"}
    assert report.sheets["c"]["state"] == "rejected"


def test_f16_is_an_exact_fraction() -> None:
    """Table, F16: price / (1 + Σ weight / price weight); 100 yuan, 5 and 10 points: 100 / (1 + 15/85)."""
    features = [
        {"id": name, "clause": "4", "title": text(name), "question": name, "points": {"yes": points, "no": "0"}}
        for name, points in (("warranty", "5"), ("green", "10"))
    ]
    rules, form = lowest(evaluated_price={"clause": "4", "features": features}, law="none")
    form["parts"]["offer"] += [asked("warranty", "boolean"), asked("green", "boolean")]
    rich, plain = dict.fromkeys(("warranty", "green"), "yes"), dict.fromkeys(("warranty", "green"), "no")
    report = run((rules, form), answering("rich", "100", **rich), answering("plain", "85.01", **plain))
    assert certificate(report, "rich", "evaluated_price")["result"] == "85"
    assert [row["bid_key"] for row in report.ranking] == ["rich", "plain"]


def test_marks_are_not_refused_to_trimmed_bids() -> None:
    """Known mistakes: bids trimmed from an average still get marks."""
    report = run(priced({**F1_PRICE, "rule": "F3", "params": DEVIATION}), *(offer(key, p) for key, p in PRICES.items()))
    assert {row["bid_key"] for row in report.ranking} == set(PRICES)
    assert all(certificate(report, key, "price")["result"] for key in PRICES)


PRICES: Final = {"a": "950", "b": "980", "c": "1000", "d": "1020", "e": "1100"}


@pytest.mark.parametrize("price", ["NaN", "true", "1e-9", True, 1e-9, float("nan"), None, "Infinity", "１００"])
def test_no_price_is_read_from_what_is_none(price: object) -> None:
    """Known mistakes: NaN, `true` and 1e-9 accepted as prices."""
    report = run(lowest(), offer("a", price), offer("b", "100"))
    assert (report.sheets["a"]["state"], report.sheets["b"]["state"]) == ("rejected", "ranked")


def test_a_cost_of_55_ranks_before_one_of_100() -> None:
    """Known mistakes: a mixed auction ranking a cost of 100 over 55."""
    report = run(lowest(), offer("a", "100"), offer("b", "55"))
    assert [row["bid_key"] for row in report.ranking] == ["b", "a"]


def test_a_weight_is_no_float() -> None:
    """Known mistakes: 9/7 becoming 630503947831869450/…: a published decimal is the fraction that it says."""
    rules, _ = priced(F1_PRICE)
    broken = copy.deepcopy(rules)
    broken["price"]["weight"] = 9 / 7
    assert [(one.code, one.path) for one in lint(broken)] == [("shape.type", "/price/weight")]
    assert Fraction(9 / 7) != Fraction(9, 7)
