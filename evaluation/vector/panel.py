"""The marks of a panel of experts (F14), for all bids and criteria at once.

    panel mark = round(mean, from `dropped_from` experts up without the `drop` highest and the `drop` lowest)
    mark       = round(panel mark · factor)          total = round(sum of the marks)

Each rounding is the rule set's; without one the step is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from evaluation.vector.rounding import DOWN, Rounding, lowest
from evaluation.vector.whole import Gathered, Values, Whole, rounded

MOST_PLACES: Final = 10

# Bids at once: the marks of one criterion by seven experts fit the processor's second cache.
BLOCK: Final = 2**17


@dataclass(frozen=True, slots=True)
class Criterion:
    """What becomes of a criterion's panel mark: times `factor` (a decimal), rounded as `rounding` says."""

    factor: Fraction = Fraction(1)
    rounding: Rounding | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """How experts' marks, given in units of 10^−`places` points, become totals."""

    places: int
    drop: int
    dropped_from: int
    mean: Rounding
    criteria: Sequence[Criterion]
    total: Rounding | None = None


@dataclass(frozen=True, slots=True)
class PanelScores:
    """`means`: (criterion, bid), in the last place of the panel's `mean`; `totals`: (bid,), units of 10^−`places`."""

    means: Values
    totals: Values
    places: int


@dataclass(frozen=True, slots=True)
class _Step:
    """A criterion's mark is `round(panel mark · top / bottom)`, of which each unit is `times` units of the totals."""

    top: int
    bottom: int
    mode: str
    times: int


def score_panel(panel: Panel, marks: Values) -> PanelScores:
    """Panel marks and totals.

    `marks`: whole numbers of any integer type (int16 is enough for 327.67 points in hundredths), shape (expert,
    criterion, bid), nothing missing. Raises ValueError for another shape or kind, for criteria that are not those
    of the panel, and where dropping would leave no mark.
    """
    drop = _drop(panel, marks)
    places, steps = _steps(panel)
    everything = Whole.of(marks)
    means, totals = Gathered(marks.shape[1:], np.int16), Gathered(marks.shape[2:])
    for start in range(0, marks.shape[2], BLOCK):
        part = slice(start, start + BLOCK)
        total: Whole | None = None
        for number, step in enumerate(steps):
            given = [Whole(row, everything.low, everything.high) for row in marks[:, number, part]]
            mean = _mean(panel, given, drop)
            means.put((number, part), mean)
            mark = rounded(mean * step.top, step.bottom, step.mode) * step.times
            total = mark if total is None else total + mark  # at once, while it is in the cache
        if total is not None:
            totals.put(part, _total(panel, total, places))
    return PanelScores(means.values, totals.values, places if panel.total is None else panel.total.places)


def _drop(panel: Panel, marks: Values) -> int:
    """How many are dropped at each end, the marks having been looked at."""
    if marks.ndim != 3 or marks.dtype.kind != "i" or not marks.size:
        raise ValueError("marks are whole numbers by expert, criterion and bid")
    if marks.shape[1] != len(panel.criteria):
        raise ValueError("marks and panel have not the same criteria")
    drop = panel.drop if marks.shape[0] >= panel.dropped_from else 0
    if marks.shape[0] <= 2 * drop:
        raise ValueError("no mark is left")
    return drop


def _steps(panel: Panel) -> tuple[int, list[_Step]]:
    """In how many decimals the sum of the marks is whole, and the way there for each criterion."""
    ends = [one.rounding.places if one.rounding else panel.mean.places + _places(one.factor) for one in panel.criteria]
    places, steps = max(ends), []
    for one, end in zip(panel.criteria, ends, strict=True):
        top, bottom = lowest(one.factor.numerator * 10**end, one.factor.denominator * panel.mean.scale)
        steps.append(_Step(top, bottom, one.rounding.mode if one.rounding else DOWN, 10 ** (places - end)))
    return places, steps


def _places(factor: Fraction) -> int:
    """How many decimals a factor has. Raises ValueError for one that is no decimal."""
    for places in range(MOST_PLACES + 1):
        if 10**places % factor.denominator == 0:
            return places
    raise ValueError("a factor is a decimal")


def _mean(panel: Panel, marks: list[Whole], drop: int) -> Whole:
    """The panel marks of one criterion; `marks`: one row of bids an expert."""
    for _ in range(drop):
        marks = _without(Whole.at_least, marks)
        marks = _without(Whole.at_most, marks)
    top, bottom = lowest(panel.mean.scale, len(marks) * 10**panel.places)
    return rounded(_sum(marks) * top, bottom, panel.mean.mode)


def _without(end: Callable[[Whole, Whole], Whole], marks: list[Whole]) -> list[Whole]:
    """One row fewer: the mark of each bid at that end is carried along the rows, and left out after the last."""
    other = Whole.at_most if end is Whole.at_least else Whole.at_least
    carried, rest = marks[0], []
    for one in marks[1:]:
        rest.append(other(carried, one))
        carried = end(carried, one)
    return rest


def _sum(rows: list[Whole]) -> Whole:
    """By halves: sums of few rows stay in the narrow type longest."""
    if len(rows) == 1:
        return rows[0]
    half = len(rows) // 2
    return _sum(rows[:half]) + _sum(rows[half:])


def _total(panel: Panel, added: Whole, places: int) -> Whole:
    if panel.total is None:
        return added
    top, bottom = lowest(panel.total.scale, 10**places)
    return rounded(added * top, bottom, panel.total.mode)
