"""The geometric mean of prices, to the fen, half-up: exact for any number of bids.

A root of a product of a million prices has tens of millions of digits as an integer. Sixty digits of it settle nearly
every case; where they lie too close to a half, the powers themselves are compared.
"""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

_DIGITS: Final = 60
# Of the logarithm and of the power; each of n products adds less than one unit of the last digit.
_SLACK: Final = 40
_CONTEXT: Final = decimal.Context(
    prec=_DIGITS,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=decimal.MIN_EMIN,
    Emax=decimal.MAX_EMAX,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)


def geometric_mean(prices: Sequence[int]) -> int:
    """`(p₁ · … · pₙ)^(1/n)` rounded half-up to a whole fen; `prices`: int fen above zero, at least one."""
    near, error = _near(prices)
    low, high = _half_up(near - error), _half_up(near + error)
    if low == high:
        return low
    # x ≥ high − ½ exactly if (2 · high − 1)ⁿ ≤ 2ⁿ · p₁ · … · pₙ
    return high if _power(2 * high - 1, len(prices)) <= _product([2 * price for price in prices]) else low


def _near(prices: Sequence[int]) -> tuple[Decimal, Decimal]:
    """The mean to about fifty digits, and a bound of its error."""
    product = Decimal(1)
    for price in prices:
        product = _CONTEXT.multiply(product, Decimal(price))
    logarithm = _CONTEXT.divide(_CONTEXT.ln(product), Decimal(len(prices)))
    mean = _CONTEXT.exp(logarithm)
    # Relative: n roundings of the product (divided by n again in the logarithm), and those of ln and exp on a
    # logarithm below 10^13 in size.
    error = _CONTEXT.multiply(mean, Decimal(10) ** (_SLACK - _DIGITS))
    return mean, error


def _half_up(value: Decimal) -> int:
    return int(_CONTEXT.add(value, Decimal("0.5")))


def _power(base: int, exponent: int) -> Decimal:
    return _exact(exponent * len(str(base))).power(Decimal(base), exponent)


def _product(values: Sequence[int]) -> Decimal:
    """The exact product, by halves: the library multiplies long numbers of the same length fast."""
    level = [Decimal(value) for value in values]
    context = _exact(sum(len(str(value)) for value in values))
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [context.multiply(left, right) for left, right in zip(level[::2], level[1::2], strict=False)] + odd
    return level[0]


def _exact(digits: int) -> decimal.Context:
    """A context in which a number of so many digits loses none; it raises rather than round."""
    traps = [decimal.Inexact, decimal.InvalidOperation, decimal.Overflow]
    return decimal.Context(prec=digits + 1, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, traps=traps)
