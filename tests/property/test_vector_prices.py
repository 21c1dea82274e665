"""Two implementations, one in fractions and one in arrays: the same benchmark, the same marks, the same refusals."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.rules import price
from evaluation.rules.exact import MODES
from evaluation.rules.price.base import Setting
from evaluation.vector import RULES, score
from ledger.basics.errors import Refusal
from tests.support.sampling import sample

EXAMPLES: Final = sample(20_000, 1_000) // len(RULES)
HIGHEST: Final = 10**15

DRAWS: Final = ("x", "y", "z", "u", "v", "w", "t")
PLACES: Final = st.integers(0, 6)
ROUNDINGS: Final = st.fixed_dictionaries({"mode": st.sampled_from(MODES), "places": PLACES})


def decimals(most: int) -> st.SearchStrategy[str]:
    """Published decimals: whole ones, some with two places, some with as many as a shape allows."""
    places = st.sampled_from((0, 0, 1, 2, 2, 10))
    return places.flatmap(lambda p: st.integers(0, most * 10**p).map(lambda whole: written(whole, p)))


def written(whole: int, places: int) -> str:
    """`whole / 10^places` as a decimal."""
    size = str(abs(whole)).rjust(places + 1, "0")
    text = f"{size[:-places]}.{size[-places:]}" if places else size
    return f"-{text}" if whole < 0 else text


SHARES: Final = decimals(100)
# Few values, and these often 0: what is taken off on one side only, and nothing at all.
RATES: Final = st.one_of(st.just("0"), decimals(3), decimals(10**6))
FLOORS: Final = st.one_of(st.just("0"), decimals(60))
DRAWN: Final = st.one_of(
    st.sampled_from(("0.5", "3.5", "15", "97")),
    st.sampled_from(("0.5", "-2.5", "20", "30", "0", "100", "150")),
    st.integers(1, 99 * 10**4).map(lambda whole: written(whole, 4)),
)
DEVIATION: Final[dict[str, st.SearchStrategy[Any]]] = {
    "up": RATES,
    "down": RATES,
    "floor": FLOORS,
    "deviation": ROUNDINGS,
    "mark": ROUNDINGS,
    "base": ROUNDINGS,
}
F4: Final[dict[str, st.SearchStrategy[Any]]] = {
    **{name: st.sampled_from(DRAWS) for name in ("c_high", "c_mid", "c_low")},
    "high_from": st.sampled_from(("95", "60", "99.99", "100")),
    "low_to": st.sampled_from(("90", "30", "0.5", "59.9999999999")),
    "average": ROUNDINGS,
    **DEVIATION,
}
MIXTURES: Final = st.sampled_from((("50", "30", "20"), ("0", "100", "0"), ("33.3", "33.3", "33.4"), ("0", "0", "100")))
PARAMS: Final[dict[str, st.SearchStrategy[dict[str, Any]]]] = {
    "F1": st.fixed_dictionaries({"mark": ROUNDINGS}),
    "F3": st.fixed_dictionaries(DEVIATION),
    "F4": st.fixed_dictionaries(F4),
    "F5": st.fixed_dictionaries({"many": st.sampled_from((2, 3, 15)), **F4}),
    "F6": st.builds(
        lambda body, shares: {**body, **dict(zip("abc", shares, strict=True))},
        st.fixed_dictionaries(
            {
                "delta": st.sampled_from(DRAWS),
                "k": st.sampled_from(DRAWS),
                "mean_share": SHARES,
                "limit_share": st.sampled_from(("75", "0", "100", "99.9", "120")),
                "below": st.sampled_from(("95", "100", "120.5", "1000")),
                **DEVIATION,
            }
        ),
        MIXTURES,
    ),
    "F7": st.fixed_dictionaries(
        {
            **{name: st.sampled_from(DRAWS) for name in ("q1", "k1", "k2")},
            "trim": st.sampled_from(("20", "0", "25", "35", "7.1428571429")),
            **DEVIATION,
        }
    ),
    "F8": st.fixed_dictionaries(
        {
            **{name: st.sampled_from(DRAWS) for name in ("a", "b", "c", "e", "f", "c1", "r")},
            "drop": st.sampled_from(("80", "0", "100", "33.3333333333")),
            "trim_low": st.sampled_from(("10", "0", "35", "9.9999999999")),
            "trim_high": st.sampled_from(("15", "0", "35", "33.3")),
            "base": ROUNDINGS,
            "mark": ROUNDINGS,
        }
    ),
    "F9": st.fixed_dictionaries(
        {
            "limit": st.sampled_from(("30", "0", "5", "50.5", "200")),
            "mu": SHARES,
            "free": st.sampled_from(("2", "0", "0.3333333333")),
            **{name: DEVIATION[name] for name in ("up", "down", "floor", "base", "mark")},
        }
    ),
    "F10": st.fixed_dictionaries({name: DEVIATION[name] for name in ("floor", "base", "mark")}),
    "F15": st.fixed_dictionaries({"score": ROUNDINGS, "mark": ROUNDINGS}),
    "F11": st.fixed_dictionaries({"variant": st.sampled_from(("low_half", "lowest")), **DEVIATION}),
}


@st.composite
def lots(draw: st.DrawFn) -> tuple[list[int], int]:
    """Prices in fen and a ceiling: close together, far apart, many alike, the smallest and the largest there are."""
    middle = draw(st.sampled_from((1, 2, 100, 99_999, 10**8, 98_765_432_10, 10**12, HIGHEST)))
    wide = st.integers(1, HIGHEST)
    near = st.integers(max(1, middle * 7 // 10), min(HIGHEST, middle * 13 // 10 + 1))
    few = st.sampled_from(draw(st.lists(near, min_size=1, max_size=3)))
    price = draw(st.sampled_from((wide, near, near, few, st.integers(1, 6), st.sampled_from((1, HIGHEST)))))
    # Rules change at two, four, five, seven and ten bids, and at numbers of their own.
    prices = draw(st.lists(price, min_size=1, max_size=draw(st.sampled_from((1, 2, 3, 4, 6, 9, 24)))))
    over = st.integers(min(max(prices) * 9 // 10 + 1, HIGHEST), min(HIGHEST, max(prices) * 3 // 2))
    return prices, draw(st.one_of(over, over, st.just(max(prices))))


@st.composite
def lots_for(draw: st.DrawFn, rule: str) -> tuple[Setting, list[int]]:
    """What a rule is given, and prices."""
    weight = draw(st.one_of(decimals(100), st.sampled_from(("30", "100", "0.0000000001", "999999999999999"))))
    drawn = draw(st.fixed_dictionaries(dict.fromkeys(DRAWS, DRAWN)))
    place = draw(st.integers(0, 23))
    prices, ceiling = draw(lots())

    def pick(_name: str, items: Sequence[str]) -> str:
        return items[place % len(items)]

    return Setting(Fraction(weight), draw(PARAMS[rule]), ceiling, drawn, pick), prices


def reference(rule: str, setting: Setting, prices: Sequence[int]) -> tuple[tuple[int, int], list[int]] | Refusal:
    """Benchmark, and marks in units of their last place."""
    amounts = {f"bid-{place:03}": fen for place, fen in enumerate(prices)}
    try:
        base = price.RULES[rule].benchmark(setting, amounts).value
    except Refusal as refusal:
        return refusal
    scale = 10 ** setting.params["mark"]["places"]
    marks = [price.RULES[rule].mark(setting, base, fen)[1] * scale for fen in prices]
    assert all(mark.denominator == 1 for mark in marks)
    return base.as_integer_ratio(), [mark.numerator for mark in marks]


def twin(rule: str, setting: Setting, prices: Sequence[int]) -> tuple[tuple[int, int], list[int]] | Refusal:
    """The same by the other way."""
    keys = [f"bid-{place:03}" for place in range(len(prices))]
    try:
        found = score(rule, setting, np.array(prices, dtype=np.int64), keys)
    except Refusal as refusal:
        return refusal
    assert found.marks.dtype in (np.int64, object)
    return found.benchmark, found.marks.tolist()


def same(left: object, right: object) -> bool:
    if isinstance(left, Refusal) and isinstance(right, Refusal):
        return (left.code, left.params) == (right.code, right.params)
    return left == right


@pytest.mark.parametrize("rule", sorted(RULES))
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_both_give_the_same_benchmark_and_the_same_marks(rule: str, data: st.DataObject) -> None:
    setting, prices = data.draw(lots_for(rule))
    ours, theirs = twin(rule, setting, prices), reference(rule, setting, prices)
    assert same(ours, theirs), (ours, theirs)


TO_2: Final = {"mode": "half_up", "places": 2}
PLAIN: Final = {"up": "1", "down": "0.5", "floor": "0", "deviation": TO_2 | {"places": 4}, "base": TO_2, "mark": TO_2}
BANDS: Final = {"c_high": "x", "c_mid": "y", "c_low": "z", "high_from": "95", "low_to": "90", "average": TO_2}
ABC: Final = {"delta": "x", "k": "y", "mean_share": "70", "limit_share": "75", "below": "95", "a": "0", "b": "100"}
MIXED: Final = {"a": "x", "b": "y", "c": "z", "e": "u", "f": "v", "c1": "w", "r": "t", "drop": "80"}
TRIMMED: Final = {"trim_low": "10", "trim_high": "15", "base": TO_2, "mark": TO_2}
LIMITED: Final = {"limit": "30", "mu": "90", "free": "2"}
CEILING: Final = 100_000


@pytest.mark.parametrize(
    ("rule", "params", "prices"),
    [
        ("F4", BANDS, [90_000]),
        ("F4", BANDS, [89_999]),
        ("F4", BANDS, [95_000]),
        ("F4", BANDS, [94_999]),
        ("F5", BANDS | {"many": 2}, [90_000, 90_001, 91_000]),
        ("F5", BANDS | {"many": 2}, [94_999, 95_000, 96_000]),
        ("F5", BANDS | {"many": 4}, [80_000, 92_000, 96_000, 97_000]),
        ("F5", BANDS | {"many": 5}, [80_000, 92_000, 96_000, 97_000]),
        # A is 98 % of the ceiling, and B lies below 95 % of that
        ("F6", ABC | {"c": "0"}, [93_100]),
        ("F6", ABC | {"c": "0"}, [80_000, 92_000, 93_100]),
        *(
            ("F7", {"q1": "u", "k1": "v", "k2": "w", "trim": "25"}, [70_000 + 97 * n * n for n in range(count)])
            for count in range(1, 12)
        ),
        *(("F8", MIXED | TRIMMED, [80_000 + 97 * n * n for n in range(count)]) for count in range(1, 14)),
        ("F8", MIXED | TRIMMED, [79_999, 80_000, 90_000]),
        ("F8", MIXED | TRIMMED, [1, 2, 79_999]),
        ("F8", MIXED | TRIMMED, [1, 2, 80_000]),
        ("F9", LIMITED, [5_000, 10_000, 15_000]),
        ("F9", LIMITED, [7_000, 10_000, 13_000]),
        ("F9", LIMITED, [6_999, 10_000, 13_000]),
        ("F9", LIMITED, [1, 100_000]),
        ("F11", {"variant": "low_half"}, [100, 200, 300]),
    ],
)
def test_both_agree_where_a_rule_changes(rule: str, params: dict[str, Any], prices: list[int]) -> None:
    drawn = dict(zip(DRAWS, ("2", "30", "-2.5", "40", "20", "50", "5"), strict=True))
    # The last of what can be drawn, so that one item more or fewer shows.
    asked = Setting(Fraction(60), PLAIN | params, CEILING, drawn, lambda _name, items: items[-1])
    found = twin(rule, asked, prices)
    assert not isinstance(found, Refusal)
    assert found == reference(rule, asked, prices)


@pytest.mark.parametrize("rule", ["F4", "F5", "F6", "F7", "F8", "F10"])
def test_both_refuse_a_rule_without_the_ceiling_that_it_needs(rule: str) -> None:
    def pick(_name: str, items: Sequence[str]) -> str:
        return items[0]

    without = Setting(Fraction(50), {}, None, {}, pick)
    ours, theirs = twin(rule, without, [1, 2]), reference(rule, without, [1, 2])
    assert isinstance(ours, Refusal)
    assert ours.code == "price.no_ceiling"
    assert same(ours, theirs)


def test_the_twin_has_every_rule_with_a_benchmark() -> None:
    assert sorted(RULES) == sorted(price.RULES)
