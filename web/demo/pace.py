"""How fast the demonstration goes: as fast as it can, or so that a person can follow it in the hall."""

from __future__ import annotations

import time
from typing import Final

# Packaged profiles: one with periods of seconds, one whose windows are long enough to read and to object in.
QUICK: Final = "demonstration"
PACED: Final = "demonstration-paced"


class Pace:
    """`slow`: for people who watch; otherwise nothing waits for anybody."""

    def __init__(self, *, slow: bool) -> None:
        self.slow = slow

    @property
    def profile(self) -> str:
        """Under which packaged profile the tender runs."""
        return PACED if self.slow else QUICK

    @property
    def window(self) -> float:
        """Seconds that the windows for objections take besides the work itself."""
        return 240.0 if self.slow else 0.0

    def rest(self, seconds: float = 4.0) -> None:
        """A moment for reading what has just happened."""
        if self.slow:
            time.sleep(seconds)
