"""F11, second average: the mean of the mean m and of what is not above it, or of m and the lowest price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evaluation.vector.price import deviation
from evaluation.vector.price.base import Given, Prices, Rational, VectorRule, base_of, total


def benchmark(given: Given, prices: Prices, keys: Sequence[str]) -> Rational:
    """`(S/n + s/k) / 2`, s being the sum of k prices."""
    del keys
    everything, count = total(prices), len(prices)
    if given.params["variant"] == "lowest":
        second, few = int(prices.min()), 1
    else:
        low = prices[prices <= everything // count]
        second, few = total(low), len(low)
    return base_of(given, "F11", everything * few + second * count, 2 * count * few)


F11: Final = VectorRule("F11", benchmark, deviation.marks)
