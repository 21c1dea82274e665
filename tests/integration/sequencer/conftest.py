"""A database with its tree, on both and on PostgreSQL alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ledger.store import tree
from ledger.store.engine import create_engine
from tests.support.log import NOON


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    made = create_engine(database_url, now=lambda: NOON)
    tree.create(made)
    yield made
    made.dispose()


@pytest.fixture
def postgresql(postgres_url: str) -> Iterator[sa.Engine]:
    made = create_engine(postgres_url, now=lambda: NOON)
    tree.create(made)
    yield made
    made.dispose()
