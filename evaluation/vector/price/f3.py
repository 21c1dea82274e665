"""F3, mean with deviation: from four bids up without one highest and one lowest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evaluation.vector.price import deviation
from evaluation.vector.price.base import Given, Prices, Rational, VectorRule, base_of, total

TRIM_FROM: Final = 4


def benchmark(given: Given, prices: Prices, keys: Sequence[str]) -> Rational:
    """The sum less its extremes, over how many are left: no price need be moved for that."""
    del keys
    left, count = total(prices), len(prices)
    if count >= TRIM_FROM:
        left, count = left - int(prices.min()) - int(prices.max()), count - 2
    return base_of(given, "F3", left, count)


F3: Final = VectorRule("F3", benchmark, deviation.marks)
