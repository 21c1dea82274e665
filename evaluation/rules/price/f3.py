"""F3, mean with deviation.

    n ≤ 3: mean of all; n ≥ 4: one highest and one lowest dropped, mean of the rest
    base = round(mean)       δ and marks: `deviation.py`

Source: tender documents of Lanzhou EPC contracts (`domain/formulas.md` F3). Works only: in government procurement
averages and trimming are unlawful (87号令 art. 55). The two prices dropped from the mean still get marks. Where
several bids share the highest or lowest price, one of them is dropped, and it does not matter which.
Parameters: `base` (rounding of the benchmark, yuan) and those of `deviation.py`.
Small n: one bid is its own mean and gets T.
Example: 950/980/1000/1020/1100 yuan, T 50, up 1, down 0.5, base 2 places, δ 4 places:
base 1000.00, marks 47.50/49.00/50.00/48.00/40.00.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import step
from evaluation.rules.price import deviation
from evaluation.rules.price.base import ROUNDING, Benchmark, PriceRule, Setting, mean_steps, positive, rounding, yuan

TRIM_FROM: Final = 4


def benchmark(setting: Setting, prices: Mapping[str, int]) -> Benchmark:
    """The mean, trimmed from four bids up, rounded as `base` says."""
    ordered = sorted(prices.values())
    steps = [step("count_all", Fraction(len(ordered)), "bids")]
    if len(ordered) >= TRIM_FROM:
        steps.append(step("dropped_low", yuan(ordered[0]), "yuan"))
        steps.append(step("dropped_high", yuan(ordered[-1]), "yuan"))
        ordered = ordered[1:-1]
    more, mean = mean_steps(ordered)
    to = rounding(setting.params["base"])
    base = to(mean)
    positive(base, "F3")
    return Benchmark(base, (*steps, *more, step("base", base, "yuan", to)))


F3: Final = PriceRule(
    name="F3",
    shape=shape.record({"base": ROUNDING, **deviation.SHAPES}),
    averages=True,
    needs_ceiling=False,
    draws=lambda _: (),
    relations=lambda params: deviation.relations(params, "F3"),
    benchmark=benchmark,
    mark=deviation.mark,
)
