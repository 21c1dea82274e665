"""F4, reasonable low price: the rounded mean less the coefficient drawn for the band of the ceiling it falls in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evaluation.vector.price import deviation
from evaluation.vector.price.base import Given, Prices, Rational, VectorRule, base_of, of_ceiling, total
from evaluation.vector.rounding import ONE, divided, rounding, share


def benchmark(given: Given, prices: Prices, keys: Sequence[str]) -> Rational:
    """Of all prices. Raises `Refusal("price.no_ceiling")`."""
    del keys
    return lowered(given, "F4", total(prices), len(prices))


def lowered(given: Given, rule: str, fen: int, count: int, band: str = "") -> Rational:
    """The mean `fen / count` less the coefficient of `band`, or of the one that its rounding falls in."""
    params, ceiling = given.params, of_ceiling(given, rule)
    to = rounding(params["average"])
    # In fen over the scale of the average, which is rounded in yuan.
    average = 100 * divided(fen * to.scale, 100 * count, to.mode)
    coefficient = share(given.draws[params[band or band_of(given, average, ceiling * to.scale)]])
    return base_of(given, rule, average * (ONE - coefficient), to.scale * ONE)


def band_of(given: Given, part: int, whole: int) -> str:
    """`c_high`, `c_mid` or `c_low`: where `part / whole` lies; the band's edges belong to the outer bands."""
    if part * ONE >= whole * share(given.params["high_from"]):
        return "c_high"
    return "c_low" if part * ONE <= whole * share(given.params["low_to"]) else "c_mid"


F4: Final = VectorRule("F4", benchmark, deviation.marks)
