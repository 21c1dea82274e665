"""The prices of many tenders at once, sorted, with the sums and places that benchmarks are made of.

Prices are whole fen as float64: sums of 60 prices below 10^13 fen are exact. NaN stands where no bid takes part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluation.simulate.streams import Floats

Whole = NDArray[np.intp]

# In units of the last place kept: lifts what a float lost below a half or a whole.
_NUDGE: Final = 1e-7


@dataclass(frozen=True, slots=True)
class Field:
    """`prices`, `ordered`: (trials, bids), `ordered` ascending with NaN last; `count`: bids that take part."""

    prices: Floats
    ordered: Floats
    count: Whole
    _sums: Floats

    @classmethod
    def of(cls, prices: Floats) -> Field:
        """The field of a matrix of prices (trials, bids)."""
        ordered = np.sort(prices, axis=1)
        count = (~np.isnan(ordered)).sum(axis=1)
        sums = np.zeros((len(prices), prices.shape[1] + 1))
        np.cumsum(np.nan_to_num(ordered), axis=1, out=sums[:, 1:])
        return cls(prices, ordered, count, sums)

    def at(self, place: Whole) -> Floats:
        """The price at a place (0 the lowest) of each tender: (trials,). Places outside are the nearest inside."""
        inside = np.clip(place, 0, np.maximum(self.count - 1, 0))
        return np.take_along_axis(self.ordered, inside[:, None], axis=1)[:, 0]

    def total(self, low: Whole, high: Whole) -> Floats:
        """The sum of the prices at places low ≤ i < high."""
        ends = np.take_along_axis(self._sums, np.stack([low, high], axis=1), axis=1)
        return ends[:, 1] - ends[:, 0]

    def mean(self, low: Whole | None = None, high: Whole | None = None) -> Floats:
        """The mean of the prices at places low ≤ i < high; of all of them by default; NaN of none."""
        low = np.zeros_like(self.count) if low is None else low
        high = self.count if high is None else high
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.total(low, high) / (high - low)

    def below(self, limit: Floats) -> Whole:
        """How many prices are strictly below each tender's limit."""
        return np.asarray((self.ordered < limit[:, None]).sum(axis=1), dtype=np.intp)

    def quantile(self, quarter: int, low: Whole, high: Whole) -> Floats:
        """The quartile at quarter · (m + 1) / 4 of the m prices at low ≤ i < high, interpolated."""
        count = high - low
        whole, rest = np.divmod(quarter * (count + 1), 4)
        under, over = (self.at(low + np.clip(place, 1, count) - 1) for place in (whole, whole + 1))
        return under + (over - under) * rest / 4


def rounded(values: Floats, places: int, mode: str = "half_up") -> Floats:
    """`values` at so many decimals: `half_up` away from zero, `down` towards it."""
    scale = 10.0**places
    size = np.abs(values) * scale + _NUDGE
    whole = np.floor(size + 0.5) if mode == "half_up" else np.floor(size)
    return np.copysign(whole / scale, values)
