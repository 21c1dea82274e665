"""Waiting for something another process does: by looking again until a deadline, never by hoping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

STEP: Final = 0.02  # seconds between two looks


def wait_until(look: Callable[[], T | None], what: str, seconds: float = 60) -> T:
    """The first truthy value that `look` gives. Raises AssertionError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(STEP)
