"""The twin at its edges: wide numbers, near ties of the geometric mean, memory, and what it refuses."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.rules.price import RULES
from evaluation.rules.price.base import Setting
from evaluation.vector import score
from evaluation.vector.price.base import BLOCK, PRICES_BELOW, Prices, total
from evaluation.vector.price.geometric import geometric_mean
from tests.support.sampling import rng_for, sample
from tests.unit.evaluation.price_params import F8, TO_2

DRAWN: Final = {"a": "30", "b": "10", "c": "20", "e": "40", "f": "20", "c1": "50", "r": "5"}


def never(name: str, _items: Sequence[str]) -> str:
    raise AssertionError(f"nothing is drawn as {name} here")


def setting(weight: str, params: dict[str, Any], ceiling: int | None = None) -> Setting:
    return Setting(Fraction(weight), params, ceiling, DRAWN, never)


def fen(*prices: int) -> Prices:
    return np.array(prices, dtype=np.int64)


def crowd(bids: int, highest: int = 10**9) -> Prices:
    rng = np.random.default_rng(20261123)
    return rng.integers(highest * 7 // 10, highest, bids, endpoint=True)


def test_the_worked_number_of_f1() -> None:
    found = score("F1", setting("30", {"mark": TO_2}), fen(10_000, 11_000, 12_500))
    assert (found.benchmark, found.places) == ((100, 1), 2)
    assert found.marks.dtype == np.int64
    assert found.marks.tolist() == [3000, 2727, 2400]


def test_a_mark_that_needs_more_than_63_bits_is_a_python_integer() -> None:
    full = 999_999_999_999_999
    found = score("F1", setting(str(full), {"mark": {"mode": "down", "places": 6}}), fen(2, 3))
    assert found.marks.tolist() == [full * 10**6, full * 10**6 * 2 // 3]
    assert found.marks.dtype == object


def test_a_sum_that_needs_more_than_63_bits_is_exact() -> None:
    prices = np.full(100_000, PRICES_BELOW - 1, dtype=np.int64)
    assert total(prices) == 100_000 * (PRICES_BELOW - 1)
    assert total(prices) > 2**63


@pytest.mark.parametrize("highest", [10**9, 10**15])
def test_a_crowd_is_marked_like_a_few(highest: int) -> None:
    prices, given = crowd(sample(100_000, 5_000) + BLOCK, highest), setting("60", F8, highest)
    found = score("F8", given, prices)
    benchmark = RULES["F8"].benchmark(given, dict(enumerate(prices.tolist())))  # type: ignore[arg-type] # any key does
    assert found.benchmark == benchmark.value.as_integer_ratio()
    for place in (0, BLOCK - 1, BLOCK, len(prices) - 1):
        mark = RULES["F8"].mark(given, benchmark.value, int(prices[place]))[1]
        assert mark == Fraction(int(found.marks[place]), 100)


def test_f8_needs_less_than_nine_bytes_a_bid() -> None:
    few, many = peak(200_000), peak(600_000)
    assert (many - few) / 400_000 < 9, "a sorted copy, and later the marks: eight bytes each"


def peak(bids: int) -> int:
    """Bytes at most, beside the prices."""
    prices, given = crowd(bids), setting("60", F8, 10**9)
    tracemalloc.start()
    try:
        score("F8", given, prices)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_geometric_mean_is_that_of_the_integer_root() -> None:
    rng = rng_for("geometric mean of arrays")
    for _ in range(sample(20_000, 500)):
        prices = [rng.randint(1, 10 ** rng.randint(1, 15)) for _ in range(rng.randint(1, 12))]
        doubled, count = math.prod(prices) << len(prices), len(prices)
        found = geometric_mean(fen(*prices))
        assert (2 * found - 1) ** count <= doubled < (2 * found + 1) ** count, prices


@pytest.mark.parametrize("price", [1, 10, 10**6, 10**14, PRICES_BELOW - 2])
def test_the_geometric_mean_of_neighbours_lies_just_below_a_half(price: int) -> None:
    assert geometric_mean(fen(price, price + 1)) == price


@pytest.mark.parametrize("part", [1, 1_000, 1_000_000])
def test_a_tie_that_is_missed_by_one_in_the_sixth_power_is_seen(part: int) -> None:
    """With x = 64·part + 1 the doubled prices multiply to x⁶ − 1: the mean is x / 2 less 10⁻⁴⁸ of itself."""
    x = 64 * part + 1
    prices = fen(part, x + 1, x * x + x + 1, x * x - x + 1, 1, 1)
    assert math.prod((2 * prices).tolist()) == x**6 - 1
    assert geometric_mean(prices) == (x - 1) // 2
    prices[-1] = 2
    assert geometric_mean(prices) > (x - 1) // 2


def test_the_geometric_mean_of_equal_prices_is_that_price() -> None:
    for price in (1, 2, 99_999, 10**15):
        assert geometric_mean(np.full(50_000, price, dtype=np.int64)) == price


@pytest.mark.parametrize(
    "prices",
    [fen(), fen(0), fen(1, -1), fen(PRICES_BELOW), np.array([1.0]), np.array([1], dtype=np.int32), fen(1, 2)[:, None]],
)
def test_prices_of_another_kind_are_refused(prices: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="price"):
        score("F1", setting("30", {"mark": TO_2}), prices)
