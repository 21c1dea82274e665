"""What every price rule is: the shape of its parameters, a benchmark from all prices, a mark from one.

Prices are int fen of the bids that were not rejected, by bid key; amounts inside are exact yuan (`Fraction`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from bidding import shape
from evaluation.rules.certificate import Step, step
from evaluation.rules.exact import MODES, Rounding, decimal
from ledger.basics.errors import Refusal

# Parameters of a rule as they stand in the rule set, already of the rule's shape.
Params = Mapping[str, Any]

# (name of the draw, what is drawn from) → the one that is drawn.
Pick = Callable[[str, Sequence[str]], str]

ROUNDING: Final = shape.record({"mode": shape.one_of(*MODES), "places": shape.integer(0, 6)})


@dataclass(frozen=True, slots=True)
class Setting:
    """What the rule set and the lot fix before any price is known.

    `weight`: the full mark; `ceiling`: fen or None; `draws`: the drawn values by name; `pick`: draws one of several
    that are known only when prices are (`ranking.drawn_item`).
    """

    weight: Fraction
    params: Params
    ceiling: int | None
    draws: Mapping[str, str]
    pick: Pick


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The benchmark price (评标基准价) in yuan and how it came about."""

    value: Fraction
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class PriceRule:
    """One rule.

    `averages`: it averages or trims prices, which 87号令 art. 55 forbids in government procurement.
    `draws(params)` names the draws it reads. `relations(params)` yields what is wrong with well-shaped
    parameters. `benchmark(setting, prices)` wants at least one price and raises `Refusal("price.*")` where its
    precondition fails. `mark(setting, benchmark, price)` gives the steps, the last of them the rounded mark.
    """

    name: str
    shape: shape.Shape
    averages: bool
    needs_ceiling: bool
    draws: Callable[[Params], Sequence[str]]
    relations: Callable[[Params], Iterable[Refusal]]
    benchmark: Callable[[Setting, Mapping[str, int]], Benchmark]
    mark: Callable[[Setting, Fraction, int], tuple[Sequence[Step], Fraction]]


def rounding(document: Mapping[str, Any]) -> Rounding:
    """The rounding that `{mode, places}` names."""
    return Rounding(document["mode"], document["places"])


def yuan(fen: int) -> Fraction:
    """Exact yuan of an amount in fen."""
    return Fraction(fen, 100)


def mean_steps(prices: Sequence[int]) -> tuple[list[Step], Fraction]:
    """How many prices, their sum and their exact mean in yuan."""
    total, count = yuan(sum(prices)), len(prices)
    mean = total / count
    steps = [
        step("count", Fraction(count), "bids"),
        step("sum", total, "yuan"),
        step("mean", mean, "yuan"),
    ]
    return steps, mean


def of_ceiling(setting: Setting, rule: str) -> Fraction:
    """The ceiling price in yuan. Raises `Refusal("price.no_ceiling")`."""
    if setting.ceiling is None:
        raise Refusal("price.no_ceiling", rule=rule)
    return yuan(setting.ceiling)


def per_cent(text: str) -> Fraction:
    """The share that a published number of per cent names."""
    return decimal(text) / 100


def positive(benchmark: Fraction, rule: str) -> None:
    """Raises `Refusal("price.benchmark_not_positive")`: a deviation from zero or less has no meaning."""
    if benchmark <= 0:
        raise Refusal("price.benchmark_not_positive", rule=rule)
