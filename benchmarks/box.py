"""The cost of the 1,000th bid on a lot over that of the first: the whole submit request, on a real database.

Two boxes stand side by side, one whose lot has no bid and one whose lot has 980 already; they take bids in turns.
Ciphertexts were announced and completed before: submitting is one small signed message (design: uploads come first).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.ratio import Ratio, in_turns
from bidding.store.box import uploads as box_uploads
from bidding.store.box.uploads import Upload
from ledger.basics.canonical import Json
from ledger.store.engine import transaction
from tests.support.boxes import BoxWorld, Caller

BOUND: Final = 1.2
FULL: Final = 980
MEASURED: Final = 20
WARMING: Final = 3


@contextmanager
def opened(url: str, folder: Path, seed: int) -> Iterator[BoxWorld]:
    """A box in a fresh database, closed at the end."""
    world = BoxWorld(url, folder, seed=seed)
    try:
        yield world
    finally:
        world.close()


def prepared(world: BoxWorld, label: str) -> tuple[Caller, dict[str, Json]]:
    """A bidder whose ciphertexts are all there, and the submission it is about to hand in."""
    caller = world.caller(label)
    envelope = caller.envelope()
    with transaction(world.engine) as conn:
        for sha256, data in caller.seals()[1].items():
            upload_id = world.random.randbytes(16).hex()
            whole = Upload(upload_id, "t-1", "lot-1", caller.public.hex(), sha256, len(data), len(data), complete=True)
            box_uploads.add_upload(conn, whole, world.time.at)
    return caller, envelope


def submit(bid: tuple[Caller, dict[str, Json]]) -> float:
    """Seconds of one submit request, from the HTTP request to its receipt."""
    caller, envelope = bid
    start = time.perf_counter()
    response = caller.submit(envelope)
    took = time.perf_counter() - start
    assert response.status_code == 201, response.text
    return took


def measure(name: str, empty: BoxWorld, full: BoxWorld, before: int) -> Ratio:
    """The ratio, `before` bids being on the full lot; both boxes have warmed up on the same number of requests."""
    for number in range(before):
        submit(prepared(full, f"early-{number}"))
    # A lot's first bids are what is measured, so the empty box warms up on replacements of one bid.
    caller = empty.caller("warming")
    for world, warm in ((empty, caller), (full, full.caller("warming"))):
        for seq in range(1, WARMING + 1):
            assert warm.bid(seq, f"w{seq}").status_code == 201, world.url
    first = [prepared(empty, f"bid-{number}") for number in range(MEASURED)]
    last = [prepared(full, f"bid-{number}") for number in range(MEASURED)]
    ours, limit = in_turns(MEASURED, lambda number: submit(last[number]), lambda number: submit(first[number]))
    what = f"bids {before + 1} to {before + MEASURED} on a lot, {name}"
    return Ratio(what, f"bids 1 to {MEASURED} on a lot", ours, limit, BOUND)


def ratio(name: str, urls: tuple[str, str], folder: Path, *, before: int = FULL) -> Ratio:
    """The ratio on one kind of database; `urls`: of two empty databases."""
    with opened(urls[0], folder / f"{name}-empty", 1) as empty, opened(urls[1], folder / f"{name}-full", 2) as full:
        return measure(name, empty, full, before)
