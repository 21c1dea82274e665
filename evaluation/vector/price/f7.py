"""F7, the trimmed mean mixed with the ceiling: A·K1·Q1 + B·K2·(1 − Q1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from evaluation.vector.price import deviation
from evaluation.vector.price.base import Given, Prices, Rational, VectorRule, base_of, of_ceiling, total
from evaluation.vector.rounding import HALF_UP, ONE, divided, share

TRIM_FROM: Final = 7
DROP_HIGHEST_FROM: Final = 4


def benchmark(given: Given, prices: Prices, keys: Sequence[str]) -> Rational:
    """Raises `Refusal("price.no_ceiling")`."""
    del keys
    params, ceiling = given.params, of_ceiling(given, "F7")
    kept = _kept(np.sort(prices), share(params["trim"]))
    q1, k1, k2 = (share(given.draws[params[name]]) for name in ("q1", "k1", "k2"))
    mixed = total(kept) * k1 * q1 + len(kept) * ceiling * k2 * (ONE - q1)
    return base_of(given, "F7", mixed, len(kept) * ONE * ONE)


def _kept(ordered: Prices, trim: int) -> Prices:
    """The prices whose mean is A; below four bids that is one price, the second-lowest."""
    count = len(ordered)
    if count < DROP_HIGHEST_FROM:
        return ordered[:2][-1:]
    if count < TRIM_FROM:
        return ordered[:-1]
    dropped = divided(count * trim, ONE, HALF_UP)
    return ordered[dropped : count - dropped]


F7: Final = VectorRule("F7", benchmark, deviation.marks)
