"""The sequencer: nothing acknowledged is skipped, nothing signed is contradicted, whatever happens between."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
import sqlalchemy as sa

from ledger import checkpoint, events, merkle, proof
from ledger.checkpoint import Checkpoint, Note, Policy, Signature
from ledger.events import Draft
from ledger.log_client import LogClient
from ledger.mirror import Mirror
from ledger.store import append as appending
from ledger.store import folder, read, sequencer, serve, tables, tree
from ledger.store.append import Appended, append
from ledger.store.engine import create_engine, database_now, reading, transaction
from ledger.store.sequencer import Sequencer
from ledger.witness import Witness
from tests.support.log import LOG, NOON, ORIGIN, WITNESSES, key, policy, refused, serving


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


def write(engine: sa.Engine, stream: str, expected: int = 0, *, raw: tuple[bytes, ...] = ()) -> Appended:
    with transaction(engine) as conn:
        return add(conn, stream, expected, raw=raw)


def add(conn: sa.Connection, stream: str, expected: int = 0, *, raw: tuple[bytes, ...] = ()) -> Appended:
    (one,) = append(conn, stream, expected, [Draft("a", {}, before=raw, visible=False)], at=NOON, actor="p1")
    return one


def all_entries(engine: sa.Engine) -> list[bytes]:
    with reading(engine) as conn:
        return tree.entries(conn, 0, 1_000_000)


def pending(engine: sa.Engine) -> int:
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
    with serving(lambda path: _file(engine, tmp_path / "log", path)) as base:
        assert Mirror(tmp_path / "mirror", policy(0)).update(LogClient(base)).size == written


def _file(engine: sa.Engine, where: Path, path: str) -> bytes | None:
    with reading(engine) as conn:
        if path == "checkpoint":
            return serve.latest(conn)
        if path == "checkpoint.pending":
            return serve.pending(conn)
    return serve.tile(where, path) if (where / path).is_file() else None


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
    with serving(lambda path: _file(engine, lost, path)) as base:
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


def test_no_checkpoint_is_signed_while_one_waits_for_witnesses(engine: sa.Engine, tmp_path: Path) -> None:
    """Otherwise each witness might cosign another size, and none would ever have enough of them."""
    log = Sequencer(engine, tmp_path, LOG, policy(2))
    write(engine, "tender/t1")
    assert log.step().signed is not None
    write(engine, "tender/t2")
    step = log.step()
    assert (step.assigned, step.size, step.signed) == (1, 2, None)
    with reading(engine) as conn, refused("log.no_checkpoint"):
        serve.latest(conn)
    assert cosign(engine, "witness.example/a") is False
    assert log.step().signed is None
    assert cosign(engine, "witness.example/c") is True
    with reading(engine) as conn:
        assert checkpoint.verify(serve.latest(conn), policy(2)).size == 1
    signed = log.step().signed
    assert signed is not None
    assert signed.size == 2


def test_a_policy_that_asks_for_less_frees_a_waiting_checkpoint(engine: sa.Engine, tmp_path: Path) -> None:
    write(engine, "tender/t1")
    Sequencer(engine, tmp_path, LOG, policy(2)).step()
    assert cosign(engine, "witness.example/b") is False
    write(engine, "tender/t2")
    signed = Sequencer(engine, tmp_path, LOG, policy(1)).step().signed
    assert signed is not None
    assert signed.size == 2
    with reading(engine) as conn:
        assert checkpoint.verify(serve.latest(conn), policy(1)).size == 1


def test_cosignatures_are_taken_only_from_known_witnesses_over_signed_checkpoints(
    engine: sa.Engine, tmp_path: Path
) -> None:
    with reading(engine) as conn, refused("log.no_checkpoint"):
        serve.pending(conn)
    write(engine, "tender/t1")
    Sequencer(engine, tmp_path, LOG, policy(2)).step()
    with reading(engine) as conn:
        note = checkpoint.parse_note(serve.pending(conn))
    head = Checkpoint.parse_body(note.body)

    def offer(body: bytes, *lines: str) -> bool:
        with transaction(engine) as conn:
            text = Note(body, (note.signatures[0], *map(Signature.parse, lines))).text()
            return serve.add_cosignatures(conn, policy(2), text.encode())

    with refused("checkpoint.unknown_witness", name="stranger.example"):
        offer(note.body, checkpoint.cosign(note.body, "stranger.example", key(40), NOON))
    name = "witness.example/a"
    other = replace(head, root=bytes(32)).body()
    with refused("checkpoint.unknown", size=1):
        offer(other, checkpoint.cosign(other, name, WITNESSES[name], NOON))
    ahead = replace(head, size=2).body()
    with refused("checkpoint.unknown", size=2):
        offer(ahead, checkpoint.cosign(ahead, name, WITNESSES[name], NOON))
    with refused("signature.invalid"):
        offer(note.body, checkpoint.cosign(other, name, WITNESSES[name], NOON))
    good = checkpoint.cosign(note.body, name, WITNESSES[name], NOON)
    assert offer(note.body, good) is False
    assert offer(note.body, good, good) is False
    with reading(engine) as conn:
        assert serve.pending(conn).decode() == note.text() + good + "\n"


def test_two_cosignatures_that_arrive_together_are_both_counted(postgresql: sa.Engine, tmp_path: Path) -> None:
    write(postgresql, "tender/t1")
    Sequencer(postgresql, tmp_path, LOG, policy(2)).step()
    start = threading.Barrier(2)

    def arrive(name: str) -> None:
        start.wait()
        cosign(postgresql, name)

    threads = [threading.Thread(target=arrive, args=(f"witness.example/{letter}",)) for letter in "ab"]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with reading(postgresql) as conn:
        assert len(checkpoint.verify(serve.latest(conn), policy(2)).times) == 2


def test_from_an_append_to_a_proof_through_witnesses_and_mirror(engine: sa.Engine, tmp_path: Path) -> None:
    log = Sequencer(engine, tmp_path / "log", LOG, policy(2))
    one = write(engine, "tender/t1")
    with reading(engine) as conn, refused("log.not_sequenced", event=one.leaf.hex()):
        serve.tlog_proof(conn, one.leaf)
    with reading(engine) as conn, refused("event.unknown"):
        serve.tlog_proof(conn, bytes(32))
    log.step()
    with reading(engine) as conn, refused("log.not_witnessed", event=one.leaf.hex()):
        serve.tlog_proof(conn, one.leaf)

    def take(text: str) -> None:
        with transaction(engine) as conn:
            serve.add_cosignatures(conn, policy(2), text.encode())

    with serving(lambda path: _file(engine, tmp_path / "log", path), take) as base:
        client, mirror = LogClient(base), Mirror(tmp_path / "mirror", policy(2))
        witnesses = [
            Witness(tmp_path / name.replace("/", "-"), name, WITNESSES[name], policy().log, client, lambda: NOON)
            for name in ("witness.example/a", "witness.example/b")
        ]
        for round_ in range(3):
            for number in range(130):
                write(engine, f"lot/t{round_}/l{number}")
            log.step()
            for witness in witnesses:
                witness.step()
            log.step()
            for witness in witnesses:
                witness.step()
            assert mirror.update(client).size == 1 + 130 * (round_ + 1)
    with reading(engine) as conn:
        text = serve.tlog_proof(conn, one.leaf)
        found = proof.parse(text.encode())
        # The first checkpoint that held it: the proof says when it was witnessed, and stays the same for ever.
        assert found.verify(one.leaf, policy(2)).size == 1
        covering = serve.covering(conn, 0, policy(2))
        assert covering is not None
        assert (covering.size, covering.witnessed_at) == (1, NOON)
        assert serve.covering(conn, 391, policy(2)) is None
        last = read.load(conn, "lot/t2/l129")[0]
        assert (last.index, mirror.index_of(last.leaf)) == (390, 390)
        assert proof.parse(serve.tlog_proof(conn, last.leaf).encode()).verify(last.leaf, policy(2)).size == 391


def test_only_disclosed_and_sequenced_events_are_visible(engine: sa.Engine, tmp_path: Path) -> None:
    log = Sequencer(engine, tmp_path, LOG, policy(0))
    with transaction(engine) as conn:
        at = database_now(conn)
        append(conn, "lot/t1/l1", 0, [Draft("a", {}), Draft("b", {}, visible=False)], at=at, actor="p1")
        append(conn, "lot/t1/l2", 0, [Draft("c", {})], at=at, actor="p1")
    with reading(engine) as conn:
        assert read.visible(conn, "lot/t1/l1") == []
        assert read.visible_since(conn, 0) == []
    log.step()
    with transaction(engine) as conn:
        assert [(one.event.type, one.index) for one in read.visible(conn, "lot/t1/l1")] == [("a", 1)]
        assert [one.event.type for one in read.visible_since(conn, 0)] == ["a", "c"]
        read.disclose_event(conn, "lot/t1/l1", 2)
        assert [one.event.type for one in read.visible(conn, "lot/t1/l1", after=1)] == ["b"]
        assert [one.event.type for one in read.visible_since(conn, 2, limit=1)] == ["b"]
        with refused("event.unknown", event="lot/t1/l1@3"):
            read.disclose_event(conn, "lot/t1/l1", 3)


def test_a_page_of_a_stream_has_so_many_bytes_and_one_event_at_least(engine: sa.Engine, tmp_path: Path) -> None:
    log, stream = Sequencer(engine, tmp_path, LOG, policy(0)), "lot/t1/l1"
    with transaction(engine) as conn:
        drafts = [Draft("a", {"x": "é" * length}) for length in (100, 500_000, 10, 10, 10)]
        written = append(conn, stream, 0, drafts, at=database_now(conn), actor="p1")
    log.step()
    sizes = [len(one.event.encode()) for one in written]
    with reading(engine) as conn:
        for most, after, wanted in (
            (sizes[0], 0, [1]),
            (sizes[0] + sizes[1] - 1, 0, [1]),
            (sizes[0] + sizes[1], 0, [1, 2]),
            (1, 1, [2]),
            (1 << 20, 2, [3, 4, 5]),
            (1, 5, []),
        ):
            found = read.visible(conn, stream, after=after, most=most)
            assert [one.event.version for one in found] == wanted
        assert [one.event.version for one in read.visible(conn, stream, limit=4, most=1 << 30)] == [1, 2, 3, 4]


def test_every_public_event_has_its_slot_and_a_hidden_one_when_it_is_disclosed(
    engine: sa.Engine, tmp_path: Path
) -> None:
    log, stream = Sequencer(engine, tmp_path, LOG, policy(0)), "lot/t1/l1"
    roll = events.unblinded("roll", {}, {})
    with transaction(engine) as conn:
        drafts = [Draft("a", {}, before=(roll,)), Draft("b", {}, visible=False)]
        shown, hidden = append(conn, stream, 0, drafts, at=NOON, actor="p1")
    log.step()
    slot = events.slot_entry(stream, 1, shown.leaf)
    assert all_entries(engine) == [slot, roll, shown.leaf, hidden.leaf]
    for _ in range(2):
        with transaction(engine) as conn:
            read.disclose_event(conn, stream, 2)
    log.step()
    assert all_entries(engine)[4:] == [events.slot_entry(stream, 2, hidden.leaf)]


def test_tiles_are_served_by_their_path_only(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    with refused("log.bad_path"):
        serve.tile(tmp_path, "tile/../secret")
    with refused("log.not_found", path="tile/0/000"):
        serve.tile(tmp_path, "tile/0/000")
