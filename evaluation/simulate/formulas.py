"""Ten ways to a benchmark, by price alone: what the ring test compares a rule set with.

Eight are those that `domain/screening.md` names. Two more are in use and unlike them: the iterated exclusion of
outliers (F9) and a benchmark that is partly one of the bids, drawn (ABC, F6). But for the lowest price, the price
nearest to the benchmark wins, as under marks that fall alike on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from evaluation.simulate.field import Field
from evaluation.simulate.streams import Floats, Luck

Benchmark = Callable[[Field, Luck], Floats]
Marks = Callable[[Floats, Floats], Floats]

SUBSET: Final = 9
TRIMMED: Final = 5  # one in so many bids at each end, rounded down
DISCOUNTS: Final = tuple(step / 200 for step in range(4, 11))  # 2 … 5 %, steps of 0.5
SHARES: Final = (0.65, 0.70, 0.75, 0.80, 0.85)
FACTORS: Final = tuple(step / 200 for step in range(190, 197))  # 95 … 98 %, steps of 0.5
_DELTAS: Final = tuple(step / 100 for step in range(12, 21))


@dataclass(frozen=True, slots=True)
class Formula:
    """A way from prices to marks, over many tenders at once.

    `benchmark(field, luck)`: (trials,) in fen, NaN where the lot fails. `marks(prices, base)`: (trials, bids), the
    higher the better, NaN where a bid takes no part.
    """

    name: str
    title: Mapping[str, str]
    benchmark: Benchmark
    marks: Marks


def nearest(prices: Floats, base: Floats) -> Floats:
    """Minus the distance from the benchmark, as a share of it."""
    reference = base[:, None]
    return -np.abs(prices - reference) / reference


def cheapest(prices: Floats, base: Floats) -> Floats:
    """F1's mark of a full mark of one: the benchmark over the price."""
    return base[:, None] / prices


def lowest(field: Field, luck: Luck) -> Floats:
    """The lowest price."""
    del luck
    return field.ordered[:, 0]


def plain_mean(field: Field, luck: Luck) -> Floats:
    """The mean of all prices."""
    del luck
    return field.mean()


def trimmed_mean(field: Field, luck: Luck) -> Floats:
    """The mean without a fifth of the bids at each end."""
    del luck
    cut = field.count // TRIMMED
    return field.mean(cut, field.count - cut)


def median(field: Field, luck: Luck) -> Floats:
    """The price in the middle, or the mean of the two there."""
    del luck
    return (field.at((field.count - 1) // 2) + field.at(field.count // 2)) / 2


def second_average(field: Field, luck: Luck) -> Floats:
    """The mean of the mean and of the mean of the prices that do not exceed it."""
    del luck
    mean = field.mean()
    low = (field.ordered <= mean[:, None]).sum(axis=1)
    return (mean + field.mean(None, low)) / 2


def discounted_mean(field: Field, luck: Luck) -> Floats:
    """The mean less 2 … 5 per cent, drawn."""
    return field.mean() * (1 - luck.drawn("discount", DISCOUNTS))


def mixed(ceiling: float) -> Benchmark:
    """The mean without a fifth at each end and the ceiling (fen), both lowered and weighted by drawn shares (as F7)."""

    def benchmark(field: Field, luck: Luck) -> Floats:
        share = luck.drawn("share", SHARES)
        middle = trimmed_mean(field, luck) * luck.drawn("factor-mean", FACTORS)
        return middle * share + ceiling * luck.drawn("factor-ceiling", FACTORS) * (1 - share)

    return benchmark


def subset_mean(field: Field, luck: Luck) -> Floats:
    """The mean of nine bids, drawn; of all where there are no more."""
    order = np.where(np.isnan(field.prices), 2.0, luck.table("subset", field.prices.shape[1]))
    chosen = np.argsort(order, axis=1, kind="stable")[:, :SUBSET]
    taken = np.take_along_axis(field.prices, chosen, axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nansum(taken, axis=1) / (~np.isnan(taken)).sum(axis=1), dtype=np.float64)


def excluded_mean(field: Field, limit: float = 0.30) -> Floats:
    """The mean once the worst deviator is excluded, again and again, until none is beyond `limit` or two are left."""
    low, high = np.zeros_like(field.count), field.count.copy()
    for _ in range(max(field.prices.shape[1] - 2, 0)):
        left, count = field.total(low, high), high - low
        above = field.at(high - 1) * count - left
        under = left - field.at(low) * count
        open_ = (count > 2) & (np.maximum(above, under) > limit * left)
        if not open_.any():
            break
        high = high - (open_ & (above >= under))
        low = low + (open_ & (above < under))
    return field.mean(low, high)


def excluding(field: Field, luck: Luck) -> Floats:
    """F9's benchmark with μ 95 %."""
    del luck
    return excluded_mean(field) * 0.95


@dataclass(frozen=True, slots=True)
class Abc:
    """F6's shares of one: the mean's part in the limit, the limit, of A below which B lies, weights of A, B and C."""

    mean_share: float = 0.70
    limit_share: float = 0.75
    below: float = 0.95
    weights: tuple[float, float, float] = (0.5, 0.3, 0.2)


def abc(field: Field, luck: Luck, high: Floats, ceiling: float, shares: Abc) -> Floats:
    """F6's mixture before its factor; `high` is A of each tender. NaN where no price is within the limit."""
    limit = (field.mean() * shares.mean_share + ceiling * (1 - shares.mean_share)) * shares.limit_share
    within = field.below(limit)
    low = np.where(within < field.count, field.at(within), np.nan)
    prices = field.prices
    eligible = (prices >= low[:, None]) & (prices < (high * shares.below)[:, None])
    scores = np.where(eligible, luck.table("b", prices.shape[1]), 2.0)
    picked = np.take_along_axis(prices, scores.argmin(axis=1)[:, None], axis=1)[:, 0]
    middle = np.where(eligible.any(axis=1), picked, low)
    a, b, c = shares.weights
    return a * high + b * middle + c * low


def composed(ceiling: float) -> Benchmark:
    """F6's benchmark with its published lists: Δ 12 … 20 %, K 95 … 98 %."""

    def benchmark(field: Field, luck: Luck) -> Floats:
        high = ceiling * (1 - luck.drawn("delta", _DELTAS))
        return abc(field, luck, high, ceiling, Abc()) * luck.drawn("k", FACTORS)

    return benchmark


def ten(ceiling: float) -> tuple[Formula, ...]:
    """The ten formulas under a ceiling (fen)."""

    def by(name: str, zh: str, en: str, benchmark: Benchmark, marks: Marks = nearest) -> Formula:
        return Formula(name, {"zh": zh, "en": en}, benchmark, marks)

    return (
        by("lowest_price", "最低价", "lowest price", lowest, cheapest),
        by("plain_mean", "算术平均", "plain mean", plain_mean),
        by("trimmed_mean", "去高去低后平均", "trimmed mean", trimmed_mean),
        by("median", "中位数", "median", median),
        by("second_average", "二次平均", "second average", second_average),
        by("drawn_discount", "平均值下浮（抽取系数）", "mean less a drawn discount", discounted_mean),
        by("ceiling_mix", "与最高限价加权（抽取权重）", "mix with the ceiling, drawn weights", mixed(ceiling)),
        by("subset_of_nine", "随机抽取九家平均", "mean of nine bids, drawn", subset_mean),
        by("iterated_exclusion", "逐次剔除后平均下浮", "iterated exclusion", excluding),
        by("abc", "ABC 合成基准价", "ABC benchmark", composed(ceiling)),
    )
