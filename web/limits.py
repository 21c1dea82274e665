"""Brakes on what one caller may ask: how often, and how much at the same time. In memory, of this process only."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from ledger.basics.errors import Refusal

_CALLERS: Final = 10_000  # remembered at once; the longest silent is forgotten first
STRANGER: Final = ""  # everybody whom nothing tells from anybody else
_AGAIN: Final = 2  # seconds after which who found no room may ask again


class Brake:
    """A token bucket a caller: `per_minute` calls on the average, in bursts of `burst` (as many, if not given).

    `now`: seconds that only rise.
    """

    def __init__(self, per_minute: float, now: Callable[[], float] = monotonic, *, burst: int | None = None) -> None:
        self._rate = per_minute / 60
        self._burst = float(per_minute if burst is None else burst)
        self._now = now
        self._lock = threading.Lock()
        self._callers: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def call(self, caller: str) -> None:
        """Counts one call; `Refusal("http.rate", seconds=…)` when the caller has none left."""
        with self._lock:
            now = self._now()
            left, at = self._callers.pop(caller, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._rate)
            self._callers[caller] = (max(left - 1, 0.0) if left >= 1 else left, now)
            while len(self._callers) > _CALLERS:
                self._callers.popitem(last=False)
        if left < 1:
            raise Refusal("http.rate", seconds=max(1, round((1 - left) / self._rate)) if self._rate else 60)


class Room:
    """How much goes on at the same time: `total` in all, `each` for one caller, `strangers` for all strangers together.

    With `shrinks`, the fuller it is the fewer has one caller, down to one: some who take all they can don't keep the
    others out. Then a caller's share tells how many others there are; without it, all that a refusal can tell besides
    the caller's own share is that the whole room is full.
    """

    def __init__(self, total: int, each: int, strangers: int = 0, *, shrinks: bool = False) -> None:
        self._total, self._each, self._strangers, self._shrinks = total, each, strangers, shrinks
        # What was never closed is given back when it is collected, which may be in the middle of this very class.
        self._lock = threading.RLock()
        self._held: dict[str, int] = {}

    @contextmanager
    def hold(self, caller: str) -> Iterator[None]:
        """Room for one more while the block runs; `Refusal("http.crowded", seconds=…)` where there is none."""
        self.take(caller)
        try:
            yield
        finally:
            self.give_back(caller)

    def take(self, caller: str) -> None:
        """As `hold`, for who gives it back elsewhere."""
        with self._lock:
            free = self._total - sum(self._held.values())
            mine = self._held.get(caller, 0)
            if free < 1 or mine >= self._most(caller, free):
                raise Refusal("http.crowded", seconds=_AGAIN)
            self._held[caller] = self._held.get(caller, 0) + 1

    def _most(self, caller: str, free: int) -> int:
        """How much the caller may hold where so much is free."""
        if caller == STRANGER:
            return self._strangers
        return min(self._each, 1 + self._each * free // self._total) if self._shrinks else self._each

    def give_back(self, caller: str) -> None:
        """Frees what `take` took."""
        with self._lock:
            left = self._held.pop(caller) - 1
            if left:
                self._held[caller] = left
