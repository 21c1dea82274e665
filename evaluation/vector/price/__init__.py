"""The price rules of the twin, one a file, under the names of the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from evaluation.vector.price.base import PRICES_BELOW, Given, Prices, Scores, VectorRule, in_blocks, mark_rounding
from evaluation.vector.price.f1 import F1
from evaluation.vector.price.f3 import F3
from evaluation.vector.price.f4 import F4
from evaluation.vector.price.f5 import F5
from evaluation.vector.price.f6 import F6
from evaluation.vector.price.f7 import F7
from evaluation.vector.price.f8 import F8
from evaluation.vector.price.f9 import F9
from evaluation.vector.price.f10 import F10
from evaluation.vector.price.f11 import F11
from evaluation.vector.price.f15 import F15

_ALL: Final = (F1, F3, F4, F5, F6, F7, F8, F9, F10, F11, F15)
RULES: Final[Mapping[str, VectorRule]] = MappingProxyType({rule.name: rule for rule in _ALL})


def score(rule: str, given: Given, prices: Prices, keys: Sequence[str] = ()) -> Scores:
    """Benchmark and marks of all bids by the rule of that name.

    `prices`: int64, shape (n,), fen of the bids that were not rejected, each from 1 to 2⁵³ − 1, at least one; `keys`:
    their bid keys in the same order, for F6. Raises `Refusal("price.*")` as the reference does, and ValueError for
    prices of another kind.
    """
    if prices.dtype != np.int64 or prices.ndim != 1 or not len(prices):
        raise ValueError("prices are one row of int64, at least one")
    if int(prices.min()) < 1 or int(prices.max()) >= PRICES_BELOW:
        raise ValueError("a price is from 1 fen to 2^53 - 1 fen")
    chosen = RULES[rule]
    base = chosen.benchmark(given, prices, keys)
    marks = in_blocks(prices, lambda block: chosen.marks(given, base, block))
    return Scores(base, marks, mark_rounding(given).places)
