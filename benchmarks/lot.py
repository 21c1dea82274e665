"""A lot whose roll stands, on a platform of its own: what the opening and the verifier are measured on.

The bidders, custodians and log are those of `tests.support.world`; what the log holds is written into a real database
with the same salts, so that every hash in it stays right, and the ciphertexts lie in a real folder.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from bidding.procedures import listing
from bidding.store import published, tables
from bidding.store.book import Book
from bidding.store.box import tables as box_tables
from bidding.store.project import project
from ledger.basics import signing
from ledger.basics.canonical import Json
from ledger.basics.ids import Entropy, system_entropy
from ledger.checkpoint import Policy, log_key
from ledger.events import Committed, Draft, Event
from ledger.store import tree
from ledger.store.append import append, version
from ledger.store.engine import create_engine, reading, transaction
from ledger.store.tables import entries, metadata
from ledger.trust import Trust
from tests.support.world import World
from tests.support.world_log import DEADLINE, GRACE, LOT, TENDER, Record
from web import config
from web.blobs import Folder
from web.files import Shelf
from web.services import Services
from web.worker.context import Context

OPENED: Final = DEADLINE + GRACE + timedelta(minutes=1)
STREAM: Final = f"lot/{TENDER}/{LOT}"
QUORUM: Final = 3
# The tables that the metadata must know before it is created.
_TABLES: Final = (tables.tenders, box_tables.lots)


@dataclass(frozen=True)
class Platform:
    """One database of the lot; `context` is the worker's."""

    context: Context

    def append(self, event: Event, salt: bytes = b"") -> bytes:
        """Write an event as it stands in the world's log, with its salt; its leaf."""
        sealed: dict[str, Json | Committed] = {name: Committed(text) for name, text in event.sealed.items()}
        draft = Draft(event.type, event.public, sealed)
        entropy: Entropy = (lambda _length: salt) if salt else system_entropy
        with transaction(self.context.services.engine) as conn:
            last = version(conn, event.stream)
            (done,) = append(conn, event.stream, last, [draft], at=event.at, actor=event.actor, entropy=entropy)
            project(conn, event.stream, [done.event])
        return done.leaf

    def whole(self, type: str) -> dict[str, Any]:
        """Public of the lot's event of a type, its list in place."""
        services = self.context.services
        with reading(services.engine) as conn:
            (found,) = (event for event in Book(conn).events(STREAM) if event.type == type)
        return listing.whole(type, found.public, services.documents.read)


def sealed_world(folder: Path, bids: int, size: int) -> tuple[World, Folder]:
    """A closed lot with `bids` bids, each with one file of `size` bytes, its ciphertexts in `folder`."""
    world, blobs = World(), Folder(folder)
    content = random.Random("bench").randbytes(size)
    made = []
    for number in range(bids):
        own = {"identity": {}, "offer": {"offer.pdf": number.to_bytes(8, "big") + content[8:]}}
        bid = world.bid(world.party(f"p{number}"), answers=world.answers(str(700_000 + number)), files=own)
        for sha256, ciphertext in bid.ciphertexts.items():
            blobs.put(sha256, [ciphertext])
        # Gigabytes lie on the disk and nowhere else.
        world.blobs.clear()
        made.append(replace(bid, files={}, ciphertexts={}))
        world.bids[bid.sha256] = made[-1]
    world.close(made)
    return world, blobs


@contextmanager
def platform(world: World, blobs: Folder, folder: Path) -> Iterator[Platform]:
    """A fresh platform on SQLite that holds what the world's log held when the lot was closed."""
    folder.mkdir(parents=True)
    engine = create_engine(f"sqlite:///{folder / 'platform.db'}", now=_after)
    assert all(table.metadata is metadata for table in _TABLES)
    metadata.create_all(engine)
    documents = Shelf(folder / "documents")
    for data in world.documents.values():
        documents.put_bytes(data)
    services = Services(
        config=config.build({"platform": {"origin": "bench.example/log"}}, folder),
        engine=engine,
        trust=_trust(world),
        documents=documents,
        forms=Shelf(folder / "forms"),
    )
    made = Platform(Context(services, blobs))
    with transaction(engine) as conn:
        tree.prepare(conn)
    for record in _until_closed(world):
        assert made.append(record.event, record.salt) == record.leaf
    with transaction(engine) as conn:
        # The tree is not what is measured: entries have their places in it as they were written.
        conn.execute(sa.update(entries).values(idx=entries.c.id - 1))
        for bid in world.bids.values():
            published.add(conn, "submission", bid.sha256, TENDER, LOT, dict(bid.submission.envelope))
    try:
        yield made
    finally:
        engine.dispose()


def _until_closed(world: World) -> list[Record]:
    records = sorted((one for stream in world.log.streams.values() for one in stream), key=lambda one: one.index)
    (closed,) = (number for number, one in enumerate(records) if one.event.type == "lot.closed")
    return records[: closed + 1]


def _after() -> datetime:
    return OPENED


def _trust(world: World) -> Trust:
    own = world.dice.key()
    return Trust(
        policy=Policy(log_key("bench.example/log", own), (), 0),
        box_key=signing.public_bytes(own).hex(),
        custodians={},
        contributors={},
        supervisors={},
        cas=(),
        fingerprint="",
    )


def released(world: World, part: str) -> list[Record]:
    """The releases of a part by t custodians, written into the world's log if they are not there yet."""
    stream = world.log.streams[STREAM]

    def own() -> list[Record]:
        return [r for r in stream if r.event.type == "release.recorded" and r.event.public["part"] == part]

    if not own():
        world.release(part, sorted(world.masters)[:QUORUM])
    return own()


def follow(world: World, made: Platform, type: str) -> None:
    """Write into the world's log what the worker decided, if it is not there yet."""
    if not any(record.event.type == type for record in world.log.streams[STREAM]):
        world.record(STREAM, type, made.whole(type))
