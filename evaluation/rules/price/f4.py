"""F4, reasonable low price (合理低价) with a drawn coefficient.

    avg  = round(mean of all prices)
    c    = the value drawn as `c_high` if avg ≥ high_from % of the ceiling,
           as `c_low` if avg ≤ low_to % of it, as `c_mid` between
    base = round(avg · (1 − c / 100))       δ and marks: `deviation.py`

Source: Fujian highways, fewer than 15 bids (`domain/formulas.md` F4): bands [2, 5] %, [−1, 2] %, [−4, −1] % in
steps of 0.5. All three coefficients are drawn from their published lists before any envelope opens, so nobody
knows a price when they are drawn; the average, compared exactly with the ceiling, says which one counts.
Our decisions: the source's marks are left to the tender, so they are by deviation as in F3, with parameters;
the rule holds for every n (from 15 the source draws a band as well: that is F5, and the linter says so).
Averages: unlawful in government procurement (87号令 art. 55).
Parameters: `c_high`, `c_mid`, `c_low` (names of draws, values in per cent), `high_from`, `low_to` (per cent of the
ceiling), `average`, `base` (roundings, yuan) and those of `deviation.py`.
Small n: one bid is its own average; the benchmark lies c below it.
Example (ceiling 10,000,000 yuan, both roundings to the yuan): avg 9,570,000, c 3.5: 9,235,050; avg 9,300,000,
c 0.5: 9,253,500; avg 8,900,000, c −2.5: 9,122,500.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import Step, step
from evaluation.rules.price import deviation
from evaluation.rules.price.base import (
    ROUNDING,
    Benchmark,
    Params,
    PriceRule,
    Setting,
    mean_steps,
    of_ceiling,
    positive,
    rounding,
)
from ledger.basics.errors import Refusal


def benchmark(setting: Setting, prices: Mapping[str, int]) -> Benchmark:
    """The average less the coefficient of the band it falls in. Raises `Refusal("price.no_ceiling")`."""
    ceiling = of_ceiling(setting, "F4")
    steps, mean = mean_steps(sorted(prices.values()))
    return lowered(setting, steps, mean, ceiling, "F4")


def lowered(
    setting: Setting, steps: Sequence[Step], mean: Fraction, ceiling: Fraction, rule: str, band: str = ""
) -> Benchmark:
    """The rounded mean (yuan) less the coefficient of `band`, or of the one it falls in; `steps` made the mean."""
    params = setting.params
    to_average, to_base = rounding(params["average"]), rounding(params["base"])
    average = to_average(mean)
    share = average / ceiling * 100
    band = band or band_of(share, params)
    coefficient = Fraction(setting.draws[params[band]])
    base = to_base(average * (1 - coefficient / 100))
    positive(base, rule)
    return Benchmark(
        base,
        (
            *steps,
            step("average", average, "yuan", to_average),
            step("share_of_ceiling", share, "percent"),
            step(band, coefficient, "percent"),
            step("base", base, "yuan", to_base),
        ),
    )


def band_of(share: Fraction, params: Params) -> str:
    """Which band a share of the ceiling (per cent) lies in: `c_high`, `c_mid` or `c_low`."""
    if share >= Fraction(params["high_from"]):
        return "c_high"
    return "c_low" if share <= Fraction(params["low_to"]) else "c_mid"


def relations(params: Params, rule: str) -> Iterable[Refusal]:
    """The bands must not cross, and some deviation must cost something."""
    if Fraction(params["low_to"]) >= Fraction(params["high_from"]):
        yield Refusal("price.bands_crossed", rule=rule, low=params["low_to"], high=params["high_from"])
    yield from deviation.relations(params, rule)


SHAPES: Final[Mapping[str, shape.Shape]] = {
    "c_high": shape.identifier,
    "c_mid": shape.identifier,
    "c_low": shape.identifier,
    "high_from": shape.decimal,
    "low_to": shape.decimal,
    "average": ROUNDING,
    "base": ROUNDING,
    **deviation.SHAPES,
}


def drawn(params: Params) -> Sequence[str]:
    """The three coefficients, all drawn before a price is known."""
    return params["c_high"], params["c_mid"], params["c_low"]


F4: Final = PriceRule(
    name="F4",
    shape=shape.record(SHAPES),
    averages=True,
    needs_ceiling=True,
    draws=drawn,
    relations=lambda params: relations(params, "F4"),
    benchmark=benchmark,
    mark=deviation.mark,
)
