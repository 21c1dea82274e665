"""A tender played many times: the same chance, costs and quality, whatever prices are put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from evaluation.simulate.field import Field, Whole, rounded
from evaluation.simulate.formulas import Formula
from evaluation.simulate.streams import Floats, Luck

NOBODY: Final = -1
# Marks have six decimals at most: what is nearer than this is equal.
_EQUAL: Final = 1e-9
_FEN: Final = 100.0


@dataclass(frozen=True, slots=True)
class Played:
    """What came of many tenders.

    `winner`: (trials,) column of the winner, `NOBODY` where the lot failed; `base`: fen; `marks`: price marks;
    `tied`: the first place was shared before the tie-breaks.
    """

    winner: Whole
    base: Floats
    marks: Floats
    tied: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a price counts as: `factor` (trials, bids) of it, rounded in yuan to `(places, mode)` where `to` says so."""

    factor: Floats
    to: tuple[int, str] | None

    def __call__(self, prices: Floats) -> Floats:
        """Evaluated prices, fen."""
        counted = prices * self.factor
        return counted if self.to is None else rounded(counted / _FEN, *self.to) * _FEN


@dataclass(frozen=True)
class Scene:
    """What is fixed beside prices.

    `quality`: points beside the price (trials, bids); `by`: marks by criterion, for tie-breaks that name one; `ties`:
    as in a rule set; `by_price_alone`: the lowest price wins, whatever the marks; `counted`: what prices count as,
    None where as they are. The winner is paid its price all the same.
    """

    formula: Formula
    luck: Luck
    honest: Floats
    quality: Floats | None = None
    ties: Sequence[str] = ("lower_price", "draw")
    by: Mapping[str, Floats] = field(default_factory=dict)
    by_price_alone: bool = False
    counted: Counted | None = None

    def evaluated(self, prices: Floats) -> Floats:
        """What prices count as."""
        return prices if self.counted is None else self.counted(prices)

    def play(self, prices: Floats) -> Played:
        """The result of these prices (trials, bids), NaN for who takes no part."""
        counted = self.evaluated(prices)
        base = self.formula.benchmark(Field.of(counted), self.luck)
        marks = self.formula.marks(counted, base)
        total = -counted if self.by_price_alone else marks if self.quality is None else marks + self.quality
        return self.settle(prices, marks, base, total)

    def settle(self, prices: Floats, marks: Floats, base: Floats, total: Floats) -> Played:
        """The winner by `total`, by the tie-breaks, and by lot where these leave several."""
        score = np.where(np.isnan(total), -np.inf, total)
        best = score.max(axis=1)
        first = (score >= best[:, None] - _EQUAL) & np.isfinite(score)
        tied = first.sum(axis=1) > 1
        if tied.any():
            for tie in self.ties:
                key = self._key(tie, prices, marks)
                held = np.where(first, key, np.inf)
                first &= held <= held.min(axis=1)[:, None] + _EQUAL
            drawn = np.where(first, self.luck.table("tie", prices.shape[1]), 2.0)
            winner = drawn.argmin(axis=1)
        else:
            winner = first.argmax(axis=1)
        return Played(np.where(np.isfinite(best), winner, NOBODY), base, marks, tied)

    def _key(self, tie: str, prices: Floats, marks: Floats) -> Floats:
        if tie == "lower_price":
            return prices
        if tie == "mark:price":
            return -marks
        if tie.startswith("mark:") and tie.removeprefix("mark:") in self.by:
            return -self.by[tie.removeprefix("mark:")]
        return self.luck.table("tie", prices.shape[1])


def winning(prices: Floats, winner: Whole) -> Floats:
    """The winner's price in each tender, NaN where nobody won."""
    found = np.take_along_axis(prices, np.maximum(winner, 0)[:, None], axis=1)[:, 0]
    return np.where(winner == NOBODY, np.nan, found)
