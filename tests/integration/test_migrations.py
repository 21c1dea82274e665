"""Every migration is tried with data, up and down, on both databases; at the end the tables are what the code wants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ledger.basics.errors import Refusal
from ledger.store.engine import create_engine
from tests.support.log import refused
from web.database import check_current, config, downgrade, metadata, upgrade

REVISIONS = [one.revision for one in reversed(list(ScriptDirectory.from_config(config()).walk_revisions()))]
VERSIONS = "alembic_version"


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[sa.Engine]:
    made = create_engine(empty_database_url)
    yield made
    made.dispose()


def value(column: sa.Column[Any]) -> object:
    """Something that fits a column, the same each time."""
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.Integer):
        return 1
    if isinstance(kind, sa.LargeBinary):
        return b"\x01" * 32
    return "x" * min(getattr(kind, "length", None) or 8, 8)


def reflected(engine: sa.Engine) -> sa.MetaData:
    found = sa.MetaData()
    found.reflect(engine)
    return found


def fill(engine: sa.Engine, done: set[str]) -> None:
    """One row in every table that has none yet; foreign keys find the row of the same values."""
    with engine.begin() as conn:
        for table in reflected(engine).sorted_tables:
            if table.name not in done | {VERSIONS}:
                conn.execute(sa.insert(table).values({column.name: value(column) for column in table.columns}))
                done.add(table.name)


def rows(engine: sa.Engine, tables: set[str]) -> dict[str, list[dict[str, object]]]:
    known = reflected(engine)
    with engine.connect() as conn:
        return {
            name: [dict(row) for row in conn.execute(sa.select(known.tables[name])).mappings()]
            for name in sorted(tables & set(known.tables))
        }


def cut(wide: dict[str, list[dict[str, object]]], narrow: dict[str, list[dict[str, object]]]) -> object:
    """The rows of `wide` in the tables and columns that `narrow` has: a revision may add some."""
    return {
        name: [{column: row[column] for column in like} for row, like in zip(wide[name], found, strict=True)]
        for name, found in narrow.items()
    }


def test_every_upgrade_keeps_the_rows_that_are_there(engine: sa.Engine) -> None:
    filled: set[str] = set()
    for revision in REVISIONS:
        before = rows(engine, filled)
        upgrade(engine, revision)
        assert cut(rows(engine, set(before)), before) == before, revision
        fill(engine, filled)
    assert filled == set(metadata.tables)


def test_every_downgrade_keeps_the_rows_of_what_stays(engine: sa.Engine) -> None:
    filled: set[str] = set()
    upgrade(engine)
    fill(engine, filled)
    for revision in [*reversed(REVISIONS[:-1]), "base"]:
        before = rows(engine, filled)
        downgrade(engine, revision)
        left = set(reflected(engine).tables) - {VERSIONS}
        after = rows(engine, filled)
        assert set(after) == set(before) & left, revision
        assert after == cut(before, after), revision
    assert set(reflected(engine).tables) == {VERSIONS}


def test_the_migrated_tables_are_those_of_the_code(engine: sa.Engine) -> None:
    upgrade(engine)
    with engine.connect() as conn:
        found = compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata)
    assert found == []


def test_migrating_again_changes_nothing(engine: sa.Engine) -> None:
    filled: set[str] = set()
    upgrade(engine)
    fill(engine, filled)
    before = rows(engine, filled)
    upgrade(engine)
    assert rows(engine, filled) == before
    check_current(engine)


def test_a_server_refuses_a_database_that_is_not_migrated(engine: sa.Engine) -> None:
    with refused("database.not_migrated", found="", wanted=REVISIONS[-1]):
        check_current(engine)
    upgrade(engine, REVISIONS[0])
    with pytest.raises(Refusal):
        check_current(engine)
