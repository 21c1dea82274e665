"""The simulator's parts under Hypothesis: sums, places and roundings are the exact ones, strategies stay in bounds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from evaluation.rules.exact import Rounding
from evaluation.rules.price.f8 import quantile
from evaluation.simulate import prior, ring
from evaluation.simulate.field import Field, rounded
from evaluation.simulate.formulas import ten
from evaluation.simulate.prior import Prior
from evaluation.simulate.ring import FAMILIES, Strategy
from evaluation.simulate.scene import Scene
from evaluation.simulate.streams import Luck
from ledger.basics.errors import Refusal
from tests.support.sampling import sample

CEILING: Final = 10_000_000
FEN: Final = some.integers(1, 10**13)
ROWS: Final = some.lists(FEN, min_size=1, max_size=60)


def field_of(row: list[int], missing: int) -> Field:
    return Field.of(np.array([[*map(float, row), *[np.nan] * missing]]))


@settings(max_examples=sample(5000, 200), deadline=None)
@given(row=ROWS, missing=some.integers(0, 3), cut=some.tuples(some.integers(0, 59), some.integers(1, 60)))
def test_sums_and_quantiles_are_the_exact_ones(row: list[int], missing: int, cut: tuple[int, int]) -> None:
    field, ordered = field_of(row, missing), sorted(row)
    low = min(cut[0], len(row) - 1)
    high = min(max(cut[1], low + 1), len(row))
    ends = np.array([low]), np.array([high])
    assert field.count[0] == len(row)
    assert int(field.total(*ends)[0]) == sum(ordered[low:high])
    for quarter in (1, 2, 3):
        exact = quantile(ordered[low:high], quarter) * 100
        assert abs(field.quantile(quarter, *ends)[0] - float(exact)) <= 0.01 + 1e-15 * float(exact)


@settings(max_examples=sample(5000, 300), deadline=None)
@given(
    hundredths=some.integers(-(10**9), 10**9), places=some.integers(0, 4), mode=some.sampled_from(["half_up", "down"])
)
def test_decimals_are_rounded_as_the_rules_round_them(hundredths: int, places: int, mode: str) -> None:
    exact = Rounding(mode, places)(Fraction(hundredths, 10_000))
    assert abs(rounded(np.array([hundredths / 10_000]), places, mode)[0] - float(exact)) < 1e-6


@given(text=some.text(max_size=40) | some.from_regex(r"(normal|lognormal):[0-9.]{1,6},[0-9.]{1,6}", fullmatch=True))
def test_any_text_is_a_prior_in_bounds_or_refused(text: str) -> None:
    try:
        found = prior.parse(text)
    except Refusal as why:
        found, code = None, why.code
    else:
        code = ""
    assert (code == "simulate.prior") == (found is None)
    if found is not None:
        assert 0.45 < found.mean < 1
        assert 0 < found.cv <= 0.5
        assert found.markup == pytest.approx(0.6 * found.cv)


STRATEGY: Final = some.builds(
    Strategy,
    family=some.sampled_from(FAMILIES),
    move=some.floats(-0.9, 5),
    covers=some.integers(0, 2),
    place=some.floats(-50, 50),
    spread=some.floats(0, 20),
    width=some.floats(0, 20),
)


@settings(max_examples=sample(1000, 60), deadline=None)
@given(strategy=STRATEGY, formula=some.sampled_from(ten(float(CEILING))), seed=some.integers(0, 50))
def test_whatever_a_ring_does_its_figures_stay_in_bounds(strategy: Strategy, formula: Any, seed: int) -> None:
    def staged(stage: str) -> Scene:
        return Scene(formula, Luck(seed, stage, 40), Prior().prices(seed, stage, (40, 6), CEILING))

    stages = ring.Stages(Prior(), CEILING, staged("pilot"), staged("rough"), staged("search"), staged("judged"))
    table = ring._Table(stages, stages.judged, 3)
    prices = table._prices(strategy)
    assert ((prices >= 0.45 * CEILING - 1) & (prices <= CEILING) & (prices == np.floor(prices))).all()
    assert (prices[:, 3:] == stages.judged.honest[:, 3:]).all()  # nobody else is moved
    found = table.result(strategy)
    assert 0 <= found.wins <= 1
    assert 0.4 < found.price <= 1
    assert abs(found.profit) <= 1
    assert found == table.result(strategy)


@settings(max_examples=sample(1000, 60), deadline=None)
@given(
    rows=some.lists(some.lists(some.integers(1, 40), min_size=4, max_size=4), min_size=1, max_size=20),
    turn=some.permutations(range(4)),
    which=some.integers(0, 4),
)
def test_the_winning_price_does_not_depend_on_the_order_of_bidders(
    rows: list[list[int]], turn: list[int], which: int
) -> None:
    """Formulas without a draw, ties broken by the lower price."""
    formula = ten(100.0)[which]
    prices = np.array(rows, dtype=np.float64)
    won = [
        Scene(formula, Luck(1, "s", len(rows)), table).play(table).winner for table in (prices, prices[:, list(turn)])
    ]
    paid = [table[np.arange(len(rows)), one] for table, one in zip((prices, prices[:, list(turn)]), won, strict=True)]
    assert (paid[0] == paid[1]).all()
