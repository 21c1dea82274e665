"""F5, reasonable low price with a drawn band (合理低价, many bids).

    n < many: as F4
    n ≥ many: band = one of ① ≥ high_from %, ② between, ③ ≤ low_to % of the ceiling, drawn from those that hold a bid
              avg  = round(mean of the prices in that band)
              base = round(avg · (1 − c / 100)), c the value drawn for that band    δ and marks: `deviation.py`

Source: Fujian highways from 15 bids (`domain/formulas.md` F5). Which bands hold a bid is known only when prices are,
so the band is drawn by the opening's coin from those that do (`ranking.drawn_item`), each as likely as another: the
coin was fixed before any envelope opened, so nobody chooses. Prices outside the band still get marks.
Our decision: c is that of the drawn band, wherever its rounded average falls.
Averages: unlawful in government procurement (87号令 art. 55).
Parameters: those of F4, and `many` (bids from which the band is drawn; 15 in the source).
Small n: below `many` as F4.
Example (ceiling 10,000,000 yuan, many 3): bids 9,600,000 / 9,400,000 / 9,200,000, band ② drawn, c 0.5, roundings to
the yuan: avg 9,300,000, base 9,253,500.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import noted, step
from evaluation.rules.price import deviation, f4
from evaluation.rules.price.base import Benchmark, PriceRule, Setting, mean_steps, of_ceiling, yuan


def benchmark(setting: Setting, prices: Mapping[str, int]) -> Benchmark:
    """The average of the drawn band less its coefficient. Raises `Refusal("price.no_ceiling")`."""
    params, ceiling = setting.params, of_ceiling(setting, "F5")
    if len(prices) < params["many"]:
        steps, mean = mean_steps(sorted(prices.values()))
        return f4.lowered(setting, steps, mean, ceiling, "F5")
    bands: dict[str, list[int]] = {}
    for price in sorted(prices.values()):
        bands.setdefault(f4.band_of(yuan(price) / ceiling * 100, params), []).append(price)
    band = setting.pick("band", sorted(bands))
    steps, mean = mean_steps(bands[band])
    drawn = [step("count_all", Fraction(len(prices)), "bids"), noted("band", band)]
    return f4.lowered(setting, [*drawn, *steps], mean, ceiling, "F5", band)


F5: Final = PriceRule(
    name="F5",
    shape=shape.record({"many": shape.integer(2, 1000), **f4.SHAPES}),
    averages=True,
    needs_ceiling=True,
    draws=f4.drawn,
    relations=lambda params: f4.relations(params, "F5"),
    benchmark=benchmark,
    mark=deviation.mark,
)
