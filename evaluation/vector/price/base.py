"""What every rule of the twin is given and gives, and what several of them do with all prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.vector.rounding import Rounding, divided, lowest, rounding
from evaluation.vector.whole import Gathered, Values, Whole
from ledger.basics.errors import Refusal

# int fen, one a bid.
Prices = NDArray[np.int64]
# Numerator and denominator in lowest terms, yuan.
Rational = tuple[int, int]

# float64 holds every price below this exactly; a published amount has 15 digits.
PRICES_BELOW: Final = 2**53
# Bids marked at once: what is kept between the steps stays in the processor's cache, however many bids there are.
BLOCK: Final = 2**15


class Given(Protocol):
    """What rule set and lot fix before any price is known; the reference's `Setting` is one."""

    @property
    def weight(self) -> Fraction:
        """The full mark, points."""

    @property
    def params(self) -> Mapping[str, Any]:
        """The rule's parameters as published."""

    @property
    def ceiling(self) -> int | None:
        """The ceiling price in fen."""

    @property
    def draws(self) -> Mapping[str, str]:
        """The drawn values by name, per cent."""

    @property
    def pick(self) -> Callable[[str, Sequence[str]], str]:
        """Draws one of several that are known only when prices are."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The benchmark in yuan, and the marks in the order of the bids, in units of 10^−`places` points.

    `marks` is int64, or holds Python integers where a mark of the rule set needs more than 63 bits.
    """

    benchmark: Rational
    marks: Values
    places: int


@dataclass(frozen=True, slots=True)
class VectorRule:
    """One rule.

    `benchmark(given, prices, keys)` raises the same `Refusal("price.*")` as the reference; `keys` are the bids'
    keys in the order of the prices, for a rule that draws a bid. `marks(given, benchmark, prices)` gives them in units
    of the last place of `params["mark"]`.
    """

    name: str
    benchmark: Callable[[Given, Prices, Sequence[str]], Rational]
    marks: Callable[[Given, Rational, Whole], Whole]


def in_blocks(prices: Prices, marks: Callable[[Whole], Whole]) -> Values:
    """The marks of all prices, made block by block: beside the outcome, memory does not grow with the bids."""
    low, high = int(prices.min()), int(prices.max())
    out = Gathered(prices.shape)
    for start in range(0, len(prices), BLOCK):
        part = slice(start, start + BLOCK)
        out.put(part, marks(Whole(prices[part], low, high)))
    return out.values


def total(prices: Prices) -> int:
    """The exact sum. Upper and lower halves of the prices are added apart: neither sum can leave 63 bits."""
    found = 0
    for start in range(0, len(prices), BLOCK):
        block = prices[start : start + BLOCK]
        found += (int((block >> 32).sum()) << 32) + int((block & 0xFFFFFFFF).sum())
    return found


def of_ceiling(given: Given, rule: str) -> int:
    """The ceiling price in fen. Raises `Refusal("price.no_ceiling")`."""
    if given.ceiling is None:
        raise Refusal("price.no_ceiling", rule=rule)
    return given.ceiling


def base_of(given: Given, rule: str, fen: int, of: int) -> Rational:
    """The benchmark `fen / of`, rounded in yuan as the parameter `base` says.

    Raises `Refusal("price.benchmark_not_positive")`.
    """
    to = rounding(given.params["base"])
    found = divided(fen * to.scale, of * 100, to.mode)
    if found <= 0:
        raise Refusal("price.benchmark_not_positive", rule=rule)
    return lowest(found, to.scale)


def mark_rounding(given: Given) -> Rounding:
    """How marks are rounded."""
    return rounding(given.params["mark"])


def excess(base: Rational, prices: Whole, scale: int = 1) -> tuple[Whole, int]:
    """`scale · (bid − benchmark)` and `benchmark`, both in the same unit, the coarsest in which both are whole."""
    top, bottom = lowest(100 * base[0], base[1] * scale)
    return prices * bottom - top * scale, top
