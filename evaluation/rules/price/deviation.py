"""Marks by deviation from a benchmark, as F3 and F4 give them.

    δ = round((bid − base) / base), as per cent         mark = round(max(floor, T − up·δ⁺ − down·δ⁻))

Parameters: `up`, `down` (points for each per cent above and below the benchmark), `floor` (points, the least
mark), `deviation` (rounding of the ratio: 4 places are hundredths of a per cent), `mark` (rounding, points).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import Step, step
from evaluation.rules.exact import decimal
from evaluation.rules.price.base import ROUNDING, Params, Setting, rounding, yuan
from ledger.basics.errors import Refusal

SHAPES: Final[Mapping[str, shape.Shape]] = {
    "up": shape.decimal,
    "down": shape.decimal,
    "floor": shape.decimal,
    "deviation": ROUNDING,
    "mark": ROUNDING,
}


def mark(setting: Setting, base: Fraction, price: int) -> tuple[Sequence[Step], Fraction]:
    """The mark of one price (fen) against the benchmark `base` (yuan, above zero)."""
    params, to, kept = setting.params, rounding(setting.params["deviation"]), rounding(setting.params["mark"])
    ratio = (yuan(price) - base) / base
    rounded = to(ratio)
    deviation = rounded * 100
    loss = deviation * decimal(params["up"]) if deviation > 0 else -deviation * decimal(params["down"])
    floored = max(decimal(params["floor"]), setting.weight - loss)
    result = kept(floored)
    return (
        step("ratio", ratio),
        step("rounded_ratio", rounded, "", to),
        step("deviation", deviation, "percent"),
        step("loss", loss, "points"),
        step("floored", floored, "points"),
        step("mark", result, "points", kept),
    ), result


def relations(params: Params, rule: str) -> Iterable[Refusal]:
    """A rule that takes nothing off on either side marks nothing."""
    if Fraction(params["up"]) == 0 and Fraction(params["down"]) == 0:
        yield Refusal("price.no_deviation", rule=rule)
