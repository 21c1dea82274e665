"""Roundings of one quotient of whole numbers, and published decimals as whole numbers. No fraction, no float.

`half_up` is 四舍五入 (a half away from zero), `half_even` 四舍六入五成双 (a half to the even neighbour), `down` 去尾
(towards zero). Negative numbers are rounded as their mirror images.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Any, Final, NamedTuple

HALF_UP: Final = "half_up"
HALF_EVEN: Final = "half_even"
DOWN: Final = "down"
MODES: Final = (HALF_UP, HALF_EVEN, DOWN)

# Published percentages have at most ten decimals: as shares of one they are whole in this unit.
ONE: Final = 10**12


class Rounding(NamedTuple):
    """`mode` to `places` decimals."""

    mode: str
    places: int

    @property
    def scale(self) -> int:
        """How many of its last places make one."""
        return int(10**self.places)


def rounding(document: Mapping[str, Any]) -> Rounding:
    """The rounding that a rule set's `{mode, places}` names. Raises ValueError for a mode that nobody knows."""
    if document["mode"] not in MODES:
        raise ValueError(f"no such rounding: {document['mode']}")
    return Rounding(document["mode"], document["places"])


def divided(top: int, bottom: int, mode: str) -> int:
    """`top / bottom` as a whole number; `bottom` above zero."""
    size = abs(top)
    if mode == HALF_UP:
        whole = (2 * size + bottom) // (2 * bottom)
    elif mode == HALF_EVEN:
        whole = (2 * size + bottom) // (2 * bottom)
        whole -= whole % 2 if (2 * size + bottom) % (2 * bottom) == 0 else 0
    else:
        whole = size // bottom
    return -whole if top < 0 else whole


def at_least(top: int, bottom: int) -> int:
    """The least whole number that is not below `top / bottom`; `bottom` above zero."""
    return -(-top // bottom)


def share(per_cent: str) -> int:
    """A published number of per cent as a share of `ONE`: `"3.5"` is 35 · 10⁹.

    Raises ValueError if it has more than ten decimals.
    """
    sign, digits = (-1, per_cent[1:]) if per_cent.startswith("-") else (1, per_cent)
    whole, _, decimals = digits.partition(".")
    if len(decimals) > 10:
        raise ValueError("more than ten decimals")
    return sign * int(whole + decimals.ljust(10, "0"))


def over_one(*numbers: Fraction) -> tuple[int, list[int]]:
    """The least common denominator of some numbers, and the numbers as numerators over it."""
    bottom = lcm(*(number.denominator for number in numbers))
    return bottom, [number.numerator * (bottom // number.denominator) for number in numbers]


def lowest(top: int, bottom: int) -> tuple[int, int]:
    """`top / bottom` in lowest terms, the sign above."""
    common = gcd(top, bottom)
    return top // common, bottom // common
