"""The book of record on both databases: appended once, read back, disclosed when its time has come."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
import sqlalchemy as sa

from ledger import events
from ledger.basics.clock import system_clock
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy
from ledger.events import Committed, Draft
from ledger.store import outbox, read, tree
from ledger.store.append import Appended, append, version
from ledger.store.engine import create_engine, database_now, from_ms, reading, to_ms, transaction
from tests.support.log import NOON, refused


def counting() -> Entropy:
    """Entropy that two runs share: 1, 2, 3, … as bytes."""
    numbers = count(1)
    return lambda length: next(numbers).to_bytes(length, "big")


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    made = create_engine(database_url, now=lambda: NOON)
    tree.create(made)
    yield made
    made.dispose()


def write(engine: sa.Engine, stream: str, expected: int, *drafts: Draft) -> list[Appended]:
    with transaction(engine) as conn:
        return append(conn, stream, expected, drafts, at=database_now(conn), actor="p1", entropy=counting())


def test_events_come_back_as_they_were_written(engine: sa.Engine) -> None:
    written = write(engine, "tender/t1", 0, Draft("tender.drafted", {"n": 1}), Draft("tender.published", {"n": 2}))
    written += write(engine, "tender/t1", 2, Draft("addendum.issued", {"text": {"zh": "更正", "en": "x"}}))
    with reading(engine) as conn:
        found = read.load(conn, "tender/t1")
        assert [one.event for one in found] == [one.event for one in written]
        assert [(one.event.version, one.event.at, one.event.actor) for one in found] == [
            (number, NOON, "p1") for number in (1, 2, 3)
        ]
        assert [(one.salt, one.leaf) for one in found] == [(one.salt, one.leaf) for one in written]
        assert all(one.leaf == events.leaf(one.salt, one.event.encode()) for one in found)
        assert [one.event.version for one in read.load(conn, "tender/t1", after=2)] == [3]
        assert read.by_leaf(conn, written[1].leaf) == found[1]
        assert (version(conn, "tender/t1"), version(conn, "tender/t2")) == (3, 0)
        with refused("event.unknown", event="00" * 32):
            read.by_leaf(conn, bytes(32))


@pytest.mark.parametrize("expected", [0, 2, 5])
def test_a_writer_that_saw_another_version_loses(engine: sa.Engine, expected: int) -> None:
    write(engine, "lot/t1/l1", 0, Draft("a", {}))
    with refused("stream.conflict", stream="lot/t1/l1", expected=expected, found=1):
        write(engine, "lot/t1/l1", expected, Draft("b", {}))
    with reading(engine) as conn:
        assert [one.event.type for one in read.load(conn, "lot/t1/l1")] == ["a"]


def test_of_writers_that_saw_the_same_version_one_wins(engine: sa.Engine) -> None:
    start, outcomes = threading.Barrier(4), list[str]()

    def writer(number: int) -> None:
        start.wait()
        try:
            write(engine, "lot/t1/l1", 0, Draft("a", {"writer": number}))
            outcomes.append("won")
        except Refusal as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["stream.conflict"] * 3 + ["won"]
    with reading(engine) as conn:
        (won,) = read.load(conn, "lot/t1/l1")
        entries = conn.execute(sa.text("SELECT bytes FROM entries ORDER BY place, id")).scalars()
        assert [bytes(entry) for entry in entries] == [events.slot_entry("lot/t1/l1", 1, won.leaf), won.leaf]


def test_what_is_refused_leaves_nothing(engine: sa.Engine) -> None:
    with refused("event.malformed", field="type"):
        write(engine, "box", 0, Draft("a", {}), Draft("Not a type", {}))
    with refused("event.entry_length"):
        write(engine, "box", 0, Draft("a", {}, before=(b"short",)))
    with reading(engine) as conn:
        assert conn.execute(sa.text("SELECT count(*) FROM entries")).scalar_one() == 0


def test_a_sealed_value_is_committed_at_once_and_shown_when_disclosed(engine: sa.Engine) -> None:
    (one,) = write(engine, "box", 0, Draft("box.minute", {}, {"t1/l1": {"accepted": []}, "t1/l2": 7}))
    with transaction(engine) as conn:
        salt, value = read.sealed_value(conn, "box", 1, "t1/l1")
        assert value == {"accepted": []}
        assert one.event.sealed["t1/l1"] == events.commitment(salt, value).hex()
        with refused("sealed_value.not_disclosed", event="box@1", name="t1/l1"):
            read.disclosed_value(conn, "box", 1, "t1/l1")
        read.disclose_value(conn, "box", 1, "t1/l1")
        read.disclose_value(conn, "box", 1, "t1/l1")
        assert read.disclosed_value(conn, "box", 1, "t1/l1") == (salt, value)
        with refused("sealed_value.not_disclosed"):
            read.disclosed_value(conn, "box", 1, "t1/l2")
        for call in (read.sealed_value, read.disclosed_value, read.disclose_value):
            with refused("sealed_value.unknown", event="box@1", name="t1/l3"):
                call(conn, "box", 1, "t1/l3")


def test_a_value_that_somebody_else_holds_cannot_be_shown(engine: sa.Engine) -> None:
    mine = events.commitment(bytes(32), "my mark").hex()
    (one,) = write(engine, "panel/p1", 0, Draft("marks.committed", {}, {"expert": Committed(mine)}))
    assert one.event.sealed == {"expert": mine}
    with transaction(engine) as conn, refused("sealed_value.not_held", name="expert"):
        read.disclose_value(conn, "panel/p1", 1, "expert")


def test_an_erased_value_is_gone_and_its_event_still_folds(engine: sa.Engine) -> None:
    (one,) = write(engine, "panel/p1", 0, Draft("expert.named", {}, {"name": "Li"}))
    with transaction(engine) as conn:
        read.disclose_value(conn, "panel/p1", 1, "name")
        read.erase_value(conn, "panel/p1", 1, "name")
        with refused("sealed_value.not_disclosed"):
            read.disclosed_value(conn, "panel/p1", 1, "name")
        with refused("sealed_value.not_held"):
            read.sealed_value(conn, "panel/p1", 1, "name")
        assert read.load(conn, "panel/p1")[0].event == one.event


def test_streams_are_found_by_prefix_in_the_same_order_on_both_databases(engine: sa.Engine) -> None:
    for name in ("lot/t1/a", "lot/t1/b-2", "lot/t1/b.1", "lot/t10/a", "lot/t2/a", "tender/t1"):
        write(engine, name, 0, Draft("a", {}))
    write(engine, "lot/t1/a", 1, Draft("b", {}))
    with reading(engine) as conn:
        assert list(read.streams(conn, "lot/t1/").items()) == [("lot/t1/a", 2), ("lot/t1/b-2", 1), ("lot/t1/b.1", 1)]
        assert read.streams(conn, "nothing/") == {}
        assert len(read.streams(conn, "")) == 6


def test_the_thousandth_event_of_a_stream_costs_as_many_statements_as_the_first(engine: sa.Engine) -> None:
    costs: list[int] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *_: costs.__setitem__(-1, costs[-1] + 1))
    for number in range(1000):
        costs.append(0)
        write(engine, "box", number, Draft("box.minute", {"n": number}))
    assert set(costs) == {costs[0]}


def test_the_databases_clock_is_utc_in_milliseconds(database_url: str) -> None:
    engine = create_engine(database_url)
    with transaction(engine) as conn:
        before, found, after = system_clock(), database_now(conn), system_clock()
    engine.dispose()
    # SQLite rounds to the millisecond where we cut.
    assert before - timedelta(milliseconds=1) <= found <= after + timedelta(milliseconds=1)
    assert found.tzinfo is UTC
    assert found.microsecond % 1000 == 0
    assert from_ms(to_ms(found)) == found


def test_a_transaction_that_raises_leaves_nothing(engine: sa.Engine) -> None:
    def fail() -> None:
        with transaction(engine) as conn:
            append(conn, "box", 0, [Draft("a", {})], at=NOON, actor="p1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with reading(engine) as conn:
        assert version(conn, "box") == 0


def test_sqlite_is_set_up_to_keep_what_it_confirms(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with reading(engine) as conn:
        found = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "foreign_keys")}
        assert found == {"journal_mode": "wal", "foreign_keys": 1}
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
    engine.dispose()


def test_sqlite_writers_take_their_turn_from_the_first_statement(sqlite_url: str) -> None:
    """A transaction that read first and wrote later would fail with SQLITE_BUSY; this one waits at its beginning."""
    engine = create_engine(sqlite_url)
    tree.create(engine)
    total = sa.table("tree", sa.column("size"))

    def add() -> None:
        for _ in range(20):
            with transaction(engine) as conn:
                size = conn.execute(sa.select(total.c.size)).scalar_one()
                conn.execute(sa.update(total).values(size=size + 1))

    threads = [threading.Thread(target=add) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with reading(engine) as conn:
        assert conn.execute(sa.select(total.c.size)).scalar_one() == 60
    engine.dispose()


def test_the_outbox_gives_work_once_and_again_if_it_fails(engine: sa.Engine) -> None:
    with transaction(engine) as conn:
        outbox.put(conn, "mail", {"to": "a"}, NOON)
        outbox.put(conn, "room", {"to": "b"}, NOON + timedelta(seconds=1))
    with transaction(engine) as conn:
        assert outbox.take(conn, NOON - timedelta(seconds=1)) == []
        (first,) = outbox.take(conn, NOON)
        assert (first.topic, first.body, first.attempts) == ("mail", {"to": "a"}, 1)
        assert outbox.take(conn, NOON) == []
        outbox.failed(conn, first, "http.unreachable", NOON)
        second, again = outbox.take(conn, NOON + timedelta(seconds=2))
        assert (second.topic, again.id, again.attempts) == ("room", first.id, 2)
        outbox.done(conn, again, NOON)
    with transaction(engine) as conn:
        late = NOON + timedelta(days=1)
        assert [one.topic for one in outbox.take(conn, late)] == ["room"]


def test_two_workers_never_hold_the_same_work(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    tree.create(engine)
    with transaction(engine) as conn:
        for number in range(4):
            outbox.put(conn, "mail", {"n": number}, NOON)
    with transaction(engine) as one, transaction(engine) as other:
        mine, theirs = outbox.take(one, NOON, limit=2), outbox.take(other, NOON, limit=4)
    engine.dispose()
    assert sorted(item.id for item in mine + theirs) == [1, 2, 3, 4]
    assert (len(mine), len(theirs)) == (2, 2)


def test_times_are_kept_to_the_millisecond() -> None:
    at = datetime(2026, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    assert from_ms(to_ms(at)) == at
