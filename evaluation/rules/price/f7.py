"""F7, the trimmed mean mixed with the ceiling (A·K1·Q1 + B·K2·Q2).

    n ≥ 7: A = mean without round(20 % of n) highest and as many lowest
    4 … 6: A = mean without the highest          n < 4: A = the second-lowest (the only one if n = 1)
    B = the ceiling                              Q2 = 1 − Q1
    base = round(A · K1 · Q1 + B · K2 · Q2)      δ and marks: `deviation.py`

Source: `domain/formulas.md` F7; Q1 ∈ {65 … 85 %}, K1 and K2 drawn before any envelope opens. The number of trimmed
bids is rounded half-up. Trimmed prices still get marks.
Averages: unlawful in government procurement (87号令 art. 55).
Parameters: `q1`, `k1`, `k2` (names of draws, values in per cent), `trim` (per cent at each end), `base` (rounding,
yuan) and those of `deviation.py`.
Small n: one bid is A.
Example: 9200/9000/8800/8600/8400/8200/7800 yuan, ceiling 10000, K1 97, K2 93, Q1 75: A 8600, base 8581.50.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import Step, step
from evaluation.rules.exact import HALF_UP, Rounding
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

TRIM_FROM: Final = 7
DROP_HIGHEST_FROM: Final = 4
_WHOLE: Final = Rounding(HALF_UP, 0)


def benchmark(setting: Setting, prices: Mapping[str, int]) -> Benchmark:
    """The middle of the prices and the ceiling, weighted. Raises `Refusal("price.no_ceiling")`."""
    params, ceiling = setting.params, of_ceiling(setting, "F7")
    steps, middle = _middle(sorted(prices.values()), per_cent(params["trim"]))
    q1, k1, k2 = (setting.draws[params[name]] for name in ("q1", "k1", "k2"))
    share = per_cent(q1)
    mixed = middle * per_cent(k1) * share + ceiling * per_cent(k2) * (1 - share)
    to = rounding(params["base"])
    base = to(mixed)
    positive(base, "F7")
    return Benchmark(
        base,
        (
            *steps,
            step("a", middle, "yuan"),
            step("b", ceiling, "yuan"),
            step("q1", Fraction(q1), "percent"),
            step("k1", Fraction(k1), "percent"),
            step("k2", Fraction(k2), "percent"),
            step("mixed", mixed, "yuan"),
            step("base", base, "yuan", to),
        ),
    )


def _middle(ordered: Sequence[int], trim: Fraction) -> tuple[list[Step], Fraction]:
    count = len(ordered)
    steps = [step("count_all", Fraction(count), "bids")]
    if count < DROP_HIGHEST_FROM:
        chosen = yuan(ordered[min(1, count - 1)])
        return [*steps, step("second_lowest", chosen, "yuan")], chosen
    if count >= TRIM_FROM:
        dropped = int(_WHOLE(count * trim))
        kept, steps = ordered[dropped : count - dropped], [*steps, step("trimmed", Fraction(dropped), "bids")]
    else:
        kept, steps = ordered[:-1], [*steps, step("dropped_high", yuan(ordered[-1]), "yuan")]
    more, mean = mean_steps(kept)
    return [*steps, *more], mean


def _draws(params: Params) -> Sequence[str]:
    return params["q1"], params["k1"], params["k2"]


def _relations(params: Params) -> Iterable[Refusal]:
    # At seven bids 35.7 % would leave one; from 36 % up some number of bids leaves none.
    if Fraction(params["trim"]) > MOST_TRIMMED:
        yield Refusal("price.share_over", rule="F7", name="trim")
    yield from deviation.relations(params, "F7")


MOST_TRIMMED: Final = 35

F7: Final = PriceRule(
    name="F7",
    shape=shape.record(
        {
            **dict.fromkeys(("q1", "k1", "k2"), shape.identifier),
            "trim": shape.decimal,
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
