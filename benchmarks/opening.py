"""Opening a lot: everything the worker does from the roll to the offers, over the bare work on the same bytes.

The bare work reads, hashes and decrypts (AES-GCM in chunks, as the library does it) every ciphertext once, in one
thread. The worker states presence before anything opens: reads and hashes every ciphertext, copies forms to where
custodians fetch them. Then it gives verdicts on the seals, opens the forms, and reads and decrypts every file, whose
plain bytes it hashes, too, on all processors. The bytes come from the page cache for both.
"""

from __future__ import annotations

import hashlib
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.cobblestone import Cobblestone256Decryptor
from rich.console import Console

from benchmarks.lot import Platform, follow, platform, released, sealed_world
from benchmarks.ratio import Ratio, in_turns, seconds
from ledger.sealed.seal import content_keys, context
from tests.support.world import World
from tests.support.world_log import LOT, TENDER
from web.blobs import Folder
from web.worker.marks import BLOCK
from web.worker.opening import Openings

BOUND: Final = 1.5
# Told beside the promise, so that nobody takes the opening for all that happens after the deadline.
TOGETHER: Final = 2.5
PRESENCE: Final = 1.5
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


def bare(world: World, blobs: Folder, *, decrypting: bool = True) -> None:
    """Read and hash every ciphertext once, and decrypt it unless told otherwise."""
    for bid in world.bids.values():
        submission = bid.submission
        for part, kind, content in submission.contents():
            keyset = world.keysets[part]
            ctx = context(keyset.kid, bytes.fromhex(submission.bid_key), submission.seal(keyset).n16)
            form, files = content_keys(bid.secrets[part], ctx)
            opener, digest = Cobblestone256Decryptor(form if kind == "form" else files, ctx), hashlib.sha256()
            with blobs.open(content.sha256.hex()) as source:
                while block := source.read(BLOCK):
                    digest.update(block)
                    if decrypting:
                        opener.update(block)
            if decrypting:
                opener.finalize()
            assert digest.digest() == content.sha256


def ratios(
    folder: Path, *, bids: int = BIDS, size: int = SIZE, rounds: int = 3, console: Console | None = None
) -> list[Ratio]:
    """The opening, presence before it, and both together, each over the bare work on the same bytes."""
    shutil.rmtree(folder, ignore_errors=True)
    world, blobs = sealed_world(folder / "blobs", bids, size)
    found: dict[str, list[float]] = {}

    def ours(number: int) -> float:
        with platform(world, blobs, folder / f"platform-{number}") as made:
            took = work(world, made)
        if console is not None:
            console.print("opening: " + ", ".join(f"{name} {value:.2f} s" for name, value in took.items()))
        if number >= 0:
            found.setdefault("present", []).append(took["present"])
            found.setdefault("opening", []).append(sum(took.values()) - took["present"])
        return sum(took.values())

    def limit(_: int) -> float:
        found.setdefault("hashing", []).append(seconds(lambda: bare(world, blobs, decrypting=False)))
        return seconds(lambda: bare(world, blobs))

    try:
        ours(-1)  # makes the releases
        whole, once = in_turns(rounds, ours, limit)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    middle = {name: statistics.median(values) for name, values in found.items()}
    what, peer = f"{bids} bids of {size / 1e6:g} MB", "reading, hashing, decrypting the same bytes once"
    return [
        Ratio(
            f"presence of {what}",
            "reading and hashing the same bytes once",
            middle["present"],
            middle["hashing"],
            PRESENCE,
        ),
        Ratio(f"opening {what}", peer, middle["opening"], once, BOUND),
        Ratio("both together", peer, whole, once, TOGETHER),
    ]
