"""Checkpoints and their cosignatures, and what is served of the log: nothing before it stands under them."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from ledger import checkpoint, events, proof
from ledger.checkpoint import Checkpoint, Note, Signature
from ledger.events import Draft
from ledger.log_client import LogClient
from ledger.mirror import Mirror
from ledger.store import read, serve
from ledger.store.append import append
from ledger.store.engine import database_now, reading, transaction
from ledger.store.sequencer import Sequencer
from ledger.witness import Witness
from tests.support.log import LOG, NOON, WITNESSES, key, policy, refused, serving
from tests.support.sequencing import all_entries, cosign, file_of, write


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

    with serving(lambda path: file_of(engine, tmp_path / "log", path), take) as base:
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
