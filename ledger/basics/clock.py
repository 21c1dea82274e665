"""Time: UTC, in milliseconds, written `2026-12-01T01:00:00.000Z` (24 characters)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from ledger.basics.errors import Refusal

# A clock is a call. Servers read the database's clock inside the transaction that judges a deadline;
# institutions read their own.
Clock = Callable[[], datetime]

_SHAPE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z\Z", re.ASCII)


def system_clock() -> datetime:
    """This machine's clock, cut to the millisecond."""
    return cut(datetime.now(UTC))


def cut(at: datetime) -> datetime:
    """`at` in UTC, cut to the millisecond. Raises ValueError without a zone."""
    if at.tzinfo is None:
        raise ValueError("a time needs its zone")
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def text(at: datetime) -> str:
    """`2026-12-01T01:00:00.000Z`."""
    return cut(at).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_time(value: object, field: str = "time") -> datetime:
    """The time that `text` wrote; refuses every other spelling."""
    match = _SHAPE.match(value) if isinstance(value, str) else None
    if match is None:
        raise Refusal("time.malformed", field=field)
    year, month, day, hour, minute, second, thousandth = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, thousandth * 1000, UTC)
    except ValueError as exc:
        raise Refusal("time.malformed", field=field) from exc


def floor(at: datetime, step: timedelta) -> datetime:
    """The start of the interval of length `step` (counted from the Unix epoch) that holds `at`."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (at - epoch) // step * step
