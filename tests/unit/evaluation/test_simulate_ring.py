"""What rings make of formulas: the figures of domain/screening.md, and what must hold whatever is simulated."""

from __future__ import annotations

import time
from functools import cache
from typing import Final

import numpy as np
import pytest

from evaluation.simulate.field import Field
from evaluation.simulate.formulas import Formula, cheapest, lowest, nearest, plain_mean, ten
from evaluation.simulate.prior import Prior
from evaluation.simulate.ring import BRACKET, HONEST, SHADE, SINGLE, Ring, Strategy, grid, neighbours
from evaluation.simulate.scene import NOBODY, Scene, winning
from evaluation.simulate.streams import Luck
from evaluation.simulate.study import Asked, by_price

CEILING: Final = 1_000_000_000
# n = 20, k = 8. domain/screening.md calls them orders of magnitude, and lower bounds.
PAPER: Final = {
    "lowest_price": 0.40,
    "plain_mean": 0.81,
    "median": 0.85,
    "second_average": 1.00,
    "drawn_discount": 0.96,
    "ceiling_mix": 0.72,
    "subset_of_nine": 0.73,
}
# Two rings here do better than the paper's: they stand closer together around a median, and drag a mean further.
BETTER: Final = {"plain_mean": 0.90, "median": 0.97}
BAND: Final = 0.06


@cache
def rings() -> tuple[dict[str, Ring], float]:
    """The ten formulas with a ring of eight of twenty, and the seconds of one core that it took."""
    began = time.process_time()
    asked = Asked(bidders=20, trials=10_000, seed=1)
    assert asked.told == 8
    found = {formula.name: by_price(asked, formula, CEILING) for formula in ten(CEILING)}
    return found, time.process_time() - began


def test_ten_formulas_take_less_than_twenty_seconds() -> None:
    found, seconds = rings()
    assert len(found) == 10
    assert seconds < 20


@pytest.mark.parametrize("name", PAPER)
def test_a_ring_wins_as_often_as_the_paper_says(name: str) -> None:
    wins = rings()[0][name].most_wins.wins
    assert abs(wins - BETTER.get(name, PAPER[name])) <= BAND
    assert wins >= PAPER[name] - BAND  # a lower bound of a lower bound


def test_trimming_does_not_help_and_the_lowest_price_gives_a_ring_nothing() -> None:
    found = rings()[0]
    assert found["trimmed_mean"].most_wins.wins > 0.75
    for name in ("lowest_price", "abc"):  # ABC puts its benchmark below nearly all bids
        assert abs(found[name].most_wins.wins - 0.40) < 0.03
        assert found[name].most_profit.profit < 1.1 * found[name].honest.profit


@pytest.mark.parametrize("name", [one.name for one in ten(1.0)])
def test_honest_bidders_win_their_fair_share_and_a_ring_never_fares_worse(name: str) -> None:
    one = rings()[0][name]
    assert abs(one.honest.wins - one.fair) < 0.02
    assert one.fair == 0.4
    # Judged on tenders that the search did not see: a hundredth is chance.
    assert one.most_wins.wins >= one.honest.wins - 0.01
    assert one.most_profit.profit >= one.honest.profit * 0.97
    assert one.most_wins.profit >= one.honest.profit * 0.9
    assert one.most_wins.wins >= one.most_profit.wins - 0.02
    assert one.honest.shift == 0
    assert one.tried >= 140


def test_a_ring_that_goes_for_profit_makes_the_tenderee_pay() -> None:
    found = rings()[0]
    for name in ("plain_mean", "second_average", "drawn_discount", "iterated_exclusion"):
        assert found[name].most_profit.shift > 0.005
        assert found[name].most_profit.profit > 3 * found[name].honest.profit


def test_the_same_seed_gives_the_same_ring_and_another_nearly_the_same() -> None:
    formula = ten(CEILING)[1]
    one, again, other = (by_price(Asked(bidders=9, trials=3000, seed=seed), formula, CEILING) for seed in (2, 2, 3))
    assert one == again
    assert one.most_wins != other.most_wins
    assert abs(one.most_wins.wins - other.most_wins.wins) < 0.06


@pytest.mark.parametrize("k", [2, 3, 8, 30])
def test_the_grid_has_every_family_and_never_more_covers_than_members(k: int) -> None:
    found = list(grid(k))
    assert len(found) == len(set(found))
    assert {one.family for one in found} == {HONEST, SHADE, SINGLE, BRACKET}
    assert all(0 <= one.covers < k for one in found)
    near = [other for one in found for other in neighbours(one, k)]
    assert all(0 <= one.covers < k and one.width > 0 and one.spread >= 0 for one in near)
    assert not list(neighbours(Strategy(HONEST), k))


# --- scenes -----------------------------------------------------------------------------------------------------------

LOW: Final = Formula("low", {}, lowest, cheapest)
MEAN: Final = Formula("mean", {}, plain_mean, nearest)


def table(*rows: list[float]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array(rows, dtype=np.float64)


def test_the_best_total_wins_and_who_takes_no_part_does_not() -> None:
    prices = table([100, 90, np.nan], [80, 90, 85], [np.nan, np.nan, np.nan])
    scene = Scene(LOW, Luck(1, "s", 3), prices)
    played = scene.play(prices)
    assert played.winner.tolist() == [1, 0, NOBODY]
    assert winning(prices, played.winner)[:2].tolist() == [90, 80]
    assert np.isnan(winning(prices, played.winner)[2])
    assert not played.tied.any()


def test_quality_counts_beside_the_price() -> None:
    prices = table([100, 110])
    scene = Scene(LOW, Luck(1, "s", 1), prices, quality=table([0, 1]))
    assert scene.play(prices).winner.tolist() == [1]


def test_ties_go_through_the_tie_breaks_in_their_order() -> None:
    prices = table([90, 110, 110])  # mean 103.33: both 110 are nearest
    quality = table([0, 0, 0])
    by = {"time": table([0, 1, 2])}
    played = Scene(MEAN, Luck(1, "s", 1), prices, quality, ("mark:time", "draw"), by).play(prices)
    assert played.tied.tolist() == [True]
    assert played.winner.tolist() == [2]
    equal = table([100, 110, 90])  # of three totals the first is alone; with it taken out two are equally far
    without = table([np.nan, 110, 90])
    assert Scene(MEAN, Luck(1, "s", 1), equal, None, ("lower_price", "draw")).play(without).winner.tolist() == [2]


def test_what_nothing_parts_is_drawn_evenly() -> None:
    prices = np.full((4000, 4), 100.0)
    winner = Scene(LOW, Luck(1, "s", 4000), prices).play(prices).winner
    assert np.abs(np.bincount(winner) / 4000 - 0.25).max() < 0.03


def test_a_field_counts_sorts_and_sums() -> None:
    field = Field.of(table([3, np.nan, 1, 2], [4, 4, 4, 4]))
    assert field.count.tolist() == [3, 4]
    assert field.mean().tolist() == [2, 4]
    assert field.at(np.array([2, 9])).tolist() == [3, 4]
    assert field.below(np.array([3.0, 4.0])).tolist() == [2, 0]
    assert field.total(np.array([1, 0]), np.array([3, 2])).tolist() == [5, 8]


def test_the_ring_uses_its_cheapest_members_cost() -> None:
    """A prior without any markup leaves honest firms nothing; a ring under the lowest price gains by shading up."""
    asked = Asked(bidders=6, trials=4000, prior=Prior("normal", 0.8, 0.05, 0.0))
    one = by_price(asked, ten(CEILING)[0], CEILING)
    assert one.honest.profit == 0
    assert one.most_profit.profit > 0
    assert one.most_profit.shift > 0
