"""On PostgreSQL office, box and worker have roles of their own, with no more than each needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from ledger.store.engine import create_engine
from tests.support.town import LOT, START, Town, town
from web.account import tables as logins
from web.database import ROLES, metadata, upgrade
from web.live.book import Book

LOGINS = tuple(table.name for table in logins.ALL)
DEADLINE = START + timedelta(minutes=10)


def as_role(url: str, role: str) -> str:
    """The address of a database as a role of the platform."""
    return f"{url}&options=-crole%3D{role}"


@pytest.fixture
def migrated(postgres_url: str) -> str:
    engine = create_engine(postgres_url)
    upgrade(engine)
    engine.dispose()
    return postgres_url


@pytest.fixture
def split(postgres_url: str, tmp_path: Path) -> Iterator[Town]:
    urls = {role.removeprefix("mingjing_"): as_role(postgres_url, role) for role in ROLES}
    with town(tmp_path, postgres_url, urls=urls) as made:
        made.enrol()
        yield made


def refused(url: str, role: str, statement: sa.Executable) -> bool:
    """Whether the database keeps a role from a statement."""
    engine = create_engine(as_role(url, role))
    try:
        with engine.begin() as conn, pytest.raises(ProgrammingError, match="permission denied"):
            conn.execute(statement)
    finally:
        engine.dispose()
    return True


def rows(table: str) -> sa.Executable:
    return sa.select(metadata.tables[table])


def test_a_tender_runs_with_three_roles_that_know_no_more_than_they_need(split: Town) -> None:
    split.publish(DEADLINE)
    split.open_tickets()
    for name, price in (("ann", "800000"), ("bob", "900000"), ("cid", "1000000")):
        split.bid(name, price)
    split.until(DEADLINE + timedelta(minutes=1))
    split.wait(timedelta(minutes=1))
    split.wait(timedelta(minutes=1))
    assert split.types(f"lot/{split.tender}/{LOT}")[-1] == "lot.awarded"


def test_the_box_reads_no_account_no_party_and_no_key(migrated: str) -> None:
    office = ("accounts", "tokens", "parties", "persons", "issuances", "lot_keys", "drafts", "documents")
    for table in (*office, *LOGINS):
        assert refused(migrated, "mingjing_box", rows(table)), table


def test_the_office_reads_nothing_of_the_box(migrated: str) -> None:
    for table in (name for name in metadata.tables if name.startswith("box_")):
        assert refused(migrated, "mingjing_office", rows(table)), table


def test_the_worker_reads_no_token_and_no_ticket_key(migrated: str) -> None:
    for table in ("accounts", "tokens", "lot_keys", *LOGINS):
        assert refused(migrated, "mingjing_worker", rows(table)), table


def test_the_live_process_reads_what_is_disclosed_and_whose_it_is_and_writes_nothing(migrated: str) -> None:
    readable = {"entries", "events", "tree", "parties", "custodians_seen"}
    for table in metadata.tables.keys() - readable:
        assert refused(migrated, "mingjing_live", rows(table)), table
    for table in readable:
        assert refused(migrated, "mingjing_live", sa.delete(metadata.tables[table])), table


def test_the_live_process_tells_a_hall_with_its_own_role(split: Town, postgres_url: str) -> None:
    split.publish(DEADLINE)
    split.open_tickets()
    engine = create_engine(as_role(postgres_url, "mingjing_live"), now=split.clock)
    at = split.services
    book = Book(engine, at.documents.read, at.trust, at.challenge_every)
    room, told = book.open(split.tender, LOT)
    assert type(told[0]).__name__ == "Notice"
    assert type(told[-1]).__name__ == "Tickets"
    assert book.look().size == room.places
    assert book.silent([split.tender]) == {split.tender: frozenset()}
    engine.dispose()


def test_nobody_but_the_worker_moves_the_tree(migrated: str) -> None:
    for role in ("mingjing_office", "mingjing_box", "mingjing_live"):
        assert refused(migrated, role, sa.text("UPDATE tree SET size = 0")), role
        assert refused(migrated, role, sa.text("UPDATE entries SET idx = 0")), role
        assert refused(migrated, role, sa.text("DELETE FROM events")), role


def test_the_box_sees_no_stream_but_its_own(migrated: str) -> None:
    owner = create_engine(migrated)
    with owner.begin() as conn:
        conn.execute(sa.text("INSERT INTO entries (id, place, bytes, created) VALUES (1, 0, 'x', 0), (2, 0, 'y', 0)"))
        for number, stream in enumerate(("box", "issuance/t/l"), 1):
            conn.execute(
                sa.text(
                    "INSERT INTO events (stream, version, type, at, actor, body, salt, leaf, visible, entry_id) "
                    "VALUES (:stream, 1, 't', 0, 'a', '', '', :leaf, false, :entry)"
                ),
                {"stream": stream, "leaf": bytes([number]) * 32, "entry": number},
            )
    owner.dispose()
    box = create_engine(as_role(migrated, "mingjing_box"))
    with box.connect() as conn:
        assert conn.execute(sa.text("SELECT stream FROM events")).scalars().all() == ["box"]
    box.dispose()
