"""F8, drawn mixture and five bands.

C = a · mean + b · median + c · (Q₁ + Q₃)/2 + (1 − a − b − c) · geometric mean     (n ≥ 5)
C = e · mean + f · median + (1 − e − f) · geometric mean                           (n < 5)
T = round((ceiling · C1 + C · (1 − C1)) · (1 − r))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from evaluation.vector.price.base import (
    Given,
    Prices,
    Rational,
    VectorRule,
    base_of,
    excess,
    mark_rounding,
    of_ceiling,
    total,
)
from evaluation.vector.price.geometric import geometric_mean
from evaluation.vector.rounding import ONE, at_least, lowest, share
from evaluation.vector.whole import Whole, rounded

MANY: Final = 10
QUARTILES_FROM: Final = 5
_DRAWS: Final = ("a", "b", "c", "e", "f", "c1", "r")


def benchmark(given: Given, prices: Prices, keys: Sequence[str]) -> Rational:
    """The drawn mixture T; one sorted copy of the prices is all it needs. Raises `Refusal("price.no_ceiling")`."""
    del keys
    ceiling = of_ceiling(given, "F8")
    drawn = {name: share(given.draws[given.params[name]]) for name in _DRAWS}
    kept = _kept(given, np.sort(prices), ceiling)
    fen, of = _mixture(kept, drawn)
    mixed = ceiling * of * drawn["c1"] + fen * (ONE - drawn["c1"])
    return base_of(given, "F8", mixed * (ONE - drawn["r"]), of * ONE * ONE)


def _kept(given: Given, ordered: Prices, ceiling: int) -> Prices:
    """The sorted prices without those far below the ceiling (if that leaves any), trimmed if they are many."""
    least = at_least(ceiling * share(given.params["drop"]), ONE)
    if least <= int(ordered[-1]):
        ordered = ordered[np.searchsorted(ordered, least) :]
    count = len(ordered)
    if count < MANY:
        return ordered
    low, high = (count * share(given.params[name]) // ONE for name in ("trim_low", "trim_high"))
    return ordered[low : count - high]


def _mixture(kept: Prices, drawn: Mapping[str, int]) -> tuple[int, int]:
    """C as a numerator (fen) and a denominator: everything is counted in eighths of n-ths of `ONE`."""
    count = len(kept)
    mean, middle, root = 8 * total(kept), 2 * count * _four_quartiles(kept, 2), 8 * count * geometric_mean(kept)
    if count >= QUARTILES_FROM:
        hinge = count * (_four_quartiles(kept, 1) + _four_quartiles(kept, 3))
        rest = ONE - drawn["a"] - drawn["b"] - drawn["c"]
        mixed = drawn["a"] * mean + drawn["b"] * middle + drawn["c"] * hinge + rest * root
    else:
        mixed = drawn["e"] * mean + drawn["f"] * middle + (ONE - drawn["e"] - drawn["f"]) * root
    return mixed, 8 * count * ONE


def _four_quartiles(ordered: Prices, quarter: int) -> int:
    """Four times the quartile at `quarter · (n + 1) / 4`, interpolated, within the prices."""
    place, rest = divmod(quarter * (len(ordered) + 1), 4)
    last = len(ordered) - 1
    below, above = (int(ordered[min(max(at, 0), last)]) for at in (place - 1, place))
    return below * (4 - rest) + above * rest


def marks(given: Given, base: Rational, prices: Whole) -> Whole:
    """What each band takes off or puts back, added up: in every band the slope of the mark is another."""
    delta, whole = excess(base, prices, 100)  # of the benchmark, in per cent: bands end at 5 and 10 times `whole`
    five, ten = 5 * whole, 10 * whole
    of_hundred = (
        100 * whole
        + delta.at_least(-ten).at_most(0) * 2
        + (delta + ten).at_most(0)
        - delta.at_least(0).at_most(five) * 4
        - (delta - five).at_least(0).at_most(five) * 3
        - (delta - ten).at_least(0) * 2
    )
    to, weight = mark_rounding(given), given.weight
    scale, bottom = lowest(weight.numerator * to.scale, 100 * weight.denominator * whole)
    return rounded(of_hundred.at_least(0) * scale, bottom, to.mode)


F8: Final = VectorRule("F8", benchmark, marks)
