"""Writing to a log's database for tests of the sequencer, and what stands in it."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from ledger import checkpoint
from ledger.checkpoint import Note, Policy, Signature
from ledger.events import Draft
from ledger.store import serve, tables, tree
from ledger.store.append import Appended, append
from ledger.store.engine import reading, transaction
from tests.support.log import NOON, WITNESSES, policy


def write(engine: sa.Engine, stream: str, expected: int = 0, *, raw: tuple[bytes, ...] = ()) -> Appended:
    """Appends one event to a stream."""
    with transaction(engine) as conn:
        return add(conn, stream, expected, raw=raw)


def add(conn: sa.Connection, stream: str, expected: int = 0, *, raw: tuple[bytes, ...] = ()) -> Appended:
    """Appends one event to a stream in a transaction; `raw`: entries before it."""
    (one,) = append(conn, stream, expected, [Draft("a", {}, before=raw, visible=False)], at=NOON, actor="p1")
    return one


def all_entries(engine: sa.Engine) -> list[bytes]:
    """Every entry of the tree."""
    with reading(engine) as conn:
        return tree.entries(conn, 0, 1_000_000)


def pending(engine: sa.Engine) -> int:
    """How many entries have no place yet."""
    with reading(engine) as conn:
        count: int = conn.execute(
            sa.select(sa.func.count()).where(tables.entries.c.idx.is_(None)).select_from(tables.entries)
        ).scalar_one()
        return count


def cosign(engine: sa.Engine, *names: str, rules: Policy | None = None) -> bool:
    """Gives the pending checkpoint these witnesses' cosignatures."""
    done = False
    for name in names:
        with transaction(engine) as conn:
            note = checkpoint.parse_note(serve.pending(conn))
            line = Signature.parse(checkpoint.cosign(note.body, name, WITNESSES[name], NOON))
            done = serve.add_cosignatures(
                conn, rules or policy(), Note(note.body, (note.signatures[0], line)).text().encode()
            )
    return done


def file_of(engine: sa.Engine, where: Path, path: str) -> bytes | None:
    """What the log serves at a path; None where there is nothing."""
    with reading(engine) as conn:
        if path == "checkpoint":
            return serve.latest(conn)
        if path == "checkpoint.pending":
            return serve.pending(conn)
    return serve.tile(where, path) if (where / path).is_file() else None
