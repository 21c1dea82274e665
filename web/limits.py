"""A brake on how often one caller may call: a token bucket a caller, in memory, of this process only."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

from ledger.basics.errors import Refusal

_CALLERS: Final = 10_000  # remembered at once; the longest silent is forgotten first


class Brake:
    """`per_minute` calls a caller, in bursts of as many. `now`: seconds that only rise."""

    def __init__(self, per_minute: int, now: Callable[[], float] = monotonic) -> None:
        self._rate = per_minute / 60
        self._burst = float(per_minute)
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
