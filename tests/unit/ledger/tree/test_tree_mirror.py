"""The mirror: it keeps every entry, survives a crash, and catches a log that forks or goes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger import events, merkle
from ledger.log_client import LogClient
from ledger.mirror import Mirror
from tests.support.log import FakeLog, entry, note_over, policy, refused, serving


def test_it_follows_the_log_and_answers_where_entries_stand(tmp_path: Path) -> None:
    log = FakeLog()
    with serving(log.get) as base:
        mirror, client = Mirror(tmp_path, policy()), LogClient(base)
        assert (mirror.size, mirror.head) == (0, None)
        for count in (1, 2, 300, 257, 1):
            log.grow(count)
            head = mirror.update(client)
            assert (head.size, mirror.size, mirror.head) == (len(log.entries), len(log.entries), head)
            assert mirror.root_at(mirror.size) == merkle.root_of_entries(log.entries)
    assert mirror.index_of(entry(302)) == 302
    assert mirror.index_of(entry(561)) is None
    assert mirror.root_at(3) == merkle.root_of_entries(log.entries[:3])
    with refused("merkle.size_range", size=562):
        mirror.root_at(562)


def test_it_finds_raw_entries_by_their_label(tmp_path: Path) -> None:
    log = FakeLog(3)
    rolls = [events.unblinded("roll", {"lot": "l1", "tender": "t1"}, {"n": n}) for n in range(2)]
    log.entries += [rolls[0], entry(9), events.unblinded("pool", {}, {}), rolls[1]]
    log.sign()
    with serving(log.get) as base:
        mirror = Mirror(tmp_path, policy())
        mirror.update(LogClient(base))
    assert mirror.raw_entries("roll") == [(3, rolls[0]), (6, rolls[1])]
    assert mirror.raw_entries("roll", start=4) == [(6, rolls[1])]
    assert mirror.index_of(rolls[1]) == 6


def test_it_remembers_across_a_restart(tmp_path: Path) -> None:
    log = FakeLog()
    with serving(log.get) as base:
        log.grow(300)
        Mirror(tmp_path, policy()).update(LogClient(base))
        again = Mirror(tmp_path, policy())
        assert (again.size, again.index_of(entry(299))) == (300, 299)
        log.grow(5)
        assert again.update(LogClient(base)).size == 305
    assert Mirror(tmp_path, policy()).root_at(305) == merkle.root_of_entries(log.entries)


def test_a_crash_between_entries_and_head_loses_nothing(tmp_path: Path) -> None:
    log = FakeLog()
    with serving(log.get) as base:
        log.grow(10)
        Mirror(tmp_path, policy()).update(LogClient(base))
        with (tmp_path / "entries").open("ab") as file:
            file.write(b"\0\x20half an entry that was being written")
        again = Mirror(tmp_path, policy())
        assert again.size == 10
        log.grow(2)
        again.update(LogClient(base))
    assert Mirror(tmp_path, policy()).root_at(12) == merkle.root_of_entries(log.entries)


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_a_damaged_folder_is_noticed(tmp_path: Path, damage: str) -> None:
    log = FakeLog()
    log.grow(10)
    with serving(log.get) as base:
        Mirror(tmp_path, policy()).update(LogClient(base))
    path = tmp_path / "entries"
    data = path.read_bytes()
    path.write_bytes({"cut": data[:-1], "changed": data[:-1] + b"?", "gone": b""}[damage])
    with refused("mirror.corrupt", size=10):
        Mirror(tmp_path, policy())


def test_a_fork_is_caught_and_the_evidence_kept(tmp_path: Path) -> None:
    log = FakeLog()
    log.grow(10)
    with serving(log.get) as base:
        mirror = Mirror(tmp_path, policy())
        mirror.update(LogClient(base))
        held = mirror.note
        log.entries[3] = entry(1000)
        shown = log.grow(5)
        with refused("log.fork", size=15, held=10):
            mirror.update(LogClient(base))
    assert mirror.size == 10
    kept = {path.read_text() for path in (tmp_path / "evidence").iterdir()}
    assert kept == {held, shown}


@pytest.mark.parametrize("held", [0, 7])
def test_entries_that_are_not_the_signed_ones_are_not_kept(tmp_path: Path, held: int) -> None:
    """The tiles bear the checkpoint out, the entries don't: no fork, and the right ones are still welcome."""
    log, lying = FakeLog(), False

    def get(path: str) -> bytes | None:
        found = log.get(path)
        return bytes(found[:-1]) + b"?" if lying and found and path.startswith("tile/entries") else found

    with serving(get) as base:
        mirror, client = Mirror(tmp_path, policy()), LogClient(base)
        if held:
            log.grow(held)
            mirror.update(client)
        log.grow(5)
        lying = True
        with refused("log.wrong_entries", size=held + 5, held=held):
            mirror.update(client)
        assert mirror.size == held
        assert not (tmp_path / "evidence").exists()
        lying = False
        assert mirror.update(client).size == held + 5


def test_without_tiles_nobody_is_accused(tmp_path: Path) -> None:
    log = FakeLog()
    with serving(log.get) as base:
        mirror, client = Mirror(tmp_path, policy()), LogClient(base)
        log.grow(3)
        mirror.update(client)
        log.entries[1] = entry(50)
        log.grow(1)
        log.missing = {"tile/0/000.p/4", "tile/0/000"}
        with refused("http.status", status=404):
            mirror.update(client)
        assert not (tmp_path / "evidence").exists()


def test_the_same_note_again_changes_nothing(tmp_path: Path) -> None:
    log = FakeLog()
    log.grow(3)
    with serving(log.get) as base:
        mirror, client = Mirror(tmp_path, policy()), LogClient(base)
        head = mirror.update(client)
        stamp = (tmp_path / "head").stat().st_mtime_ns
        assert mirror.update(client) == head
        assert (tmp_path / "head").stat().st_mtime_ns == stamp


def test_a_log_that_goes_back_is_refused(tmp_path: Path) -> None:
    log = FakeLog()
    log.grow(10)
    with serving(log.get) as base:
        mirror = Mirror(tmp_path, policy())
        mirror.update(LogClient(base))
        log.note = note_over(log.entries[:6])
        with refused("log.rolled_back", signed=10, found=6):
            mirror.update(LogClient(base))
        log.note = note_over([entry(99)] * 6)
        with refused("log.fork", size=6, held=10):
            mirror.update(LogClient(base))


def test_another_tree_of_the_same_size_is_a_fork(tmp_path: Path) -> None:
    log = FakeLog()
    log.grow(10)
    with serving(log.get) as base:
        mirror = Mirror(tmp_path, policy())
        mirror.update(LogClient(base))
        log.entries[9] = entry(77)
        log.sign()
        with refused("log.fork", size=10):
            mirror.update(LogClient(base))


def test_an_unwitnessed_checkpoint_moves_nothing(tmp_path: Path) -> None:
    log = FakeLog()
    log.grow(10, witnesses=1)
    with serving(log.get) as base:
        mirror = Mirror(tmp_path, policy())
        with refused("checkpoint.too_few_witnesses", found=1, needed=2):
            mirror.update(LogClient(base))
    assert mirror.size == 0


def test_a_partial_tile_that_filled_up_meanwhile_is_read_from_the_full_one(tmp_path: Path) -> None:
    log = FakeLog()
    note = log.grow(200)
    log.grow(100)
    log.note = note
    log.missing = {"tile/entries/000.p/200", "tile/0/000.p/200"}
    with serving(log.get) as base:
        mirror, client = Mirror(tmp_path, policy()), LogClient(base)
        assert mirror.update(client).size == 200
        assert merkle.root(client.nodes(200), 200) == mirror.root_at(200)


def test_a_note_from_elsewhere_is_checked_against_the_own_entries(tmp_path: Path) -> None:
    log = FakeLog()
    log.grow(10)
    with serving(log.get) as base:
        mirror = Mirror(tmp_path, policy())
        mirror.update(LogClient(base))
    assert mirror.check_note(note_over(log.entries[:4]).encode()).size == 4
    with refused("log.fork", size=4):
        mirror.check_note(note_over([entry(5)] * 4).encode())
    with refused("merkle.size_range"):
        mirror.check_note(note_over([*log.entries, entry(10)]).encode())


def test_an_empty_log_says_that_it_has_nothing(tmp_path: Path) -> None:
    with serving(lambda _: None) as base, refused("http.status", status=404):
        Mirror(tmp_path, policy()).update(LogClient(base))
