"""Exact numbers: fractions, named roundings, and the one way to write them. No float takes part in anything."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from ledger.basics.canonical import Json

HALF_UP: Final = "half_up"
DOWN: Final = "down"
HALF_EVEN: Final = "half_even"
MODES: Final = (HALF_UP, DOWN, HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Rounding:
    """`mode` to `places` decimals.

    `half_up` is 四舍五入: to the nearest, a half away from zero, so −0.125 at two places is −0.13 (Python's
    `round` is half-even and gives −0.12). `down` is 去尾: towards zero. `half_even` is 四舍六入五成双 (GB/T 8170): to
    the nearest, a half to the even neighbour.
    """

    mode: str
    places: int

    def __call__(self, value: Fraction) -> Fraction:
        """`value` rounded; still exact."""
        scale = 10**self.places
        top, bottom = abs(value.numerator) * scale, value.denominator
        whole, rest = divmod(top, bottom)
        if self.mode == HALF_UP:
            whole += 2 * rest >= bottom
        elif self.mode == HALF_EVEN:
            whole += 2 * rest > bottom or (2 * rest == bottom and whole % 2 == 1)
        return Fraction(-whole if value.numerator < 0 else whole, scale)

    def text(self, value: Fraction) -> str:
        """`value`, which must already be rounded so, with all its places: `47.50`."""
        return fixed(value, self.places)

    def document(self) -> dict[str, Json]:
        """`{mode, places}`."""
        return {"mode": self.mode, "places": self.places}


@lru_cache(maxsize=1024)
def decimal(text: str) -> Fraction:
    """The number of a published decimal: a rule set has a few of them, and every bid is marked by them."""
    return Fraction(text)


def fixed(value: Fraction, places: int) -> str:
    """A decimal with exactly `places` digits behind the point. Raises ValueError if that would lose anything."""
    scaled, rest = divmod(abs(value.numerator) * 10**places, value.denominator)
    if rest:
        raise ValueError("more places than asked for")
    digits = str(scaled).rjust(places + 1, "0")
    body = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{body}" if value.numerator < 0 else body


def exact(value: Fraction) -> str:
    """The shortest plain decimal of `value`, or `p/q` in lowest terms where no decimal ends."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return fixed(value, max(twos, fives)) if rest == 1 else f"{value.numerator}/{value.denominator}"


def near(text: str, places: int = 4) -> str:
    """For a reader only: an exact value as written by `exact`, `≈` and rounded where it is a fraction."""
    if "/" not in text:
        return text
    return f"≈{fixed(Rounding(HALF_UP, places)(Fraction(text)), places)}"
