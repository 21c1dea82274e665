"""The sequenced tree as the database holds it: tiles, nodes, where an entry stands."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa

from ledger import merkle, tiles
from ledger.basics.errors import Refusal
from ledger.merkle import Frontier
from ledger.store import tables
from ledger.tiles import ENTRIES, Tile, TileNodes


def prepare(conn: sa.Connection) -> None:
    """Writes the tree's one row if it isn't there yet (in a writing transaction)."""
    if conn.execute(sa.select(tables.tree.c.id)).first() is None:
        edge = Frontier.empty()
        conn.execute(sa.insert(tables.tree).values(id=1, size=edge.size, frontier=edge.to_bytes()))


def create(engine: sa.Engine) -> None:
    """Makes the tables and the empty tree; what is there stays. For tests and the embedded default."""
    tables.metadata.create_all(engine)
    with engine.begin() as conn:
        prepare(conn)


def frontier(conn: sa.Connection, *, lock: bool = False) -> Frontier:
    """The left edge after all sequenced entries; with `lock` nobody else sequences until the transaction ends."""
    query = sa.select(tables.tree.c.size, tables.tree.c.frontier).where(tables.tree.c.id == 1)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise Refusal("log.not_prepared")
    return Frontier.from_bytes(row.size, bytes(row.frontier))


def nodes(conn: sa.Connection, size: int) -> TileNodes:
    """`merkle.Nodes` over the first `size` entries."""
    return TileNodes(partial(tile_bytes, conn), size)


def tile_bytes(conn: sa.Connection, tile: Tile) -> bytes:
    """A tile's or entry bundle's bytes; `Refusal("log.no_such_tile")` if not all of it is sequenced."""
    if tile.level <= 0:
        held = entries(conn, tile.first, tile.width)
        found = len(held)
        data = tiles.encode_bundle(held) if tile.level == ENTRIES else b"".join(map(merkle.leaf_hash, held))
    else:
        table = tables.tree_nodes
        query = sa.select(table.c.hash).where(
            table.c.level == tile.level, table.c.idx >= tile.first, table.c.idx < tile.first + tile.width
        )
        hashes = [bytes(row.hash) for row in conn.execute(query.order_by(table.c.idx))]
        found, data = len(hashes), b"".join(hashes)
    if found != tile.width:
        raise Refusal("log.no_such_tile", level=tile.level, index=tile.index, size=tile.first + found)
    return data


def entries(conn: sa.Connection, start: int, count: int) -> list[bytes]:
    """The sequenced entries from index `start` on, `count` at most, in order."""
    table = tables.entries
    query = sa.select(table.c.bytes).where(table.c.idx >= start, table.c.idx < start + count).order_by(table.c.idx)
    return [bytes(row.bytes) for row in conn.execute(query)]


def index_of(conn: sa.Connection, leaf: bytes) -> int:
    """The index of an event's entry; `Refusal("event.unknown")`, `Refusal("log.not_sequenced")`."""
    row = conn.execute(
        sa.select(tables.entries.c.idx)
        .join(tables.events, tables.events.c.entry_id == tables.entries.c.id)
        .where(tables.events.c.leaf == leaf)
    ).one_or_none()
    if row is None:
        raise Refusal("event.unknown", event=leaf.hex())
    if row.idx is None:
        raise Refusal("log.not_sequenced", event=leaf.hex())
    found: int = row.idx
    return found
