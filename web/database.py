"""The database as a whole: its tables, its migrations, and which role may touch what.

On PostgreSQL three roles (docs/decisions/0002-office-and-box.md): the office can't read the box's tables, the box
can't read accounts, and only the office reads the private keys of tickets. SQLite has no roles: there the applications
keep to their own tables, and the same tests run against PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import bidding.store.box.tables
import bidding.store.tables as office
from ledger.basics.errors import Refusal
from ledger.store import tables as ledger
from web.account import tables as account

metadata: Final = ledger.metadata
ROLES: Final = ("mingjing_office", "mingjing_box", "mingjing_worker", "mingjing_live")

_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_BOX: Final = tuple(table for name, table in metadata.tables.items() if name.startswith("box_"))
_LEDGER: Final = tuple(
    getattr(ledger, name)
    for name in ("entries", "events", "sealed_values", "tree", "tree_nodes", "checkpoints", "cosignatures", "outbox")
)
# The rows of a table that a role sees, where not all. What the box lists of a minute is a count and the hashes of bids:
# nothing for whoever knows the accounts, until it is disclosed.
_ROWS: Final = {
    ("mingjing_box", "events"): "stream = 'box'",
    ("mingjing_box", "sealed_values"): "stream = 'box'",
    ("mingjing_office", "sealed_values"): "stream <> 'box' OR disclosed",
    ("mingjing_live", "events"): "visible",
    ("mingjing_live", "sealed_values"): "false",
}
# Whoever signs in, with what, and the keys that make tickets: the office's alone.
_OFFICE_ONLY: Final = (office.accounts, office.tokens, office.lot_keys, *account.ALL)


def config(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration, working on `connection`."""
    found = Config()
    found.set_main_option("script_location", str(_MIGRATIONS))
    found.attributes["connection"] = connection
    return found


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Brings the tables to a revision, all in one transaction; on PostgreSQL creates the roles and grants too."""
    with engine.begin() as conn:
        command.upgrade(config(conn), revision)
        if revision == "head":
            grant(conn)


def downgrade(engine: sa.Engine, revision: str) -> None:
    """Takes the tables back to an older revision."""
    with engine.begin() as conn:
        command.downgrade(config(conn), revision)


def grant(conn: sa.Connection) -> None:
    """Creates the roles that are missing and gives each exactly its rights (PostgreSQL; elsewhere nothing)."""
    if conn.dialect.name != "postgresql":
        return
    known = set(conn.execute(sa.text("SELECT rolname FROM pg_roles")).scalars())
    for role in ROLES:
        if role not in known:
            conn.execute(sa.text(f"CREATE ROLE {role} NOLOGIN"))
        for table in metadata.tables.values():
            conn.execute(sa.text(f"REVOKE ALL ON {table.name} FROM {role}"))
        conn.execute(sa.text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"))
        conn.execute(sa.text(f"GRANT SELECT ON alembic_version TO {role}"))
    _office(conn)
    _box(conn)
    _worker(conn)
    _live(conn)


def _office(conn: sa.Connection) -> None:
    mine = [table for table in metadata.tables.values() if table not in {*_BOX, *_LEDGER}]
    _give(conn, "mingjing_office", "SELECT, INSERT, UPDATE, DELETE", mine)
    _give(conn, "mingjing_office", "SELECT", _LEDGER)
    _give(conn, "mingjing_office", "INSERT", (ledger.entries, ledger.events, ledger.sealed_values, ledger.outbox))
    _give(conn, "mingjing_office", "INSERT", (ledger.cosignatures,))
    conn.execute(sa.text("GRANT UPDATE (visible) ON events TO mingjing_office"))
    # UPDATE of one column is what SELECT … FOR UPDATE asks for: two cosignatures of one checkpoint take turns.
    conn.execute(sa.text("GRANT UPDATE (note, witnessed) ON checkpoints TO mingjing_office"))


def _box(conn: sa.Connection) -> None:
    box = bidding.store.box.tables
    _give(conn, "mingjing_box", "SELECT", (box.lots,))
    conn.execute(sa.text("GRANT UPDATE (locked) ON box_lots TO mingjing_box"))
    _give(conn, "mingjing_box", "SELECT, INSERT, UPDATE, DELETE", (box.uploads, box.nonces))
    _give(conn, "mingjing_box", "SELECT, INSERT", (box.submissions, box.letters))
    # For the receipts' proofs: the tree and the box's own stream, and nothing of any other.
    _give(conn, "mingjing_box", "SELECT", (ledger.entries, ledger.tree, ledger.tree_nodes, ledger.checkpoints))
    _give(conn, "mingjing_box", "SELECT", (ledger.cosignatures,))
    for table in ("events", "sealed_values"):
        conn.execute(sa.text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
        for role in ROLES:
            conn.execute(sa.text(f"DROP POLICY IF EXISTS {table}_{role} ON {table}"))
            rows = _ROWS.get((role, table), "true")
            conn.execute(
                sa.text(f"CREATE POLICY {table}_{role} ON {table} TO {role} USING ({rows}) WITH CHECK ({rows})")
            )
    _give(conn, "mingjing_box", "SELECT", (ledger.events, ledger.sealed_values))


def _worker(conn: sa.Connection) -> None:
    rest = [table for table in metadata.tables.values() if table not in _OFFICE_ONLY]
    _give(conn, "mingjing_worker", "SELECT, INSERT, UPDATE, DELETE", rest)


def _live(conn: sa.Connection) -> None:
    """What anybody may read of events, and what says whose they are; it writes nothing."""
    mine = (ledger.entries, ledger.events, ledger.tree, office.parties, office.custodians_seen)
    _give(conn, "mingjing_live", "SELECT", mine)


def _give(conn: sa.Connection, role: str, rights: str, tables: Iterable[sa.Table]) -> None:
    for table in tables:
        conn.execute(sa.text(f"GRANT {rights} ON {table.name} TO {role}"))


def check_current(engine: sa.Engine) -> None:
    """Raises `Refusal("database.not_migrated")` unless every table stands as this version wants it."""
    with engine.connect() as conn:
        found = MigrationContext.configure(conn).get_current_revision() or ""
    wanted = ScriptDirectory.from_config(config()).get_current_head() or ""
    if found != wanted:
        raise Refusal("database.not_migrated", found=found, wanted=wanted)
