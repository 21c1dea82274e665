"""Trying again, later each time: 5 s, 10 s, … up to 10 min."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

FIRST: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(minutes=10)
_MOST: Final = 2000


class Backoff:
    """When each of many things may be tried next."""

    def __init__(self, first: timedelta = FIRST, longest: timedelta = LONGEST) -> None:
        self._first = first
        self._longest = longest
        self._next: dict[str, tuple[datetime, timedelta]] = {}

    def ready(self, what: str, now: datetime) -> bool:
        """Whether it may be tried at `now`."""
        if what not in self._next:
            return True
        at, wait = self._next[what]
        # A clock that was put back must not make us wait for ever.
        return now >= at or now < at - wait

    def failed(self, what: str, now: datetime) -> None:
        """It was tried; wait before the next time, twice as long as the last."""
        wait = min(self._next[what][1] * 2, self._longest) if what in self._next else self._first
        if len(self._next) >= _MOST and what not in self._next:
            self._next.pop(next(iter(self._next)))
        self._next[what] = (now + wait, wait)

    def done(self, what: str) -> None:
        """It worked."""
        self._next.pop(what, None)
