"""Opening a lot: everything the worker does from the roll to the offers, over the bare work on the same bytes.

The bare work reads, hashes and decrypts (AES-GCM in chunks, as the library does it) every ciphertext once, in one
thread. The worker states presence (reads and hashes every ciphertext), gives verdicts on the seals, opens the forms,
and reads, hashes and decrypts every file again, whose plain bytes it hashes, too. The bytes come from the page cache
for both.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.cobblestone import Cobblestone256Decryptor

from benchmarks.lot import Platform, follow, platform, released, sealed_world
from benchmarks.ratio import Ratio, in_turns, seconds
from ledger.sealed.content import BLOCK
from ledger.sealed.seal import content_keys, context
from tests.support.world import World
from tests.support.world_log import LOT, TENDER
from web.blobs import Folder
from web.worker.opening import Openings

BOUND: Final = 1.5
BIDS: Final = 500
SIZE: Final = 5_000_000


def work(world: World, made: Platform) -> dict[str, float]:
    """Seconds of each step of the worker on a fresh platform; releases come in between and are not counted."""
    worker = Openings(made.context, TENDER)
    took: dict[str, float] = {}
    steps: tuple[tuple[str, str, str, Callable[[str], None]], ...] = (
        ("present", "lot.present", "", worker.present),
        ("coefficients", "lot.coefficients", "coin", worker.coefficients),
        ("announce", "lot.announced", "identity", worker.announce),
        ("offers", "lot.offers_opened", "offer", worker.offers),
    )
    for name, type_, part, step in steps:
        for record in released(world, part) if part else ():
            made.append(record.event)
        took[name] = seconds(lambda step=step: step(LOT))  # type: ignore[misc]  # bound now
        follow(world, made, type_)
    return took


def bare(world: World, blobs: Folder) -> int:
    """Read, hash and decrypt every ciphertext once; how many bytes."""
    total = 0
    for bid in world.bids.values():
        submission = bid.submission
        for part, kind, content in submission.contents():
            keyset = world.keysets[part]
            seal = submission.seal(keyset)
            ctx = context(keyset.kid, bytes.fromhex(submission.bid_key), seal.n16)
            form, files = content_keys(bid.secrets[part], ctx)
            opener, digest = Cobblestone256Decryptor(form if kind == "form" else files, ctx), hashlib.sha256()
            with blobs.open(content.sha256.hex()) as source:
                while block := source.read(BLOCK):
                    digest.update(block)
                    opener.update(block)
                    total += len(block)
            opener.finalize()
            assert digest.digest() == content.sha256
    return total


def ratio(folder: Path, *, bids: int = BIDS, size: int = SIZE, rounds: int = 3) -> tuple[Ratio, dict[str, float]]:
    """The ratio, and the seconds of each of the worker's steps in the last round."""
    shutil.rmtree(folder, ignore_errors=True)
    world, blobs = sealed_world(folder / "blobs", bids, size)
    steps: dict[str, float] = {}

    def ours(number: int) -> float:
        with platform(world, blobs, folder / f"platform-{number}") as made:
            steps.update(work(world, made))
        return sum(steps.values())

    ours(-1)  # makes the releases
    try:
        taken, limit = in_turns(rounds, ours, lambda _: seconds(lambda: bare(world, blobs)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    what = f"opening {bids} bids of {size / 1e6:g} MB"
    return Ratio(what, "reading, hashing, decrypting the same bytes once", taken, limit, BOUND), steps
