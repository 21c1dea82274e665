"""F1, low price first (低价优先法).

    benchmark = the lowest price            mark = round(benchmark / bid × W)

Source: 政府采购货物和服务招标投标管理办法 (财政部令第87号) art. 55: the lowest conforming price is the benchmark and
gets the full mark; averages and the trimming of highest or lowest prices are unlawful there. `W` (points, the
rule set's `weight`) is at least 30 for goods and 10 for services.
Parameters: `mark`, the rounding of the mark (points).
Small n: one bid gets W.
Example: 100/110/125 yuan, W 30, half-up to 2 places: 30.00/27.27/24.00.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import Step, step
from evaluation.rules.price.base import ROUNDING, Benchmark, PriceRule, Setting, rounding, yuan


def benchmark(setting: Setting, prices: Mapping[str, int]) -> Benchmark:
    """The lowest price, in yuan; `setting` has no say in it."""
    del setting
    lowest = yuan(min(prices.values()))
    return Benchmark(lowest, (step("count", Fraction(len(prices)), "bids"), step("lowest", lowest, "yuan")))


def mark(setting: Setting, base: Fraction, price: int) -> tuple[Sequence[Step], Fraction]:
    """`round(base / price × W)`."""
    ratio, to = base / yuan(price), rounding(setting.params["mark"])
    result = to(ratio * setting.weight)
    return (
        step("ratio", ratio),
        step("weighted", ratio * setting.weight, "points"),
        step("mark", result, "points", to),
    ), result


F1: Final = PriceRule(
    name="F1",
    shape=shape.record({"mark": ROUNDING}),
    averages=False,
    needs_ceiling=False,
    draws=lambda _: (),
    relations=lambda _: (),
    benchmark=benchmark,
    mark=mark,
)
