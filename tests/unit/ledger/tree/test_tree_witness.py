"""The witness: cosigns only what continues what it saw, remembers before it signs, keeps what it refuses."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from unittest.mock import patch

import pytest

from ledger import checkpoint, keyfile
from ledger.basics.errors import Refusal
from ledger.checkpoint import log_key
from ledger.log_client import LogClient
from ledger.witness import Outcome, Witness, run
from tests.support.log import LOG, NOON, ORIGIN, WITNESSES, FakeLog, entry, key, policy, refused, serving

NAME = "witness.example/a"


def witness(folder: Path, base: str) -> Witness:
    return Witness(folder, NAME, WITNESSES[NAME], log_key(ORIGIN, LOG), LogClient(base), lambda: NOON)


def evidence(folder: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_bytes()) for path in sorted((folder / "evidence").glob("*.json"))]


def test_it_cosigns_a_log_that_grows(tmp_path: Path) -> None:
    log = FakeLog()
    with serving(log.get, log.posted.append) as base:
        one = witness(tmp_path, base)
        for count in (1, 1, 254, 300):
            log.grow(count, witnesses=0)
            assert one.step() == Outcome("cosigned", len(log.entries))
            head = checkpoint.verify(log.posted[-1].encode(), policy(1))
            assert (head.size, head.times) == (len(log.entries), {NAME: NOON})
        assert one.last is not None
        assert one.last.size == 556


def test_what_it_has_cosigned_already_it_leaves(tmp_path: Path) -> None:
    log = FakeLog()
    log.grow(5, witnesses=1)
    with serving(log.get, log.posted.append) as base:
        one = witness(tmp_path, base)
        assert one.step() == Outcome("cosigned", 5)
        assert one.step() == Outcome("nothing", 5)
    assert len(log.posted) == 1


def test_a_cosignature_that_got_lost_is_given_again(tmp_path: Path) -> None:
    log = FakeLog()
    log.grow(5, witnesses=0)
    with serving(log.get, log.posted.append) as base:
        one = witness(tmp_path, base)
        lost = patch.object(LogClient, "post_cosignature", side_effect=Refusal("http.unreachable"))
        with lost, refused("http.unreachable"):
            one.step()
        assert one.step() == Outcome("cosigned", 5)


def test_it_never_goes_back(tmp_path: Path) -> None:
    log = FakeLog()
    old = log.grow(5, witnesses=0)
    with serving(log.get, log.posted.append) as base:
        one = witness(tmp_path, base)
        log.grow(5, witnesses=0)
        one.step()
        log.note = old
        with refused("witness.rolled_back", size=5, held=10):
            one.step()
    assert len(log.posted) == 1
    assert [found["kind"] for found in evidence(tmp_path)] == ["rolled_back"]


def test_two_trees_of_one_size_are_a_fork_and_both_notes_are_kept(tmp_path: Path) -> None:
    log = FakeLog()
    first = log.grow(5, witnesses=0)
    with serving(log.get, log.posted.append) as base:
        one = witness(tmp_path, base)
        one.step()
        log.entries[2] = entry(99)
        second = log.sign(witnesses=0)
        for _ in range(3):
            with refused("witness.fork", size=5, held=5):
                one.step()
    (kept,) = evidence(tmp_path)
    assert (kept["kind"], kept["held"], kept["offered"]) == ("fork", first, second)
    assert len(log.posted) == 1


def test_a_larger_tree_with_another_history_is_refused(tmp_path: Path) -> None:
    log = FakeLog()
    log.grow(5, witnesses=0)
    with serving(log.get, log.posted.append) as base:
        one = witness(tmp_path, base)
        one.step()
        log.entries[2] = entry(99)
        log.grow(4, witnesses=0)
        with refused("witness.inconsistent", size=9, held=5):
            one.step()
        assert one.last is not None
        assert one.last.size == 5
    assert len(log.posted) == 1
    assert [found["kind"] for found in evidence(tmp_path)] == ["inconsistent"]


def test_what_the_log_has_not_signed_is_not_cosigned(tmp_path: Path) -> None:
    log = FakeLog()
    log.grow(5, witnesses=0)
    with serving(log.get, log.posted.append) as base:
        one = Witness(tmp_path, NAME, WITNESSES[NAME], log_key(ORIGIN, key(3)), LogClient(base))
        with refused("checkpoint.unsigned"):
            one.step()
        other = Witness(tmp_path, NAME, WITNESSES[NAME], log_key("other.example", LOG), LogClient(base))
        with refused("checkpoint.wrong_origin"):
            other.step()
    assert log.posted == []


def test_it_remembers_before_it_signs(tmp_path: Path) -> None:
    """Killed between the state and the signature, it holds the tree it was about to sign, and refuses its fork."""
    log = FakeLog()
    log.grow(5, witnesses=0)
    with serving(log.get, log.posted.append) as base:
        with patch.object(checkpoint, "cosign", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
            witness(tmp_path, base).step()
        log.entries[2] = entry(99)
        log.sign(witnesses=0)
        with refused("witness.fork"):
            witness(tmp_path, base).step()
    assert log.posted == []


@pytest.mark.parametrize("content", [b"", b"{}", b'{"note":"x","origin":"y"}', b"\xff"])
def test_a_state_it_cannot_read_stops_it(tmp_path: Path, content: bytes) -> None:
    log = FakeLog()
    log.grow(5, witnesses=0)
    (tmp_path / "state").write_bytes(content)
    with serving(log.get, log.posted.append) as base, refused("witness.bad_state"):
        witness(tmp_path, base).step()
    assert log.posted == []


def test_missing_tiles_are_no_fork_and_leave_no_evidence(tmp_path: Path) -> None:
    log = FakeLog()
    log.grow(5, witnesses=0)
    with serving(log.get, log.posted.append) as base:
        one = witness(tmp_path, base)
        one.step()
        log.grow(1, witnesses=0)
        log.missing = {"tile/0/000.p/6", "tile/0/000"}
        with refused("http.status", status=404):
            one.step()
        assert not (tmp_path / "evidence").exists()
        log.missing = set()
        assert one.step() == Outcome("cosigned", 6)


def test_the_loop_reports_and_goes_on(tmp_path: Path) -> None:
    log, stop, seen = FakeLog(), threading.Event(), list[str]()

    def report(told: Outcome | Refusal) -> None:
        seen.append(told.code if isinstance(told, Refusal) else told.done)
        if len(seen) == 1:
            log.grow(3, witnesses=1)
        if len(seen) == 3:
            stop.set()

    with serving(lambda path: log.get(path) or None, log.posted.append) as base:
        run(witness(tmp_path, base), stop, 0.001, report)
    assert seen == ["http.status", "cosigned", "nothing"]


def test_a_key_is_made_once_encrypted_and_owned(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    made = keyfile.create_key(path, b"passphrase", lambda length: b"\7" * length)
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in path.read_bytes()
    assert keyfile.load_key(path, b"passphrase").private_bytes_raw() == made.private_bytes_raw() == b"\7" * 32
    for wrong in (b"other", None, b""):
        with refused("key.unreadable", file="key.pem"):
            keyfile.load_key(path, wrong)
    with refused("key.exists", file="key.pem"):
        keyfile.create_key(path)


def test_a_key_may_lie_open_but_must_be_there_and_be_one(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with refused("key.missing"):
        keyfile.load_key(path)
    made = keyfile.create_key(path)
    assert keyfile.load_key(path).private_bytes_raw() == made.private_bytes_raw()
    path.write_bytes(b"nonsense")
    with refused("key.unreadable"):
        keyfile.load_key(path)
