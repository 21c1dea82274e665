"""Honest prices are what the prior says; the same seed gives the same, another stream another."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.simulate import limits, prior
from evaluation.simulate.prior import LEAST_SHARE, Prior
from evaluation.simulate.streams import Luck, generator
from ledger.basics.errors import Refusal

CEILING = 10**9


@pytest.mark.parametrize("kind", ["lognormal", "normal"])
def test_prices_have_the_stated_mean_and_spread(kind: str) -> None:
    shares = Prior(kind, 0.85, 0.03).prices(1, "t", (5000, 20), CEILING) / CEILING
    assert abs(shares.mean() - 0.85) < 0.001
    assert abs(shares.std() / shares.mean() - 0.03) < 0.001
    assert (shares == np.floor(shares * CEILING) / CEILING).all()


def test_prices_never_exceed_the_ceiling_nor_fall_below_the_least_share() -> None:
    shares = Prior("normal", 0.9, 0.4).prices(1, "t", (2000, 20), CEILING) / CEILING
    assert LEAST_SHARE <= shares.min() < 0.5
    assert 0.99 < shares.max() <= 1


def test_a_history_is_drawn_from_and_nothing_else() -> None:
    past = [0.80 + index / 100 for index in range(12)]
    found = prior.history(past)
    shares = found.prices(1, "t", (500, 20), CEILING) / CEILING
    assert {round(float(share), 6) for share in np.unique(shares)} == {round(share, 6) for share in past}
    assert abs(found.mean - 0.855) < 1e-12
    assert abs(found.markup - 0.6 * found.cv) < 1e-12
    with pytest.raises(Refusal):
        prior.history(past, 1.1)


def test_a_seed_repeats_and_another_does_not() -> None:
    one, again, other = (Prior().prices(seed, "t", (50, 7), CEILING) for seed in (4, 4, 5))
    assert (one == again).all()
    assert (one != other).any()
    assert (Prior().prices(4, "u", (50, 7), CEILING) != one).any()


def test_streams_do_not_depend_on_the_order_in_which_they_are_asked() -> None:
    forth, back = Luck(9, "s", 30), Luck(9, "s", 30)
    first = (forth.each("a"), forth.table("b", 4))
    second = (back.table("b", 4), back.each("a"))
    assert (first[0] == second[1]).all()
    assert (first[1] == second[0]).all()
    assert forth.each("a") is not back.each("a")


def test_the_generator_is_pinned() -> None:
    """Another key or algorithm would change every published figure: then the report's `method` counts up."""
    assert generator(1, "pilot", "honest").integers(0, 10**6, 4).tolist() == [960857, 515729, 492994, 437104]


def test_every_value_of_a_list_is_as_likely() -> None:
    drawn = Luck(2, "s", 20_000).drawn("c", [1.0, 2.0, 3.0, 4.0])
    assert np.abs(np.bincount(drawn.astype(int))[1:] / 20_000 - 0.25).max() < 0.02


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lognormal",
        "lognormal:90",
        "uniform:90,5",
        "lognormal:100,5",
        "lognormal:45,5",
        "normal:90,0",
        "normal:90,51",
        "normal:1e1,5",
    ],
)
def test_what_is_no_prior_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        prior.parse(text)
    assert refused.value.code == "simulate.prior"


def test_a_prior_is_read_in_per_cent() -> None:
    assert prior.parse("normal:87.5,4.25", 0.05) == Prior("normal", 0.875, 0.0425, 0.05)
    with pytest.raises(Refusal):
        prior.parse("normal:87.5,4.25", -0.01)


@pytest.mark.parametrize("shares", [[0.9] * 20, [0.9, 0.8], [0.9, 1.2] * 10, [0.9, 0.2] * 10, [0.9, float("nan")] * 10])
def test_what_is_no_history_is_refused(shares: list[float]) -> None:
    with pytest.raises(Refusal) as refused:
        prior.history(shares)
    assert refused.value.code == "simulate.history"


@pytest.mark.parametrize(
    ("bidders", "trials", "seed", "code"),
    [
        (2, 1000, 1, "simulate.bidders"),
        (61, 1000, 1, "simulate.bidders"),
        (20, 99, 1, "simulate.trials"),
        (20, 20_001, 1, "simulate.trials"),
        (20, 1000, -1, "simulate.seed"),
        (20, 1000, 2**63, "simulate.seed"),
    ],
)
def test_work_is_bounded(bidders: int, trials: int, seed: int, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        limits.check(bidders, trials, seed)
    assert refused.value.code == code


def test_the_most_that_may_be_asked_for_is_taken() -> None:
    limits.check(60, 20_000, 2**63 - 1)
    limits.check(3, 100, 0)
