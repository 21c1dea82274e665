"""F11, second average (二次平均).

    m = mean of all prices
    variant "low_half": base = round((m + mean of the prices ≤ m) / 2)
    variant "lowest":   base = round((m + the lowest price) / 2)             δ and marks: `deviation.py`

Source: `domain/formulas.md` F11: tenders mean different things by the name, so the rule set says which.
Averages: unlawful in government procurement (87号令 art. 55).
Parameters: `variant`, `base` (rounding, yuan) and those of `deviation.py`.
Small n: one bid is its own benchmark.
Example: 900/1000/1100/1400 yuan: m 1100, mean of 900, 1000, 1100 is 1000: base 1050; variant "lowest": 1000.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import step
from evaluation.rules.price import deviation
from evaluation.rules.price.base import ROUNDING, Benchmark, PriceRule, Setting, mean_steps, positive, rounding, yuan

VARIANTS: Final = ("low_half", "lowest")


def benchmark(setting: Setting, prices: Mapping[str, int]) -> Benchmark:
    """The mean of the mean and of what lies below it."""
    ordered = sorted(prices.values())
    steps, mean = mean_steps(ordered)
    if setting.params["variant"] == "lowest":
        second, more = yuan(ordered[0]), [step("lowest", yuan(ordered[0]), "yuan")]
    else:
        low = [price for price in ordered if yuan(price) <= mean]
        second = yuan(sum(low)) / len(low)
        more = [step("low_count", Fraction(len(low)), "bids"), step("low_mean", second, "yuan")]
    to = rounding(setting.params["base"])
    base = to((mean + second) / 2)
    positive(base, "F11")
    return Benchmark(base, (*steps, *more, step("base", base, "yuan", to)))


F11: Final = PriceRule(
    name="F11",
    shape=shape.record({"variant": shape.one_of(*VARIANTS), "base": ROUNDING, **deviation.SHAPES}),
    averages=True,
    needs_ceiling=False,
    draws=lambda _: (),
    relations=lambda params: deviation.relations(params, "F11"),
    benchmark=benchmark,
    mark=deviation.mark,
)
