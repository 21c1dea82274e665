"""Arrays that know their bounds: exact on both sides of every width, and never wider than need be."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pytest

from evaluation.vector.rounding import DOWN, HALF_EVEN, HALF_UP, MODES, ONE, at_least, divided, share
from evaluation.vector.whole import Gathered, Whole, narrowest, rounded
from tests.support.sampling import rng_for, sample

EDGES: Final = [edge for width in (15, 31, 63) for edge in (2**width - 2, 2**width - 1, 2**width, 2**width + 1)]
OPERATIONS: Final[list[Callable[[Any, Any], Any]]] = [operator.add, operator.sub, operator.mul]


def whole(*numbers: int) -> Whole:
    low, high = min(numbers), max(numbers)
    return Whole(np.array(numbers, dtype=narrowest(low, high)), low, high)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (2**15 - 1, np.int16),
        (-(2**15) + 1, np.int16),
        (2**15, np.int32),
        (-(2**31) + 1, np.int32),
        (-(2**31), np.int64),
        (2**63 - 1, np.int64),
        (2**63, object),
        (-(2**63), object),
    ],
)
def test_the_narrowest_type_holds_a_number_and_its_negative(number: int, kind: type[Any]) -> None:
    assert narrowest(number) is kind
    assert narrowest(0, number) is kind
    assert int((-whole(number)).values[0]) == -number


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_operation_overflows_at_the_edge_of_a_width(operation: Callable[[Any, Any], Any]) -> None:
    for left in [*EDGES, *(-edge for edge in EDGES)]:
        for right in (-2, -1, 0, 1, 2, *EDGES):
            found = operation(whole(left, 1), right)
            assert found.values.tolist() == [operation(left, right), operation(1, right)]
            assert found.low <= min(found.values.tolist())
            assert max(found.values.tolist()) <= found.high


def test_the_outcome_comes_back_to_a_narrow_type_when_its_bounds_do() -> None:
    far = whole(1, 2, 3) * 2**70
    assert far.values.dtype == object
    back = rounded(far, 2**70, HALF_UP) + 0
    assert back.values.dtype == np.int16
    assert back.values.tolist() == [1, 2, 3]


def test_rounding_is_that_of_one_number_at_a_time() -> None:
    rng = rng_for("rounded arrays")
    for _ in range(sample(20_000, 500)):
        size, width = rng.choice((3, 100, 10**9, 10**18, 10**30)), rng.choice((1, 2, 7, 10**6, 10**17, 10**25))
        tops = [rng.randint(-size, size) for _ in range(5)]
        bottoms = [rng.randint(1, width) for _ in range(5)]
        for mode in MODES:
            assert rounded(whole(*tops), bottoms[0], mode).values.tolist() == [
                divided(top, bottoms[0], mode) for top in tops
            ]
            assert rounded(tops[0], whole(*bottoms), mode).values.tolist() == [
                divided(tops[0], bottom, mode) for bottom in bottoms
            ]


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [(HALF_UP, [-3, -2, -1, 0, 1, 2, 3]), (HALF_EVEN, [-2, -2, 0, 0, 0, 2, 2]), (DOWN, [-2, -1, 0, 0, 0, 1, 2])],
)
def test_halves_go_where_the_mode_says(mode: str, wanted: list[int]) -> None:
    halves = [-5, -3, -1, 0, 1, 3, 5]
    assert rounded(whole(*halves), 2, mode).values.tolist() == wanted
    assert [divided(half, 2, mode) for half in halves] == wanted


def test_what_was_gathered_is_never_narrower_than_asked_for() -> None:
    narrow, wide, few = Gathered((4,)), Gathered((2,)), Gathered((2,), np.int16)
    narrow.put(slice(0, 2), whole(1, 2))
    narrow.put(slice(2, 4), whole(1, 2))
    wide.put(slice(0, 2), whole(1, 2**64))
    few.put(slice(0, 2), whole(1, 2))
    assert [one.values.dtype.kind + str(one.values.dtype.itemsize) for one in (narrow, few)] == ["i8", "i2"]
    assert wide.values.dtype == object
    assert narrow.values.tolist() == [1, 2, 1, 2]
    assert wide.values.tolist() == [1, 2**64]
    with pytest.raises(ValueError, match="nothing was put"):
        _ = Gathered((1,)).values


def test_published_numbers_are_read_without_loss() -> None:
    for text in ("0", "100", "-2.5", "3.5", "0.0000000001", "-0.0000000001", "99.9999999999"):
        assert Fraction(share(text), ONE) == Fraction(text) / 100
    with pytest.raises(ValueError, match="more than ten decimals"):
        share("0.00000000001")


def test_the_least_whole_number_that_is_not_below() -> None:
    assert [at_least(top, 3) for top in (-4, -3, -1, 0, 1, 3, 4)] == [-1, -1, 0, 0, 1, 1, 2]
