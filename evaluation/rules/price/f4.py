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

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import step
from evaluation.rules.price import deviation
from evaluation.rules.price.base import (
    ROUNDING,
    Benchmark,
    Params,
    PriceRule,
    Setting,
    mean_steps,
    positive,
    rounding,
    yuan,
)
from ledger.basics.errors import Refusal


def benchmark(setting: Setting, prices: Mapping[str, int]) -> Benchmark:
    """The average less the coefficient of the band it falls in. Raises `Refusal("price.no_ceiling")`."""
    params = setting.params
    if setting.ceiling is None:
        raise Refusal("price.no_ceiling", rule="F4")
    steps, mean = mean_steps(sorted(prices.values()))
    to_average, to_base = rounding(params["average"]), rounding(params["base"])
    average = to_average(mean)
    share = average / yuan(setting.ceiling) * 100
    band = _band(share, params)
    coefficient = Fraction(setting.draws[params[band]])
    base = to_base(average * (1 - coefficient / 100))
    positive(base, "F4")
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


def _band(share: Fraction, params: Params) -> str:
    if share >= Fraction(params["high_from"]):
        return "c_high"
    return "c_low" if share <= Fraction(params["low_to"]) else "c_mid"


def _relations(params: Params) -> Iterable[Refusal]:
    if Fraction(params["low_to"]) >= Fraction(params["high_from"]):
        yield Refusal("price.bands_crossed", rule="F4", low=params["low_to"], high=params["high_from"])
    yield from deviation.relations(params, "F4")


F4: Final = PriceRule(
    name="F4",
    shape=shape.record(
        {
            "c_high": shape.identifier,
            "c_mid": shape.identifier,
            "c_low": shape.identifier,
            "high_from": shape.decimal,
            "low_to": shape.decimal,
            "average": ROUNDING,
            "base": ROUNDING,
            **deviation.SHAPES,
        }
    ),
    averages=True,
    needs_ceiling=True,
    draws=lambda params: (params["c_high"], params["c_mid"], params["c_low"]),
    relations=_relations,
    benchmark=benchmark,
    mark=deviation.mark,
)
