"""Arrays of whole numbers that know their bounds: no operation can overflow unseen.

Before an operation is done, the bounds of what comes out are computed in Python's own integers. It is then done in
the narrowest of int16, int32 and int64 that holds the operands and the outcome, and beyond 63 bits in arrays of
Python integers: slower, and as exact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evaluation.vector.rounding import DOWN, HALF_UP, divided

Values = NDArray[Any]

# Symmetric, so that a number's negative and its size are held wherever the number is.
_TYPES: Final[tuple[tuple[type[Any], int], ...]] = (
    (np.int16, 2**15 - 1),
    (np.int32, 2**31 - 1),
    (np.int64, 2**63 - 1),
)


def narrowest(*numbers: int) -> type[Any]:
    """The narrowest type of array that holds these numbers: `object` if they need more than 63 bits."""
    widest = max(*numbers, -min(numbers))
    for kind, most in _TYPES:
        if widest <= most:
            return kind
    return object


class Whole:
    """An array of whole numbers, none below `low`, none above `high` (the bounds need not be met)."""

    __slots__ = ("high", "low", "values")

    def __init__(self, values: Values, low: int, high: int) -> None:
        self.values, self.low, self.high = values, low, high

    @classmethod
    def of(cls, values: Values) -> Whole:
        """The numbers of an integer array that is not empty, with bounds of theirs."""
        # Read as unsigned, a negative number lies above all others: mostly one look is enough.
        high = int(values.view(values.dtype.str.replace("i", "u")).max())
        if high <= np.iinfo(values.dtype).max:
            return cls(values, 0, high)
        return cls(values, int(values.min()), int(values.max()))

    def __add__(self, other: Whole | int) -> Whole:
        low, high = _bounds(other)
        return _done(np.add, self, other, self.low + low, self.high + high)

    __radd__ = __add__

    def __sub__(self, other: Whole | int) -> Whole:
        low, high = _bounds(other)
        return _done(np.subtract, self, other, self.low - high, self.high - low)

    def __rsub__(self, other: int) -> Whole:
        return _done(np.subtract, other, self, other - self.high, other - self.low)

    def __mul__(self, other: int) -> Whole:
        ends = (self.low * other, self.high * other)
        return self if other == 1 else _done(np.multiply, self, other, min(ends), max(ends))

    __rmul__ = __mul__

    def __neg__(self) -> Whole:
        return 0 - self

    def size(self) -> Whole:
        """The numbers without their signs."""
        if self.low >= 0:
            return self
        ends = (-self.low, abs(self.high))
        return Whole(np.abs(self.values.astype(narrowest(*ends))), max(0, -self.high), max(ends))

    def at_least(self, other: Whole | int) -> Whole:
        """The greater of the two, number by number."""
        low, high = _bounds(other)
        return _done(np.maximum, self, other, max(self.low, low), max(self.high, high))

    def at_most(self, other: Whole | int) -> Whole:
        """The lesser of the two, number by number."""
        low, high = _bounds(other)
        return _done(np.minimum, self, other, min(self.low, low), min(self.high, high))


class Gathered:
    """An array filled piece by piece, all of the same bounds: of the narrowest type, but no narrower than `least`."""

    __slots__ = ("_gathered", "least", "shape")

    def __init__(self, shape: tuple[int, ...], least: type[Any] = np.int64) -> None:
        self.shape, self.least = shape, least
        self._gathered: Values | None = None

    def put(self, place: slice | tuple[int, slice], piece: Whole) -> None:
        """Write a piece where it belongs."""
        if self._gathered is None:
            kind = np.result_type(narrowest(piece.low, piece.high), self.least)
            self._gathered = np.empty(self.shape, dtype=kind)
        self._gathered[place] = piece.values

    @property
    def values(self) -> Values:
        """The array. Raises ValueError if no piece was put."""
        if self._gathered is None:
            raise ValueError("nothing was put")
        return self._gathered


def rounded(top: Whole | int, bottom: Whole | int, mode: str) -> Whole:
    """`top / bottom` as whole numbers, by a mode of `rounding.py`; `bottom` above zero, one of the two an array."""
    if bottom == 1 and isinstance(top, Whole):
        return top
    size: Whole | int = abs(top) if isinstance(top, int) else top.size()
    if mode == DOWN:
        quotient = _quotient(size, bottom)
    elif mode == HALF_UP:  # (size + bottom / 2) / bottom; where the bottom is odd, its last half changes no whole part
        quotient = _quotient(size + _half(bottom), bottom)
    else:
        quotient = _half_even(2 * size + bottom, 2 * bottom)
    return _signed(quotient, top, bottom, mode)


def _bounds(number: Whole | int) -> tuple[int, int]:
    return (number, number) if isinstance(number, int) else (number.low, number.high)


def _as(number: Whole | int, kind: type[Any]) -> Values | int:
    return number if isinstance(number, int) else number.values.astype(kind, copy=False)


def _done(operation: Callable[..., Any], left: Whole | int, right: Whole | int, low: int, high: int) -> Whole:
    """The operation in a type that holds both operands and the outcome, which lies from `low` to `high`."""
    kind = narrowest(low, high, *_bounds(left), *_bounds(right))
    return Whole(operation(_as(left, kind), _as(right, kind)), low, high)


def _quotient(top: Whole | int, bottom: Whole | int) -> Whole:
    """The whole part of `top / bottom`, neither below zero, one of the two an array."""
    (low, high), (least, most) = _bounds(top), _bounds(bottom)
    return _done(np.floor_divide, top, bottom, low // most, high // least)


def _half(number: Whole | int) -> Whole | int:
    return number // 2 if isinstance(number, int) else _quotient(number, 2)


def _half_even(doubled: Whole | int, twice: Whole | int) -> Whole:
    """The whole part, and one less where a half was rounded up to an odd number: halves leave no remainder."""
    quotient = _quotient(doubled, twice)
    kind = narrowest(*_bounds(doubled), *_bounds(twice))
    half = np.equal(np.remainder(_as(doubled, kind), _as(twice, kind)), 0)
    odd = np.equal(np.remainder(quotient.values, 2), 1)
    values = quotient.values - (half & odd).astype(quotient.values.dtype)
    return Whole(values, max(0, quotient.low - 1), quotient.high)


def _signed(quotient: Whole, top: Whole | int, bottom: Whole | int, mode: str) -> Whole:
    """The quotient of the sizes with the sign of `top`, between the quotients of the bounds."""
    ends = [divided(end, by, mode) for end in _bounds(top) for by in _bounds(bottom)]
    low, high = min(ends), max(ends)
    if _bounds(top)[0] >= 0:
        return Whole(quotient.values, low, high)
    values = quotient.values
    negative = np.less(top.values, 0) if isinstance(top, Whole) else True
    return Whole(np.where(negative, -values, values), low, high)
