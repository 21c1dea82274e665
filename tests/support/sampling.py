"""`make test` runs a seeded sample of what `make long` runs in full, through the same code.

Environment: `MINGJING_LONG=1` asks for the full counts, `MINGJING_SEED` repeats a run.
"""

from __future__ import annotations

import os
import random
import secrets
from functools import cache
from typing import Final

LONG: Final = os.environ.get("MINGJING_LONG") == "1"


def sample(full: int, short: int) -> int:
    """How often to repeat: `full` in a long run, `short` otherwise."""
    return full if LONG else short


@cache
def seed() -> str:
    """The seed of this run: given, or fresh in a long run, or always the same.

    A short run that is red is red for everybody; a long run looks somewhere new each time.
    """
    return os.environ.get("MINGJING_SEED") or (secrets.token_hex(4) if LONG else "mingjing")


def rng_for(name: str) -> random.Random:
    """A generator for the test of this name; what it was seeded with is printed and shows when the test fails."""
    print(f"MINGJING_SEED={seed()} ({name})")
    return random.Random(f"{seed()}:{name}")
