"""F10, the mean of prices and budget.

    base = round((mean of all prices + budget) / 2)
    mark = round(max(floor, (1 − |bid − base| / base) · W))

Source: `domain/formulas.md` F10. The budget is the lot's ceiling price. The rule is as hard on a price below the
benchmark as on one above it. A price of more than twice the benchmark would get less than nothing: `floor` says
where that ends.
Averages: unlawful in government procurement (87号令 art. 55).
Parameters: `floor` (points), `base` (rounding, yuan), `mark` (rounding, points).
Small n: one bid is its own mean.
Example: 900/1000/1100 yuan, budget 1000, W 30: 27/30/27.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import Step, step
from evaluation.rules.exact import decimal
from evaluation.rules.price.base import (
    ROUNDING,
    Benchmark,
    PriceRule,
    Setting,
    mean_steps,
    of_ceiling,
    positive,
    rounding,
    yuan,
)


def benchmark(setting: Setting, prices: Mapping[str, int]) -> Benchmark:
    """Half the mean and half the budget. Raises `Refusal("price.no_ceiling")`."""
    budget = of_ceiling(setting, "F10")
    steps, mean = mean_steps(sorted(prices.values()))
    to = rounding(setting.params["base"])
    base = to((mean + budget) / 2)
    positive(base, "F10")
    return Benchmark(base, (*steps, step("budget", budget, "yuan"), step("base", base, "yuan", to)))


def mark(setting: Setting, base: Fraction, price: int) -> tuple[Sequence[Step], Fraction]:
    """The mark of one price (fen) against the benchmark (yuan, above zero)."""
    ratio, kept = abs(yuan(price) - base) / base, rounding(setting.params["mark"])
    weighted = (1 - ratio) * setting.weight
    floored = max(decimal(setting.params["floor"]), weighted)
    result = kept(floored)
    return (
        step("ratio", ratio),
        step("weighted", weighted, "points"),
        step("floored", floored, "points"),
        step("mark", result, "points", kept),
    ), result


F10: Final = PriceRule(
    name="F10",
    shape=shape.record({"floor": shape.decimal, "base": ROUNDING, "mark": ROUNDING}),
    averages=True,
    needs_ceiling=True,
    draws=lambda _: (),
    relations=lambda _: (),
    benchmark=benchmark,
    mark=mark,
)
