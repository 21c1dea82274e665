"""The batch rules against the exact ones: the same benchmark to the fen, the same marks, the same winner."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pytest

from evaluation.rules.price import RULES
from evaluation.rules.price.base import Setting
from evaluation.simulate import formulas
from evaluation.simulate.field import Field, rounded
from evaluation.simulate.formulas import ten
from evaluation.simulate.rules import formula
from evaluation.simulate.streams import Luck, generator
from ledger.basics.errors import Refusal
from tests.support.sampling import sample
from tests.unit.evaluation import price_params
from tests.unit.evaluation.price_params import F6, F7, F8, F9, TO_2, TO_YUAN
from tests.unit.evaluation.rules_kit import checked, lowest, priced

CEILING: Final = 1_000_000_00
DOWN: Final = {"mode": "down", "places": 1}
DEVIATION: Final = {**price_params.DEVIATION, "floor": "10"}
F4: Final = {
    **{name: name for name in ("c_high", "c_mid", "c_low")},
    "high_from": "95",
    "low_to": "90",
    "average": TO_YUAN,
    "base": TO_YUAN,
    **DEVIATION,
}
PARAMS: Final[dict[str, dict[str, Any]]] = {
    "F1": {"mark": TO_2},
    "F3": {"base": TO_2, **DEVIATION},
    "F4": F4,
    "F5": {"many": 5, **F4},
    "F6": {**F6, **DEVIATION},
    "F7": {**F7, **DEVIATION},
    "F8": {**F8, "mark": DOWN},
    "F9": F9,
    "F10": {"floor": "0", "base": DOWN, "mark": TO_2},
    "F11": {"variant": "low_half", "base": TO_2, **DEVIATION},
    "F15": {"score": TO_2, "mark": TO_2},
}
CASES: Final = [*PARAMS.items(), ("F11", {"variant": "lowest", "base": TO_2, **DEVIATION})]
LISTS: Final = {
    "c_high": ["2", "3.5", "5"],
    "c_mid": ["-1", "0.5", "2"],
    "c_low": ["-4", "-2.5", "-1"],
    "delta": ["12", "15", "20"],
    "k": ["95", "96.5", "98"],
    "q1": ["65", "75", "85"],
    "k1": ["95", "97"],
    "k2": ["90", "93"],
    "a": ["30", "45"],
    "b": ["5", "20"],
    "c": ["5", "10"],
    "e": ["35", "50"],
    "f": ["5", "30"],
    "c1": ["40", "60"],
    "r": ["0", "5"],
}


def of_rule(name: str, params: dict[str, Any]) -> tuple[Any, list[str]]:
    used = list(RULES[name].draws(params))
    draws = [{"name": draw, "values": LISTS[draw]} for draw in used]
    price = {"rule": name, "clause": "5", "title": {"zh": "价格", "en": "Price"}, "weight": "50", "params": params}
    return checked(priced(price, draws=draws))[0], used


def fields(name: str, bids: int, trials: int) -> Any:
    """Prices with ties, wide and narrow, some of them without a part (NaN), in whole fen."""
    rng = generator(7, name, str(bids))
    spread = rng.choice([0.002, 0.05, 0.4], size=(trials, 1))
    prices = np.floor(CEILING * np.clip(0.9 + spread * rng.standard_normal((trials, bids)), 0.2, 1.0))
    prices[::3] = np.floor(prices[::3] / 100_000) * 100_000
    prices[rng.random(prices.shape) < 0.15] = np.nan
    prices[np.isnan(prices).all(axis=1), 0] = CEILING
    return prices


@pytest.mark.parametrize(("name", "params"), CASES, ids=lambda case: case if isinstance(case, str) else "")
@pytest.mark.parametrize("bids", [1, 2, 3, 4, 6, 7, 12, 23])
def test_a_batch_rule_is_the_exact_rule(name: str, params: dict[str, Any], bids: int) -> None:
    trials = sample(400, 40)
    rules, used = of_rule(name, params)
    batch, luck, prices = formula(rules, CEILING), Luck(3, name, trials), fields(name, bids, trials)
    base = batch.benchmark(Field.of(prices), luck)
    marks = batch.marks(prices, base)
    for trial in range(trials):
        held = {f"{at:03}": int(price) for at, price in enumerate(prices[trial]) if not np.isnan(price)}
        draws = {draw: LISTS[draw][int(luck.each(f"draw:{draw}")[trial] * len(LISTS[draw]))] for draw in used}
        setting = Setting(Fraction(50), params, CEILING, draws, picked(luck, trial, bids))
        try:
            exact = RULES[name].benchmark(setting, held)
        except Refusal:
            assert np.isnan(base[trial])
            continue
        assert abs(float(exact.value * 100) - base[trial]) <= 1, (trial, held)
        if abs(float(exact.value * 100) - base[trial]) < 1e-3:
            for bid, price in held.items():
                mark = RULES[name].mark(setting, exact.value, price)[1]
                assert abs(float(mark) - marks[trial, int(bid)]) < 1e-6, (trial, price, float(mark))


def picked(luck: Luck, trial: int, bids: int) -> Any:
    """What the exact rule is told to draw: the very item that the batch draws."""

    def pick(name: str, items: Sequence[str]) -> str:
        if name == "band":
            bands = ("c_high", "c_mid", "c_low")
            return min(items, key=lambda item: luck.table("band", 3)[trial, bands.index(item)])
        return min(items, key=lambda item: luck.table("b", bids)[trial, int(item)])

    return pick


def test_benchmarks_agree_to_the_last_digit_nearly_always() -> None:
    """A float may fall on the other side of a rounding; it seldom does."""
    rules, _ = of_rule("F3", PARAMS["F3"])
    prices = fields("often", 9, 300)
    base = formula(rules, CEILING).benchmark(Field.of(prices), Luck(3, "often", 300))
    setting = Setting(Fraction(50), PARAMS["F3"], CEILING, {}, lambda _, items: items[0])
    exact = [
        RULES["F3"]
        .benchmark(setting, {str(at): int(price) for at, price in enumerate(row) if not np.isnan(price)})
        .value
        for row in prices
    ]
    assert [Fraction(round(value), 100) for value in base] == exact


def test_the_lowest_price_is_the_formula_where_there_are_no_marks() -> None:
    assert formula(checked(lowest())[0], CEILING).name == "lowest_price"


def by_hand(name: str, row: Sequence[float], ceiling: float = 1000.0) -> float:
    one = next(one for one in ten(ceiling) if one.name == name)
    return float(one.benchmark(Field.of(np.array([row], dtype=np.float64)), Luck(1, "hand", 1))[0])


def test_formulas_without_a_draw_by_hand() -> None:
    row = [900.0, 1000.0, 1100.0, 1400.0]
    assert by_hand("lowest_price", row) == 900
    assert by_hand("plain_mean", row) == 1100
    assert by_hand("median", row) == 1050
    assert by_hand("median", row[:3]) == 1000
    assert by_hand("second_average", row) == 1050  # 1100 and the mean of 900, 1000, 1100
    assert by_hand("trimmed_mean", [1.0, 900.0, 1000.0, 1100.0, 5000.0]) == 1000
    assert by_hand("iterated_exclusion", [90.0, 100.0, 110.0, 200.0]) == pytest.approx(95.0)


def test_formulas_with_a_draw_stay_within_their_lists() -> None:
    field, luck = Field.of(np.full((500, 12), 800.0)), Luck(5, "lists", 500)
    discounted = formulas.discounted_mean(field, luck)
    assert {round(value) for value in discounted} == {round(800 * (1 - c / 200)) for c in range(4, 11)}
    mixed = formulas.mixed(1000.0)(field, luck)
    assert 800 * 0.95 < mixed.min() < mixed.max() < 0.98 * 880
    assert (formulas.subset_mean(field, luck) == 800).all()


def test_nine_bids_are_drawn_of_those_that_take_part() -> None:
    prices = np.arange(1.0, 16.0)[None, :].repeat(2000, axis=0)
    prices[:, 12:] = np.nan
    means = formulas.subset_mean(Field.of(prices), Luck(5, "nine", 2000))
    assert 5 <= means.min() < means.max() <= 8  # of 1 … 12: the nine lowest, the nine highest
    assert abs(means.mean() - 6.5) < 0.1


def test_rounding_is_half_away_from_zero_also_where_a_float_lies_below_it() -> None:
    values = np.array([0.125, -0.125, 1.005, 2.675, -2.675, 0.1249])
    assert rounded(values, 2).tolist() == [0.13, -0.13, 1.01, 2.68, -2.68, 0.12]
    assert rounded(values, 2, "down").tolist() == [0.12, -0.12, 1.0, 2.67, -2.67, 0.12]


def test_a_rule_that_is_not_simulated_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from evaluation.simulate import rules as batch

    rules, _ = of_rule("F3", PARAMS["F3"])
    monkeypatch.setattr(batch, "_BENCHMARKS", {"F1": lambda *_: None})
    with pytest.raises(Refusal) as refused:
        formula(rules, CEILING)
    assert refused.value.code == "simulate.rule"
