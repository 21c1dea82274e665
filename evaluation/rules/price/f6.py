"""F6, the ABC benchmark (ABC 合成基准价).

    limit = (mean · mean_share + ceiling · (1 − mean_share)) · limit_share
    C     = the lowest price that is not below the limit
    A     = ceiling · (1 − Δ)
    B     = drawn from the prices C ≤ b < below · A
    base  = round((a · A + b · B + c · C) · K)               δ and marks: `deviation.py`

Source: `domain/formulas.md` F6: shares 70 % and 75 %, below 95 %, a, b, c 50, 30, 20 %; Δ ∈ {12 … 20 %} and
K ∈ {95 … 98 % in steps of 0.5} drawn before any envelope opens. Which prices B may be is known only when prices are,
so B is drawn by the opening's coin from the bids that qualify (`ranking.drawn_item`).
Our decisions: where no price qualifies for B, B is C; the source's marks are left to the tender, so they are by
deviation with parameters. A lot none of whose prices reaches the limit fails (`price.none_within`).
Averages: unlawful in government procurement (87号令 art. 55).
Parameters: `delta`, `k` (names of draws, values in per cent), `mean_share`, `limit_share`, `below`, `a`, `b`, `c`
(per cent; a + b + c = 100), `base` (rounding, yuan) and those of `deviation.py`.
Small n: one bid is its own mean, and C.
Example (ceiling 1000 yuan, Δ 15, K 96): prices 700/750/800/900; mean 787.5, limit (551.25 + 300) · 0.75 = 638.4375,
C 700, A 850, 0.95 A = 807.5; B from 700, 750, 800; with B 750 base = (425 + 225 + 140) · 0.96 = 758.40.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    of_ceiling,
    per_cent,
    positive,
    rounding,
    yuan,
)
from ledger.basics.errors import Refusal


def benchmark(setting: Setting, prices: Mapping[str, int]) -> Benchmark:
    """A, B and C, weighted and lowered. Raises `Refusal`: `price.no_ceiling`, `price.none_within`."""
    params, ceiling = setting.params, of_ceiling(setting, "F6")
    steps, mean = mean_steps(sorted(prices.values()))
    share = per_cent(params["mean_share"])
    limit = (mean * share + ceiling * (1 - share)) * per_cent(params["limit_share"])
    within = [price for price in prices.values() if yuan(price) >= limit]
    if not within:
        raise Refusal("price.none_within", rule="F6")
    delta, factor = setting.draws[params["delta"]], setting.draws[params["k"]]
    high, low = ceiling * (1 - per_cent(delta)), yuan(min(within))
    edge = high * per_cent(params["below"])
    eligible = sorted(bid for bid, price in prices.items() if low <= yuan(price) < edge)
    middle = yuan(prices[setting.pick("b", eligible)]) if eligible else low
    parts = zip((params["a"], params["b"], params["c"]), (high, middle, low), strict=True)
    mixed = sum((per_cent(weight) * value for weight, value in parts), Fraction(0))
    to = rounding(params["base"])
    base = to(mixed * per_cent(factor))
    positive(base, "F6")
    return Benchmark(
        base,
        (
            *steps,
            step("limit", limit, "yuan"),
            step("delta", Fraction(delta), "percent"),
            step("a", high, "yuan"),
            step("eligible", Fraction(len(eligible)), "bids"),
            step("b", middle, "yuan"),
            step("c", low, "yuan"),
            step("mixed", mixed, "yuan"),
            step("k", Fraction(factor), "percent"),
            step("base", base, "yuan", to),
        ),
    )


def _draws(params: Params) -> Sequence[str]:
    return params["delta"], params["k"]


def _relations(params: Params) -> Iterable[Refusal]:
    if sum(Fraction(params[name]) for name in "abc") != 100:
        yield Refusal("price.shares", rule="F6", names="a, b, c")
    if Fraction(params["mean_share"]) > 100:
        yield Refusal("price.share_over", rule="F6", name="mean_share")
    yield from deviation.relations(params, "F6")


F6: Final = PriceRule(
    name="F6",
    shape=shape.record(
        {
            "delta": shape.identifier,
            "k": shape.identifier,
            **dict.fromkeys(("mean_share", "limit_share", "below", "a", "b", "c"), shape.decimal),
            "base": ROUNDING,
            **deviation.SHAPES,
        }
    ),
    averages=True,
    needs_ceiling=True,
    draws=_draws,
    relations=_relations,
    benchmark=benchmark,
    mark=deviation.mark,
)
