"""F9, iterated exclusion.

    while more than two prices are left and the worst deviates from their mean by more than `limit` %:
        exclude it (of two that deviate alike the higher)
    base = round(mean of the rest · μ)
    δ = (bid − base) / base in per cent
    mark = round(max(floor, W − up · (δ − 0)⁺ − down · (−free − δ)⁺))

Source: `domain/formulas.md` F9: limit 30, full mark 35 for δ ∈ [−2, 0] (free 2), 0.4 for each per cent above, 0.2 for
each below −2, floor 25. Deviations are compared exactly; a price at exactly `limit` % stays. Excluded prices get marks.
Averages: unlawful in government procurement (87号令 art. 55).
Parameters: `limit`, `mu` (per cent), `free`, `up`, `down`, `floor`, `base` (rounding, yuan), `mark` (rounding, points).
Small n: one or two bids are never excluded.
Example: 90/100/110/200 yuan, μ 90 %: 200 excluded, base 90, marks 35/30.56/26.11/25.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import Step, step
from evaluation.rules.exact import decimal
from evaluation.rules.price import deviation
from evaluation.rules.price.base import (
    ROUNDING,
    Benchmark,
    Params,
    PriceRule,
    Setting,
    mean_steps,
    per_cent,
    positive,
    rounding,
    yuan,
)
from ledger.basics.errors import Refusal

LEAST: Final = 2


def benchmark(setting: Setting, prices: Mapping[str, int]) -> Benchmark:
    """The mean of what no exclusion took, times μ."""
    params, ordered = setting.params, sorted(prices.values())
    steps = [step("count_all", Fraction(len(ordered)), "bids")]
    limit, total = per_cent(params["limit"]), sum(ordered)
    low, high = 0, len(ordered)  # what is left: the worst deviator is always at one of the two ends
    while high - low > LEAST:
        left, count = total, high - low
        above, below = ordered[high - 1] * count - left, left - ordered[low] * count
        if max(above, below) <= limit * left:
            break
        if above >= below:
            high -= 1
            worst = ordered[high]
        else:
            worst = ordered[low]
            low += 1
        total -= worst
        steps.append(step("excluded", yuan(worst), "yuan"))
    more, mean = mean_steps(ordered[low:high])
    to = rounding(params["base"])
    base = to(mean * per_cent(params["mu"]))
    positive(base, "F9")
    return Benchmark(
        base, (*steps, *more, step("mu", decimal(params["mu"]), "percent"), step("base", base, "yuan", to))
    )


def mark(setting: Setting, base: Fraction, price: int) -> tuple[Sequence[Step], Fraction]:
    """The mark of one price (fen) against the benchmark (yuan, above zero)."""
    params, kept = setting.params, rounding(setting.params["mark"])
    delta = (yuan(price) - base) / base * 100
    above, below = max(delta, Fraction(0)), max(-decimal(params["free"]) - delta, Fraction(0))
    loss = above * decimal(params["up"]) + below * decimal(params["down"])
    floored = max(decimal(params["floor"]), setting.weight - loss)
    result = kept(floored)
    return (
        step("deviation", delta, "percent"),
        step("loss", loss, "points"),
        step("floored", floored, "points"),
        step("mark", result, "points", kept),
    ), result


def _relations(params: Params) -> Iterable[Refusal]:
    yield from deviation.relations(params, "F9")


F9: Final = PriceRule(
    name="F9",
    shape=shape.record(
        {
            **dict.fromkeys(("limit", "mu", "free", "up", "down", "floor"), shape.decimal),
            "base": ROUNDING,
            "mark": ROUNDING,
        }
    ),
    averages=True,
    needs_ceiling=False,
    draws=lambda _: (),
    relations=_relations,
    benchmark=benchmark,
    mark=mark,
)
