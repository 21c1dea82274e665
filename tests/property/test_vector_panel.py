"""The panel's arithmetic in arrays against the reference in fractions: every panel mark and every total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from evaluation.rules import criteria
from evaluation.rules import exact as exact_numbers
from evaluation.rules import panel as reference
from evaluation.vector import Criterion, Panel, score_panel
from evaluation.vector.rounding import DOWN, HALF_EVEN, HALF_UP, MODES, Rounding
from tests.support.sampling import sample

EXAMPLES: Final = sample(20_000, 300)

ROUNDINGS: Final = st.builds(Rounding, st.sampled_from(MODES), st.integers(0, 6))
FACTORS: Final = st.one_of(
    st.integers(0, 10**4).map(lambda whole: Fraction(whole, 10**4)),
    st.sampled_from((Fraction(1), Fraction(8, 5), Fraction(10**9), Fraction(1, 10**10))),
)
CRITERIA: Final = st.builds(Criterion, FACTORS, st.one_of(st.none(), ROUNDINGS))


@dataclass
class Case:
    """A panel and its marks."""

    panel: Panel
    marks: NDArray[Any]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    bits = draw(st.sampled_from((16, 16, 32, 64)))
    most = 2 ** (bits - 1) - 1
    high = draw(st.sampled_from((7, 1000, 10_000, most)))
    low = draw(st.sampled_from((0, 0, 0, -high, high - 3, -most - 1)))
    criteria = draw(st.lists(CRITERIA, min_size=1, max_size=4))
    experts, bids, drop = draw(st.integers(1, 9)), draw(st.integers(1, 5)), draw(st.integers(0, 3))
    dropped_from = draw(st.integers(2 * drop + 1, 10))
    marks = draw(arrays(f"int{bits}", (experts, len(criteria), bids), elements=st.integers(low, high)))
    total = draw(st.one_of(st.none(), ROUNDINGS))
    panel = Panel(draw(st.integers(0, 4)), drop, dropped_from, draw(ROUNDINGS), criteria, total)
    return Case(panel, marks)


def exact(to: Rounding) -> exact_numbers.Rounding:
    """The same rounding, as the reference has it."""
    return exact_numbers.Rounding(to.mode, to.places)


def panel_mark(panel: Panel, given: Sequence[int]) -> Fraction:
    """Of one criterion of one bid by the reference, in points."""
    rules = reference.Panel(panel.drop, panel.dropped_from, 1, reference.SAME, exact(panel.mean), None)
    marks = {
        str(expert): exact_numbers.fixed(Fraction(mark, 10**panel.places), panel.places)
        for expert, mark in enumerate(given)
    }
    return reference.panel_mark(rules, marks)[1]


def factored(one: Criterion, mark: Fraction) -> Fraction:
    """A panel mark times its factor by the reference; where nothing rounds the product, the product."""
    if one.rounding is None:
        return mark * one.factor
    body = {"factor": {"by": exact_numbers.exact(one.factor), "rounding": one.rounding._asdict()}}
    return criteria.scaled(criteria.Criterion("id", "expert", "1", {}, "", "", body), mark)[1]


def total(panel: Panel, rows: Sequence[Sequence[int]]) -> Fraction:
    """Of one bid; `rows`: the experts' marks by criterion."""
    added = sum(
        (factored(one, panel_mark(panel, row)) for one, row in zip(panel.criteria, rows, strict=True)), Fraction(0)
    )
    return added if panel.total is None else exact(panel.total)(added)


@settings(max_examples=EXAMPLES)
@given(cases())
def test_every_panel_mark_and_every_total_is_the_same(case: Case) -> None:
    panel, found = case.panel, score_panel(case.panel, case.marks)
    by_bid = case.marks.transpose(2, 1, 0).tolist()
    means = [[panel_mark(panel, row) * panel.mean.scale for row in rows] for rows in by_bid]
    assert found.means.T.tolist() == means
    assert found.totals.tolist() == [total(panel, rows) * 10**found.places for rows in by_bid]


TO_2: Final = Rounding(HALF_UP, 2)


def means(marks: Sequence[int], mode: str = HALF_UP) -> int:
    """The panel mark of one bid in hundredths, one highest and one lowest dropped from five up."""
    panel = Panel(2, 1, 5, Rounding(mode, 2), [Criterion()])
    return int(score_panel(panel, np.array(marks, dtype=np.int16).reshape(-1, 1, 1)).means[0, 0])


@pytest.mark.parametrize(("mode", "mark"), [(HALF_UP, 613), (HALF_EVEN, 612), (DOWN, 612)])
def test_the_worked_number_of_f14(mode: str, mark: int) -> None:
    assert means([600, 600, 600, 600, 600, 600, 675, 700], mode) == mark


def test_four_experts_lose_no_mark_and_five_lose_two() -> None:
    assert means([0, 100, 100, 1000]) == 300
    assert means([0, 100, 100, 100, 1000]) == 100


def test_of_several_equal_extremes_one_is_dropped() -> None:
    assert means([100, 100, 200, 300, 300]) == 200


def test_totals_leave_the_narrow_type_in_which_marks_came() -> None:
    panel = Panel(2, 0, 99, TO_2, [Criterion(Fraction(10**15))] * 2)
    found = score_panel(panel, np.full((3, 2, 2), 32_767, dtype=np.int16))
    assert found.totals.tolist() == [2 * 32_767 * 10**15] * 2
    assert score_panel(panel, np.full((3, 2, 2), 3, dtype=np.int16)).totals.dtype == np.int64


@pytest.mark.parametrize(
    ("marks", "criteria"),
    [
        (np.zeros((5, 1, 0), dtype=np.int16), 1),
        (np.zeros((5, 2, 1), dtype=np.int16), 1),
        (np.zeros((5, 2), dtype=np.int16), 2),
        (np.zeros((5, 1, 1)), 1),
        (np.zeros((2, 1, 1), dtype=np.int16), 1),
    ],
)
def test_marks_of_another_kind_are_refused(marks: NDArray[Any], criteria: int) -> None:
    with pytest.raises(ValueError, match="mark"):
        score_panel(Panel(2, 1, 1, TO_2, [Criterion()] * criteria), marks)


def test_a_factor_that_no_decimal_writes_is_refused() -> None:
    with pytest.raises(ValueError, match="a factor is a decimal"):
        score_panel(Panel(2, 0, 1, TO_2, [Criterion(Fraction(1, 3))]), np.ones((1, 1, 1), dtype=np.int16))


def test_more_bids_than_a_block_are_marked_like_few() -> None:
    rng = np.random.default_rng(20261123)
    marks = rng.integers(0, 10_001, (7, 2, 150_000)).astype(np.int16)
    panel = Panel(2, 1, 5, TO_2, [Criterion(Fraction(35, 100), TO_2), Criterion(Fraction(65, 100), TO_2)])
    found = score_panel(panel, marks)
    for start in (0, 65_530, 131_070, 149_990):
        few = score_panel(panel, marks[:, :, start : start + 10])
        assert found.totals[start : start + 10].tolist() == few.totals.tolist()
        assert found.means[:, start : start + 10].tolist() == few.means.tolist()
