"""The sequencer: nothing acknowledged is skipped, nothing signed is contradicted, whatever happens between."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
import sqlalchemy as sa

from ledger import events, merkle
from ledger.log_client import LogClient
from ledger.mirror import Mirror
from ledger.store import append as appending
from ledger.store import folder, read, sequencer, tables, tree
from ledger.store.append import Appended
from ledger.store.engine import create_engine, reading
from ledger.store.sequencer import Sequencer
from tests.support.log import LOG, ORIGIN, key, policy, refused, serving
from tests.support.sequencing import add, all_entries, file_of, pending, write


def test_what_becomes_visible_out_of_order_is_not_skipped(postgresql: sa.Engine, tmp_path: Path) -> None:
    """PostgreSQL gives numbers before commit: the first writer's number is smaller and seen later."""
    log = Sequencer(postgresql, tmp_path, LOG, policy(0))
    slow = postgresql.connect()
    begun = slow.begin()
    early = add(slow, "tender/slow")
    late = write(postgresql, "tender/fast")
    assert log.step().assigned == 1
    begun.commit()
    slow.close()
    with reading(postgresql) as conn:
        ids = dict(conn.execute(sa.select(tables.entries.c.bytes, tables.entries.c.id)).all())
    assert ids[early.leaf] < ids[late.leaf], "the trap is set: a reader of 'id > last' would never see the smaller id"
    assert log.step().assigned == 1
    assert all_entries(postgresql) == [late.leaf, early.leaf]
    assert pending(postgresql) == 0


def test_in_a_storm_every_acknowledged_event_gets_its_place_once(postgresql: sa.Engine, tmp_path: Path) -> None:
    log, acknowledged, stop = Sequencer(postgresql, tmp_path, LOG, policy(0)), list[Appended](), threading.Event()

    def writer(number: int) -> None:
        for nth in range(25):
            acknowledged.append(write(postgresql, f"lot/t1/l{number}", nth))

    def sequence() -> None:
        while not stop.is_set():
            log.step()

    writers = [threading.Thread(target=writer, args=(number,)) for number in range(6)]
    sequencing = threading.Thread(target=sequence)
    for one in (*writers, sequencing):
        one.start()
    for one in writers:
        one.join()
    stop.set()
    sequencing.join()
    step = log.step()
    assert (step.size, pending(postgresql)) == (150, 0)
    placed = all_entries(postgresql)
    assert sorted(placed) == sorted(one.leaf for one in acknowledged)
    for number in range(6):
        with reading(postgresql) as conn:
            indexes = [one.index for one in read.load(conn, f"lot/t1/l{number}")]
        assert indexes == sorted(index for index in indexes if index is not None), "a stream's order is the tree's"


def test_a_raw_entry_stands_directly_before_its_events_leaf(engine: sa.Engine, tmp_path: Path) -> None:
    rolls = tuple(events.unblinded("roll", {"n": n}, {}) for n in range(2))
    first = write(engine, "tender/t1")
    closed = write(engine, "lot/t1/l1", raw=rolls)
    last = write(engine, "tender/t2")
    Sequencer(engine, tmp_path, LOG, policy(0)).step()
    assert all_entries(engine) == [first.leaf, *rolls, closed.leaf, last.leaf]


def test_even_if_another_writer_takes_a_number_in_between(postgresql: sa.Engine, tmp_path: Path) -> None:
    roll = events.unblinded("roll", {}, {})
    between: list[Appended] = []
    insert = appending._insert_entry

    def interrupted(conn: sa.Connection, entry: bytes, *rest: object) -> int:
        if entry == roll:
            between.append(write(postgresql, "tender/between"))
        return insert(conn, entry, *rest)  # type: ignore[arg-type]  # passes on what it was given

    with patch.object(appending, "_insert_entry", interrupted):
        closed = write(postgresql, "lot/t1/l1", raw=(roll,))
    Sequencer(postgresql, tmp_path, LOG, policy(0)).step()
    assert all_entries(postgresql) == [roll, closed.leaf, between[0].leaf]


class Crash(BaseException):
    """The process ends here."""


def crashing(at: int, call: Callable[..., object]) -> Callable[..., object]:
    """`call`, but its `at`-th use ends the process before it does anything."""
    uses = iter(range(10_000))

    def wrapped(*args: object, **kwargs: object) -> object:
        if next(uses) == at:
            raise Crash
        return call(*args, **kwargs)

    return wrapped


@pytest.mark.parametrize(
    ("target", "place"),
    [
        (folder, "write_atomically"),
        (sequencer, "write_atomically"),
        (sequencer, "_last_signed"),
        (sequencer, "database_now"),
        (Sequencer, "_grow"),
        (tree, "tile_bytes"),
    ],
)
def test_a_crash_anywhere_changes_nothing_in_the_end(
    engine: sa.Engine, tmp_path: Path, target: object, place: str
) -> None:
    """Killed before the n-th file, read, write or signature, for every n, and started again: one history, all files."""
    written, crashed, at = 0, True, 0
    signed: dict[int, bytes] = {}
    for at in range(40):
        for _ in range(70):
            write(engine, f"tender/n{written}")
            written += 1
        with patch.object(target, place, crashing(at, getattr(target, place))):
            try:
                Sequencer(engine, tmp_path / "log", LOG, policy(0)).step()
                crashed = False
            except Crash:
                crashed = True
        with reading(engine) as conn:
            for row in conn.execute(sa.select(tables.checkpoints.c.size, tables.checkpoints.c.root)):
                assert signed.setdefault(row.size, bytes(row.root)) == bytes(row.root)
        if not crashed:
            break
    assert not crashed
    assert at > 0, "nothing was interrupted"
    entries = all_entries(engine)
    assert len(entries) == written
    for size, root in signed.items():
        assert merkle.root_of_entries(entries[:size]) == root
    assert max(signed) == written
    with serving(lambda path: file_of(engine, tmp_path / "log", path)) as base:
        assert Mirror(tmp_path / "mirror", policy(0)).update(LogClient(base)).size == written


def test_steps_are_idempotent_and_the_same_on_both_databases(engine: sa.Engine, tmp_path: Path) -> None:
    log = Sequencer(engine, tmp_path, LOG, policy(0))
    assert (log.step().size, log.step().signed) == (0, None)
    write(engine, "tender/t1")
    step = log.step()
    assert (step.assigned, step.size) == (1, 1)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert log.step() == replace(step, assigned=0, signed=None)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_two_sequencers_at_once_make_one_tree(engine: sa.Engine, tmp_path: Path) -> None:
    for number in range(300):
        write(engine, f"tender/n{number}")
    logs = [Sequencer(engine, tmp_path / name, LOG, policy(0)) for name in ("a", "b")]
    threads = [threading.Thread(target=log.step) for log in logs]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for log in logs:
        log.step()
    with reading(engine) as conn:
        assert conn.execute(sa.select(tables.checkpoints.c.size)).scalars().all() == [300]
    assert len(set(all_entries(engine))) == 300
    left, right = ({p.name: p.read_bytes() for p in (tmp_path / n).rglob("0*") if p.is_file()} for n in ("a", "b"))
    assert left == right


def test_a_lost_folder_is_written_again(engine: sa.Engine, tmp_path: Path) -> None:
    lost = tmp_path / "log"
    log = Sequencer(engine, lost, LOG, policy(0))
    for number in range(300):
        write(engine, f"tender/n{number}")
    log.step()
    shutil.rmtree(lost)
    log.step()
    with serving(lambda path: file_of(engine, lost, path)) as base:
        assert Mirror(tmp_path / "mirror", policy(0)).update(LogClient(base)).size == 300


def test_a_database_older_than_what_was_signed_is_not_used(engine: sa.Engine, tmp_path: Path) -> None:
    log = Sequencer(engine, tmp_path, LOG, policy(0))
    write(engine, "tender/t1")
    log.step()
    with engine.begin() as conn:
        conn.execute(sa.delete(tables.checkpoints))
    with refused("log.rolled_back", signed=1):
        log.step()


def test_a_changed_history_is_not_signed(engine: sa.Engine, tmp_path: Path) -> None:
    log = Sequencer(engine, tmp_path, LOG, policy(0))
    write(engine, "tender/t1")
    log.step()
    with engine.begin() as conn:
        conn.execute(sa.update(tables.entries).values(bytes=bytes(32)))
    write(engine, "tender/t2")
    with refused("log.corrupt", size=1):
        log.step()
    with reading(engine) as conn:
        assert conn.execute(sa.select(tables.checkpoints.c.size)).scalars().all() == [1]


def test_the_key_must_be_the_policys(engine: sa.Engine, tmp_path: Path) -> None:
    with refused("log.wrong_key", origin=ORIGIN):
        Sequencer(engine, tmp_path, key(2), policy(0))


def test_a_database_without_its_tree_says_so(database_url: str, tmp_path: Path) -> None:
    bare = create_engine(database_url)
    tables.metadata.create_all(bare)
    with refused("log.not_prepared"):
        Sequencer(bare, tmp_path, LOG, policy(0)).step()
    bare.dispose()


def test_full_tiles_replace_their_partial_ones(engine: sa.Engine, tmp_path: Path) -> None:
    log = Sequencer(engine, tmp_path, LOG, policy(0))
    for number in range(260):
        write(engine, f"tender/n{number}")
        if number % 50 == 49:
            log.step()
    log.step()
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("tile/0/**/*")) == [
        "tile/0/000",
        "tile/0/001.p",
        "tile/0/001.p/4",
    ]
