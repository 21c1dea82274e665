"""F5, reasonable low price with a drawn band: from `many` bids up only the prices of one band are averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evaluation.vector.price import deviation
from evaluation.vector.price.base import Given, Prices, Rational, VectorRule, of_ceiling, total
from evaluation.vector.price.f4 import lowered
from evaluation.vector.rounding import ONE, at_least, share


def benchmark(given: Given, prices: Prices, keys: Sequence[str]) -> Rational:
    """The band is drawn from those that hold a bid. Raises `Refusal("price.no_ceiling")`."""
    del keys
    params, ceiling = given.params, of_ceiling(given, "F5")
    if len(prices) < params["many"]:
        return lowered(given, "F5", total(prices), len(prices))
    high = prices >= min(at_least(ceiling * share(params["high_from"]), ONE), 2**63 - 1)
    low = ~high & (prices <= min(ceiling * share(params["low_to"]) // ONE, 2**63 - 1))
    bands = {"c_high": high, "c_low": low, "c_mid": ~(high | low)}
    band = given.pick("band", [name for name in sorted(bands) if bands[name].any()])
    chosen = prices[bands[band]]
    return lowered(given, "F5", total(chosen), len(chosen), band)


F5: Final = VectorRule("F5", benchmark, deviation.marks)
