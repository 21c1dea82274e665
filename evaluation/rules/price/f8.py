"""F8, drawn mixture and five bands (六次抽取、五段计分).

    prices below drop % of the ceiling take no part in what follows (if they all are: all take part)
    n ≥ 10: without floor(n · trim_low) lowest and floor(n · trim_high) highest
    n ≥ 5:  C = a · mean + b · median + c · (Q₁ + Q₃)/2 + d · geometric mean        d = 1 − a − b − c
    n < 5:  C = e · mean + f · median + g · geometric mean                          g = 1 − e − f
    T = round((ceiling · C1 + C · (1 − C1)) · (1 − r))
    δ = (bid − T) / T in per cent
    δ ≤ −10: 80 − (|δ| − 10)   −10 … 0: 100 − 2|δ|   0 … 5: 100 − 4δ   5 … 10: 80 − 3(δ − 5)   > 10: 65 − 2(δ − 10)
    mark = round(max(0, that) · W / 100)

Source: `domain/formulas.md` F8: drop 80, trim 10 and 15 %; a, d ∈ .30–.45; b, c .05–.20; e, g .35–.50; f .05–.30.
Quartiles lie at k(n + 1)/4 in the sorted prices and are interpolated. The geometric mean is to the fen, half-up
(`geometric.py`); everything else is exact until T is rounded.
Our decisions: `n` counts the prices that were not dropped, before trimming for "n ≥ 10", after it for "n ≥ 5"; d and
g are what the drawn ones leave of the whole; dropped and trimmed prices still get marks.
Averages: unlawful in government procurement (87号令 art. 55).
Parameters: `a`, `b`, `c`, `e`, `f`, `c1`, `r` (names of draws, values in per cent), `drop`, `trim_low`, `trim_high`
(per cent), `base` (rounding, yuan), `mark` (rounding, points).
Small n: of one price mean, median and geometric mean are that price.
Example (ceiling 1000 yuan, e 40, f 20, C1 50, r 5): prices 800/900/1000: mean 900, median 900, geometric mean 896.28;
C 898.512; T (500 + 449.256) · 0.95 = 901.79; marks of W 100: 78.71/99.60/63.22 (800 is 11.29 % below).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import Step, step
from evaluation.rules.price.base import (
    ROUNDING,
    Benchmark,
    Params,
    PriceRule,
    Setting,
    of_ceiling,
    per_cent,
    positive,
    rounding,
    yuan,
)
from evaluation.rules.price.geometric import geometric_mean
from ledger.basics.errors import Refusal

MANY: Final = 10
QUARTILES_FROM: Final = 5
_DRAWS: Final = ("a", "b", "c", "e", "f", "c1", "r")


def benchmark(setting: Setting, prices: Mapping[str, int]) -> Benchmark:
    """The drawn mixture T. Raises `Refusal("price.no_ceiling")`."""
    params, ceiling = setting.params, of_ceiling(setting, "F8")
    drawn = {name: Fraction(setting.draws[params[name]]) for name in _DRAWS}
    kept = sorted(price for price in prices.values() if yuan(price) >= ceiling * per_cent(params["drop"]))
    kept = kept or sorted(prices.values())
    steps = [step("count_all", Fraction(len(prices)), "bids"), step("not_dropped", Fraction(len(kept)), "bids")]
    if len(kept) >= MANY:
        low, high = (int(len(kept) * per_cent(params[name])) for name in ("trim_low", "trim_high"))
        kept = kept[low : len(kept) - high]
    more, mixed = _mixture(kept, drawn)
    share, cut = drawn["c1"] / 100, drawn["r"] / 100
    to = rounding(params["base"])
    base = to((ceiling * share + mixed * (1 - share)) * (1 - cut))
    positive(base, "F8")
    last = (step("c1", drawn["c1"], "percent"), step("r", drawn["r"], "percent"), step("base", base, "yuan", to))
    return Benchmark(base, (*steps, *more, step("mixed", mixed, "yuan"), *last))


def _mixture(kept: Sequence[int], drawn: Mapping[str, Fraction]) -> tuple[list[Step], Fraction]:
    mean, middle, root = yuan(sum(kept)) / len(kept), quantile(kept, 2), yuan(geometric_mean(kept))
    steps = [step("count", Fraction(len(kept)), "bids"), step("mean", mean, "yuan"), step("median", middle, "yuan")]
    if len(kept) >= QUARTILES_FROM:
        hinge = (quantile(kept, 1) + quantile(kept, 3)) / 2
        steps.append(step("quartiles", hinge, "yuan"))
        rest = 100 - drawn["a"] - drawn["b"] - drawn["c"]
        total = drawn["a"] * mean + drawn["b"] * middle + drawn["c"] * hinge + rest * root
    else:
        rest = 100 - drawn["e"] - drawn["f"]
        total = drawn["e"] * mean + drawn["f"] * middle + rest * root
    return [*steps, step("geometric_mean", root, "yuan")], total / 100


def quantile(ordered: Sequence[int], quarter: int) -> Fraction:
    """The quartile at `quarter · (n + 1) / 4` of sorted prices (fen), in yuan, interpolated, within the prices."""
    whole, rest = divmod(quarter * (len(ordered) + 1), 4)
    below = ordered[min(max(whole, 1), len(ordered)) - 1]
    above = ordered[min(max(whole + 1, 1), len(ordered)) - 1]
    return yuan(below) + yuan(above - below) * Fraction(rest, 4)


def mark(setting: Setting, base: Fraction, price: int) -> tuple[Sequence[Step], Fraction]:
    """The mark of one price (fen) against T (yuan, above zero), by the five bands."""
    delta, kept = (yuan(price) - base) / base * 100, rounding(setting.params["mark"])
    scored = max(_banded(delta), Fraction(0))
    result = kept(scored * setting.weight / 100)
    return (
        step("deviation", delta, "percent"),
        step("of_hundred", scored, "points"),
        step("mark", result, "points", kept),
    ), result


def _banded(delta: Fraction) -> Fraction:
    if delta <= -10:
        return 80 - (-delta - 10)
    if delta <= 0:
        return 100 + 2 * delta
    if delta <= 5:
        return 100 - 4 * delta
    if delta <= 10:
        return 80 - 3 * (delta - 5)
    return 65 - 2 * (delta - 10)


def _draws(params: Params) -> Sequence[str]:
    return [params[name] for name in _DRAWS]


def _relations(params: Params) -> Iterable[Refusal]:
    if Fraction(params["trim_low"]) + Fraction(params["trim_high"]) > MOST_TRIMMED:
        yield Refusal("price.share_over", rule="F8", name="trim_low, trim_high")


MOST_TRIMMED: Final = 70

F8: Final = PriceRule(
    name="F8",
    shape=shape.record(
        {
            **dict.fromkeys(_DRAWS, shape.identifier),
            **dict.fromkeys(("drop", "trim_low", "trim_high"), shape.decimal),
            "base": ROUNDING,
            "mark": ROUNDING,
        }
    ),
    averages=True,
    needs_ceiling=True,
    draws=_draws,
    relations=_relations,
    benchmark=benchmark,
    mark=mark,
)
