"""The geometric mean of prices to the fen, half-up, with a bound of its error and no product of a million digits.

The product is kept as a float64 of [½, 1) and an exponent of two. Only multiplications round it: IEEE 754 errs by at
most 2⁻⁵³ of each, n − 1 of them by (n − 1)·2⁻⁵³ of the product, and the n-th root divides that by n. So the mean is
known to 2⁻⁵² of itself, for any n. Where a half lies that near, the powers are compared between bounds in ever more
digits, rounded down on one side and up on the other. (2k − 1)ⁿ is odd and 2ⁿ·p₁·…·pₙ even: they are never
equal, and enough digits always part them.
"""

from __future__ import annotations

import decimal
import math
from decimal import Decimal
from typing import Final

import numpy as np

from evaluation.vector.price.base import BLOCK, Prices

# Twice what the multiplications can err; the forty digits of the logarithms add nothing that shows.
_ERROR: Final = Decimal(2) ** -52
_NEAR: Final = decimal.Context(prec=40, rounding=decimal.ROUND_HALF_EVEN, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
_LEAF: Final = 32
_FIRST_DIGITS: Final = 32

# Bounds of a number from below and from above.
Bounds = tuple[Decimal, Decimal]
Directed = tuple[decimal.Context, decimal.Context]


def geometric_mean(prices: Prices) -> int:
    """`(p₁ · … · pₙ)^(1/n)` in whole fen, half-up; `prices`: above zero, below 2⁵³, at least one."""
    near = _near(prices)
    low, high = (_half_up(_NEAR.multiply(near, factor)) for factor in (1 - _ERROR, 1 + _ERROR))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _reaches(prices, middle) else (low, middle - 1)
    return low


def _near(prices: Prices) -> Decimal:
    """The mean, wrong by less than 2⁻⁵² of itself."""
    mantissa, exponent = 1.0, 0
    for start in range(0, len(prices), BLOCK):
        block, twos = _folded(prices[start : start + BLOCK])
        mantissa, carried = math.frexp(mantissa * block)
        exponent += twos + carried
    logarithm = _NEAR.add(_NEAR.ln(Decimal(mantissa)), _NEAR.multiply(Decimal(exponent), _NEAR.ln(Decimal(2))))
    return _NEAR.exp(_NEAR.divide(logarithm, Decimal(len(prices))))


def _folded(prices: Prices) -> tuple[float, int]:
    """The product as mantissa and exponent, halves multiplied with each other until one number is left."""
    mantissas, twos = np.frexp(prices.astype(np.float64))
    exponent = int(twos.sum())
    while len(mantissas) > 1:
        half, odd = divmod(len(mantissas), 2)
        rest = mantissas[2 * half :] if odd else mantissas[:0]
        mantissas, twos = np.frexp(mantissas[:half] * mantissas[half : 2 * half])
        exponent += int(twos.sum())
        mantissas = np.concatenate((mantissas, rest))
    return float(mantissas[0]), exponent


def _half_up(value: Decimal) -> int:
    return int(_NEAR.add(value, Decimal("0.5")))


def _reaches(prices: Prices, fen: int) -> bool:
    """Whether the mean is at least `fen − ½`: whether 2ⁿ·p₁·…·pₙ > (2·fen − 1)ⁿ."""
    digits = _FIRST_DIGITS
    while True:
        contexts = _directed(digits)
        product, power = _product(prices, contexts), _power(2 * fen - 1, len(prices), contexts)
        if product[0] > power[1]:
            return True
        if product[1] < power[0]:
            return False
        digits *= 2


def _directed(digits: int) -> Directed:
    below, above = (
        decimal.Context(prec=digits, rounding=way, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
        for way in (decimal.ROUND_FLOOR, decimal.ROUND_CEILING)
    )
    return below, above


def _product(prices: Prices, contexts: Directed) -> Bounds:
    """Bounds of 2ⁿ·p₁·…·pₙ, by halves: long numbers of the same length are multiplied fast, few are held at once."""
    if len(prices) <= _LEAF:
        exact = Decimal(math.prod(prices.tolist()) << len(prices))
        return contexts[0].plus(exact), contexts[1].plus(exact)
    half = len(prices) // 2
    return _times(_product(prices[:half], contexts), _product(prices[half:], contexts), contexts)


def _power(base: int, exponent: int, contexts: Directed) -> Bounds:
    """Bounds of a power, by squaring."""
    found, square = (Decimal(1), Decimal(1)), (Decimal(base), Decimal(base))
    while exponent:
        if exponent % 2:
            found = _times(found, square, contexts)
        square, exponent = _times(square, square, contexts), exponent // 2
    return found


def _times(left: Bounds, right: Bounds, contexts: Directed) -> Bounds:
    return contexts[0].multiply(left[0], right[0]), contexts[1].multiply(left[1], right[1])
