"""Who and when, in tests of custody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from ledger.basics.hashing import H
from tests.support.log import key

N: Final = 5
T: Final = 3
IDS: Final = tuple(f"custodian-{number}" for number in range(1, N + 1))
PARTIES: Final = ("party-1", "party-2", "party-3")
TENDER: Final = "t1"
LOT: Final = "lot1"
DEADLINE: Final = datetime(2026, 12, 1, 4, tzinfo=UTC)
BEFORE: Final = DEADLINE - timedelta(days=20)
PASSPHRASE: Final = "correct horse"
TENDEREE: Final = key(60)
SUPERVISOR: Final = key(61)
STRANGER: Final = key(62)


def counted(seed: bytes) -> Callable[[int], bytes]:
    """Random-looking bytes that are the same in every run."""
    count = 0

    def take(size: int) -> bytes:
        nonlocal count
        count += 1
        out = b""
        while len(out) < size:
            out += H(seed, count.to_bytes(4, "big"), len(out).to_bytes(4, "big"))
        return out[:size]

    return take
