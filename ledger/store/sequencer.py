"""The sequencer: gives entries their places, publishes the tree, signs checkpoints. One at a time, crash-safe.

1. *Assign* (one transaction, holding the tree's row): every entry without an index gets the next one, in the order of
   ids; the new left edge is written with it. Entries are found by "has no index", never by "id greater than the
   last": PostgreSQL gives ids before commit, so a smaller one may become visible after a greater one was sequenced.
2. *Publish*: tiles and bundles of what is now assigned, each file whole and on disk. They follow from 1 alone, so
   that doing it again after a crash writes the same bytes.
3. *Sign* (one transaction, holding the tree's row): the checkpoint is stored; it is served from there, so nobody has
   seen a signature that a crash could make the log forget.

While a signed checkpoint waits for its witnesses no further one is signed: otherwise each witness would cosign
another size and none would ever have enough of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint, merkle, tiles
from ledger.basics.errors import Refusal
from ledger.checkpoint import Checkpoint, Policy
from ledger.files import write_atomically
from ledger.store import folder as files
from ledger.store import serve, tables, tree
from ledger.store.engine import database_now, reading, to_ms, transaction


@dataclass(frozen=True)
class Step:
    """What a step did: how many entries got their places, the tree's size now, the checkpoint signed if any."""

    assigned: int
    size: int
    signed: Checkpoint | None


@dataclass(frozen=True)
class _Signed:
    size: int
    root: bytes
    note: str
    witnessed: bool


class Sequencer:
    """Sequences the entries of one database into one folder under one log key.

    `policy.log` must be the verifier key of `key`; its name is the log's origin.
    """

    def __init__(self, engine: sa.Engine, folder: Path, key: Ed25519PrivateKey, policy: Policy) -> None:
        if checkpoint.log_key(policy.log.name, key) != policy.log:
            raise Refusal("log.wrong_key", origin=policy.log.name)
        self._engine, self._folder, self._key, self._policy = engine, folder, key, policy

    def step(self) -> Step:
        """Assigns, publishes and signs what there is. Idempotent; may be killed at any point and run again.

        Raises `Refusal("log.rolled_back")` if the database is older than what was signed, `log.corrupt` if the tree
        no longer begins with what was signed.
        """
        with files.exclusive(self._folder):
            self._marker()
            self._settle()
            assigned = self.assign()
            signed = self.publish()
        with reading(self._engine) as conn:
            return Step(assigned, tree.frontier(conn).size, signed)

    def assign(self) -> int:
        """Gives every entry without an index the next one; returns how many."""
        with transaction(self._engine) as conn:
            edge = tree.frontier(conn, lock=True)
            table = tables.entries
            pending = conn.execute(
                sa.select(table.c.id, table.c.bytes)
                .where(table.c.idx.is_(None))
                .order_by(sa.func.coalesce(table.c.anchor, table.c.id), table.c.place, table.c.id)
            ).all()
            if not pending:
                return 0
            places = [{"entry": row.id, "place_in_tree": edge.size + nth} for nth, row in enumerate(pending)]
            conn.execute(
                sa.update(table).where(table.c.id == sa.bindparam("entry")).values(idx=sa.bindparam("place_in_tree")),
                places,
            )
            self._grow(conn, edge, (bytes(row.bytes) for row in pending))
            return len(pending)

    def publish(self) -> Checkpoint | None:
        """Writes the tiles of what is assigned and signs it, unless a signed checkpoint still waits for witnesses."""
        marker = self._marker()
        with reading(self._engine) as conn:
            last, edge = _last_signed(conn), tree.frontier(conn)
            if last and marker < last.size:
                self._write_tiles(conn, marker, last.size)
                write_atomically(self._folder / files.SIGNED, last.note.encode())
                marker = last.size
            if not _due(last, edge.size):
                return None
            self._write_tiles(conn, marker, edge.size)
        with transaction(self._engine) as conn:
            tree.frontier(conn, lock=True)
            last = _last_signed(conn)
            if not _due(last, edge.size):
                return None
            if last and merkle.root(tree.nodes(conn, edge.size), last.size) != last.root:
                raise Refusal("log.corrupt", size=last.size)
            head = Checkpoint(self._policy.log.name, edge.size, edge.root())
            note = checkpoint.sign(head, self._key)
            conn.execute(
                sa.insert(tables.checkpoints).values(
                    size=head.size,
                    root=head.root,
                    note=note,
                    at=to_ms(database_now(conn)),
                    witnessed=self._policy.threshold == 0,
                )
            )
        write_atomically(self._folder / files.SIGNED, note.encode())
        return head

    def _settle(self) -> None:
        """Under a policy that asks for fewer witnesses than before, the waiting checkpoint may be witnessed already."""
        with reading(self._engine) as conn:
            last = _last_signed(conn)
        if last and not last.witnessed:
            with transaction(self._engine) as conn:
                serve.settle(conn, self._policy, last.size)

    def _grow(self, conn: sa.Connection, edge: merkle.Frontier, entries: Iterable[bytes]) -> None:
        nodes = []
        for entry in entries:
            edge, done = edge.extend(merkle.leaf_hash(entry))
            for level, index, hash_ in done:
                if level and level % tiles.HEIGHT == 0:
                    nodes.append({"level": level // tiles.HEIGHT, "idx": index, "hash": hash_})
        if nodes:
            conn.execute(sa.insert(tables.tree_nodes), nodes)
        conn.execute(
            sa.update(tables.tree).where(tables.tree.c.id == 1).values(size=edge.size, frontier=edge.to_bytes())
        )

    def _write_tiles(self, conn: sa.Connection, old: int, size: int) -> None:
        for tile in tiles.new_tiles(old, size):
            files.write_tile(self._folder, tile, tree.tile_bytes(conn, tile))

    def _marker(self) -> int:
        """Up to which signed size the folder's tiles are complete; refuses a database that has forgotten that size."""
        try:
            note = (self._folder / files.SIGNED).read_bytes()
        except FileNotFoundError:
            return 0
        head = checkpoint.check_log(checkpoint.parse_note(note), self._policy.log)
        with reading(self._engine) as conn:
            table = tables.checkpoints
            root = conn.execute(sa.select(table.c.root).where(table.c.size == head.size)).scalar_one_or_none()
        if root is None or bytes(root) != head.root:
            raise Refusal("log.rolled_back", signed=head.size)
        return head.size


def _last_signed(conn: sa.Connection) -> _Signed | None:
    table = tables.checkpoints
    row = conn.execute(
        sa.select(table.c.size, table.c.root, table.c.note, table.c.witnessed).order_by(table.c.size.desc()).limit(1)
    ).one_or_none()
    return _Signed(row.size, bytes(row.root), row.note, bool(row.witnessed)) if row else None


def _due(last: _Signed | None, size: int) -> bool:
    return size > (last.size if last else 0) and (last is None or last.witnessed)
