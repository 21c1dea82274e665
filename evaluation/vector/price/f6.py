"""F6, the ABC benchmark: (a·A + b·B + c·C)·K, where C is the lowest price within, A follows the ceiling, B is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from evaluation.vector.price import deviation
from evaluation.vector.price.base import Given, Prices, Rational, VectorRule, base_of, of_ceiling, total
from evaluation.vector.rounding import ONE, at_least, share
from ledger.basics.errors import Refusal


def benchmark(given: Given, prices: Prices, keys: Sequence[str]) -> Rational:
    """A, B and C in fen over `ONE`. Raises `Refusal`: `price.no_ceiling`, `price.none_within`."""
    params, ceiling = given.params, of_ceiling(given, "F6")
    of = {name: share(params[name]) for name in ("mean_share", "limit_share", "below", "a", "b", "c")}
    delta, k = (share(given.draws[params[name]]) for name in ("delta", "k"))
    lowest = _lowest_within(prices, ceiling, of["mean_share"], of["limit_share"])
    high = ceiling * (ONE - delta)
    middle = _drawn(given, prices, keys, lowest, at_least(high * of["below"], ONE * ONE))
    mixed = of["a"] * high + (of["b"] * middle + of["c"] * lowest) * ONE
    return base_of(given, "F6", mixed * k, ONE**3)


def _lowest_within(prices: Prices, ceiling: int, mean_share: int, limit_share: int) -> int:
    """The lowest price that is not below `limit_share` of the mixture of mean and ceiling."""
    count = len(prices)
    mixture = total(prices) * mean_share + ceiling * count * (ONE - mean_share)
    limit = at_least(mixture * limit_share, count * ONE * ONE)
    if limit > int(prices.max()):
        raise Refusal("price.none_within", rule="F6")
    return int(prices[prices >= limit].min())


def _drawn(given: Given, prices: Prices, keys: Sequence[str], lowest: int, edge: int) -> int:
    """The price of the bid drawn from those from `lowest` up to below `edge`; `lowest` where there are none."""
    if edge <= lowest:
        return lowest
    eligible = prices >= lowest if edge > int(prices.max()) else (prices >= lowest) & (prices < edge)
    places = {keys[place]: place for place in np.flatnonzero(eligible).tolist()}
    return int(prices[places[given.pick("b", sorted(places))]])


F6: Final = VectorRule("F6", benchmark, deviation.marks)
