"""Money is an int of fen. What a person types is a plain decimal of yuan: ASCII digits, at most two decimals."""

from __future__ import annotations

import re
from typing import Final

from ledger.basics.errors import Refusal

_YUAN: Final = re.compile(r"(0|[1-9][0-9]{0,12})(?:\.([0-9]{1,2}))?\Z", re.ASCII)


def parse_yuan(value: object, field: str = "price") -> int:
    """Fen of a plain decimal of yuan: `12980000` or `12980000.50`.

    Refuses with `money.malformed` signs, exponents, separators, full-width digits, leading zeros,
    NaN, booleans and more than two decimals; 13 digits before the point at most.
    """
    match = _YUAN.match(value) if isinstance(value, str) else None
    if match is None:
        raise Refusal("money.malformed", field=field)
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def yuan(fen: int) -> str:
    """`12980000.50`: the plain decimal of an amount, always with two decimals."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
