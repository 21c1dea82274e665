"""Scoring many bids: a panel's marks beside decimals and beside floats, and F8 over a million bids beside a sort.

All three ways of the panel do the same work: of seven marks the highest and the lowest dropped, the mean half-up to
0.01, times the factor half-up to 0.01, summed over thirty criteria. Decimals come to the same totals; floats don't.
"""

from __future__ import annotations

import decimal
import operator
import statistics
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.ratio import Ratio, in_turns, seconds
from evaluation.rules.price.base import Setting
from evaluation.vector import Criterion, Panel, score, score_panel
from evaluation.vector.rounding import HALF_UP, Rounding

BIDS: Final = 100_000
CRITERIA: Final = 30
EXPERTS: Final = 7
TIMES_FASTER: Final = 150
BESIDE_FLOATS: Final = 1.3
MANY: Final = 1_000_000
BESIDE_SORT: Final = 6.0
BYTES: Final = 10  # eight of each, and one megabyte once
_CENT: Final = Decimal("0.01")
_TO_2: Final = {"mode": "half_up", "places": 2}
_F8: Final = {
    **{name: name for name in ("a", "b", "c", "e", "f", "c1", "r")},
    "drop": "80",
    "trim_low": "10",
    "trim_high": "15",
    "base": _TO_2,
    "mark": _TO_2,
}
_DRAWN: Final = {"a": "30", "b": "10", "c": "20", "e": "40", "f": "20", "c1": "50", "r": "5"}


@dataclass
class Marks:
    """The same marks, points from 0 to 100 in hundredths, and factors in ten-thousandths, in three spellings."""

    whole: NDArray[np.int16]
    factors: Sequence[int]

    def panel(self) -> Panel:
        """The rule."""
        to = Rounding(HALF_UP, 2)
        return Panel(2, 1, 5, to, [Criterion(Fraction(factor, 10_000), to) for factor in self.factors])

    def floats(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Marks and factors."""
        return self.whole / 100, np.array(self.factors) / 10_000

    def decimals(self) -> tuple[list[list[list[Decimal]]], list[Decimal]]:
        """Marks by criterion and expert, and factors."""
        table = [Decimal(hundredths) / 100 for hundredths in range(10_001)]
        columns = [
            [[table[mark] for mark in row.tolist()] for row in self.whole[:, number]]
            for number in range(self.whole.shape[1])
        ]
        return columns, [Decimal(factor) / 10_000 for factor in self.factors]


def marks(bids: int) -> Marks:
    """Seeded marks; the factors add up to about one."""
    rng = np.random.default_rng(20261123)
    whole = rng.integers(0, 10_000, (EXPERTS, CRITERIA, bids), endpoint=True).astype(np.int16)
    return Marks(whole, rng.integers(100, 566, CRITERIA, endpoint=True).tolist())


def by_decimals(columns: list[list[list[Decimal]]], factors: list[Decimal]) -> list[Decimal]:
    """The totals, one bid and one criterion after the other."""
    totals = [Decimal(0)] * len(columns[0][0])
    for column, factor in zip(columns, factors, strict=True):
        mine = (_one(given, factor) for given in zip(*column, strict=True))
        totals = list(map(operator.add, totals, mine))
    return totals


def _one(given: tuple[Decimal, ...], factor: Decimal) -> Decimal:
    mean = (sum(given) - max(given) - min(given)) / (len(given) - 2)
    return (mean.quantize(_CENT, decimal.ROUND_HALF_UP) * factor).quantize(_CENT, decimal.ROUND_HALF_UP)


def by_floats(given: NDArray[np.float64], factors: NDArray[np.float64], block: int = 4096) -> NDArray[np.float64]:
    """The totals as they are mostly computed, in blocks that stay in the cache."""
    totals = np.empty(given.shape[2])
    for start in range(0, given.shape[2], block):
        part = given[:, :, start : start + block]
        means = np.round((part.sum(axis=0) - part.max(axis=0) - part.min(axis=0)) / (len(part) - 2), 2)
        totals[start : start + block] = np.round(np.round(means * factors[:, None], 2).sum(axis=0), 2)
    return totals


def panels(*, bids: int = BIDS, rounds: int = 5, console: Console | None = None) -> Iterator[Ratio]:
    """Beside decimals, then beside floats; how many totals floats get wrong is printed."""
    made = marks(bids)
    yield _beside_decimals(made, min(rounds, 3))
    yield _beside_floats(made, rounds, console)


def _ours(made: Marks) -> float:
    """The median of several: the peer beside decimals takes so long that one of ours would be a matter of luck."""
    panel = made.panel()
    return statistics.median(seconds(lambda: score_panel(panel, made.whole)) for _ in range(9))


def _what(made: Marks) -> str:
    return f"{made.whole.shape[2]} bids × {CRITERIA} criteria × {EXPERTS} experts"


def _beside_decimals(made: Marks, rounds: int) -> Ratio:
    columns, factors = made.decimals()
    exact = score_panel(made.panel(), made.whole).totals.tolist()
    assert [int(one.scaleb(2)) for one in by_decimals(columns, factors)] == exact
    taken, limit = in_turns(rounds, lambda _: _ours(made), lambda _: seconds(lambda: by_decimals(columns, factors)))
    return Ratio(_what(made), f"a {TIMES_FASTER}th of decimal", taken, limit / TIMES_FASTER, 1.0)


def _beside_floats(made: Marks, rounds: int, console: Console | None) -> Ratio:
    given, factors = made.floats()
    exact = score_panel(made.panel(), made.whole).totals
    wrong = int((np.rint(by_floats(given, factors) * 100).astype(np.int64) != exact).sum())
    if console is not None:
        console.print(f"scoring: floats get {wrong} of {len(exact)} totals wrong, decimals none")
    taken, limit = in_turns(rounds, lambda _: _ours(made), lambda _: seconds(lambda: by_floats(given, factors)))
    return Ratio(_what(made), "float64, which gets totals wrong", taken, limit, BESIDE_FLOATS)


def prices(*, bids: int = MANY, rounds: int = 5, console: Console | None = None) -> Ratio:
    """F8, benchmark and marks, beside sorting the prices; the memory at its peak, a bid, is printed and bounded."""
    rng = np.random.default_rng(20261123)
    given, fen = _setting(), rng.integers(7 * 10**8, 10**9, bids, endpoint=True)
    tracemalloc.start()
    score("F8", given, fen)
    peak = tracemalloc.get_traced_memory()[1] / bids
    tracemalloc.stop()
    assert peak < BYTES or bids < MANY, peak
    if console is not None:
        console.print(f"scoring: F8 over {bids} bids takes {peak:.1f} bytes a bid at its peak beside their prices")
    taken, limit = in_turns(
        rounds, lambda _: seconds(lambda: score("F8", given, fen)), lambda _: seconds(lambda: np.sort(fen))
    )
    return Ratio(f"F8 over {bids} bids", "np.sort of the prices", taken, limit, BESIDE_SORT)


def _setting() -> Setting:
    def never(name: str, _items: Sequence[Any]) -> str:
        raise AssertionError(f"nothing is drawn as {name} here")

    return Setting(Fraction(60), _F8, 10**9, _DRAWN, never)
