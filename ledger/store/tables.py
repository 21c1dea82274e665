"""The tables of the book of record. Times are UTC milliseconds (int), hashes and canonical JSON raw bytes."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts up only an INTEGER primary key.
_SERIAL: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Byte order on both databases: a prefix is a range, and sorting doesn't depend on a locale.
_NAME: Final = sa.String(128).with_variant(sa.String(128, collation="C"), "postgresql")

# What goes into the tree. `id` is taken before commit and so becomes visible out of order on PostgreSQL: only
# `idx`, given by the sequencer, says where an entry stands. A raw entry that must stand directly before an
# event's leaf names that leaf's id as its `anchor`, with a negative `place`.
entries: Final = sa.Table(
    "entries",
    metadata,
    sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
    sa.Column("anchor", sa.BigInteger, nullable=True),
    sa.Column("place", sa.Integer, nullable=False, default=0),
    sa.Column("bytes", sa.LargeBinary, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("idx", sa.BigInteger, nullable=True, unique=True),
    sqlite_autoincrement=True,
)
sa.Index(
    "ix_entries_pending",
    entries.c.id,
    sqlite_where=entries.c.idx.is_(None),
    postgresql_where=entries.c.idx.is_(None),
)

events: Final = sa.Table(
    "events",
    metadata,
    sa.Column("stream", _NAME, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("leaf", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("visible", sa.Boolean, nullable=False),
    sa.Column("entry_id", sa.ForeignKey("entries.id"), nullable=False, unique=True),
    sa.CheckConstraint("version >= 1", name="version"),
)

# `salt` and `value` are null where somebody else holds them, or after an erasure; the commitment stays.
sealed_values: Final = sa.Table(
    "sealed_values",
    metadata,
    sa.Column("stream", _NAME, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", _NAME, primary_key=True),
    sa.Column("commitment", sa.LargeBinary, nullable=False),
    sa.Column("salt", sa.LargeBinary, nullable=True),
    sa.Column("value", sa.LargeBinary, nullable=True),
    sa.Column("disclosed", sa.Boolean, nullable=False, default=False),
    sa.ForeignKeyConstraint(["stream", "version"], ["events.stream", "events.version"]),
    sa.CheckConstraint("(salt IS NULL) = (value IS NULL)", name="opening"),
)

# One row: how many entries have their index, and the left edge there. Who sequences holds this row.
tree: Final = sa.Table(
    "tree",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("frontier", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("id = 1", name="single"),
)

# Hashes of tile levels 1 and up: node (8·level, idx) of the tree. Level 0 is computed from the entries.
tree_nodes: Final = sa.Table(
    "tree_nodes",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("idx", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)

# Every checkpoint ever signed. `witnessed`: enough witnesses have cosigned it.
checkpoints: Final = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("witnessed", sa.Boolean, nullable=False),
)

# `late`: it came when enough others were there already. Such a one is kept, and never counts: else the time at which a
# checkpoint was witnessed would move with a slow witness's clock.
cosignatures: Final = sa.Table(
    "cosignatures",
    metadata,
    sa.Column("size", sa.ForeignKey("checkpoints.size"), primary_key=True),
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("late", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
)

# Work that follows from a commit (mail, notices to rooms). Written with the events, done after; see `outbox.py`.
outbox: Final = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
    sa.Column("topic", sa.String(64), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("done", sa.BigInteger, nullable=True),
    sa.Column("error", sa.String(128), nullable=False, default=""),
    sqlite_autoincrement=True,
)
sa.Index(
    "ix_outbox_waiting", outbox.c.due, sqlite_where=outbox.c.done.is_(None), postgresql_where=outbox.c.done.is_(None)
)
