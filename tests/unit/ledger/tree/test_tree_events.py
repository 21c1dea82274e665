"""Events and entries: one spelling, blinded leaves, raw rolls that nobody can hide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest

from ledger import events
from ledger.basics.canonical import canonical
from ledger.basics.hashing import H
from ledger.events import Event
from tests.support.log import refused

AT: Final = datetime(2026, 12, 1, 1, 0, 0, 5000, tzinfo=UTC)
EVENT: Final = Event("lot/t1/l1", 3, "lot.closed", AT, "worker", {"roll": {"lot": "l1"}}, {"x": "ab" * 32})
BYTES: Final = (
    b'{"actor":"worker","at":"2026-12-01T01:00:00.005Z","public":{"roll":{"lot":"l1"}},"sealed":{"x":"'
    + b"ab" * 32
    + b'"},"stream":"lot/t1/l1","type":"lot.closed","v":1,"version":3}'
)


def test_an_event_has_one_spelling() -> None:
    assert EVENT.encode() == BYTES
    assert events.decode(BYTES) == EVENT


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"v":1', b'"v":2', "event.malformed"),
        (b'"v":1', b'"v":true', "event.malformed"),
        (b'"version":3', b'"version":0', "event.malformed"),
        (b'"version":3', b'"version":true', "event.malformed"),
        (b'"version":3', b'"version":"3"', "event.malformed"),
        (b"lot/t1/l1", b"/lot", "event.malformed"),
        (b"lot.closed", b"Lot.closed", "event.malformed"),
        (b'"worker"', b'""', "event.malformed"),
        (b'"worker"', b"7", "event.malformed"),
        (b'{"roll":{"lot":"l1"}}', b"[]", "event.malformed"),
        (b'{"roll":{"lot":"l1"}}', b"{}", ""),
        (b'"sealed":{"x"', b'"sealed":{"X"', "event.malformed"),
        (b'"' + b"ab" * 32 + b'"', b'"' + b"ab" * 31 + b'"', "canonical.bad_hex"),
        (b'"' + b"ab" * 32 + b'"', b'"' + b"AB" * 32 + b'"', "canonical.bad_hex"),
        (b'"' + b"ab" * 32 + b'"', b"1", "event.malformed"),
        (b"00.005Z", b"00Z", "time.malformed"),
        (b',"v":1', b"", "canonical.missing_member"),
        (b',"v":1', b',"u":1,"v":1', "canonical.unknown_member"),
        (b',"v":1', b', "v":1', "canonical.not_canonical"),
    ],
)
def test_everything_else_is_refused(old: bytes, new: bytes, code: str) -> None:
    changed = BYTES.replace(old, new)
    assert changed != BYTES
    if code:
        with refused(code):
            events.decode(changed)
    else:
        assert events.decode(changed).encode() == changed


def test_an_event_cannot_be_made_malformed() -> None:
    for change in ({"version": 0}, {"stream": ""}, {"type": "a b"}, {"actor": "Ä"}, {"sealed": {"a b": "ab" * 32}}):
        with refused("event.malformed"):
            replace(EVENT, **change)
    with refused("event.malformed", field="at"):
        replace(EVENT, at=AT.replace(microsecond=5001))
    with refused("canonical.bad_type"):
        events.from_object({**EVENT.object(), "public": {"price": 1.5}})


def test_the_leaf_commits_to_salt_and_event() -> None:
    salt = bytes(range(32))
    assert events.leaf(salt, BYTES) == H(b"mingjing/leaf/v1\0" + salt + BYTES)
    assert events.leaf(bytes(32), BYTES) != events.leaf(salt, BYTES)
    with refused("event.malformed", field="salt"):
        events.leaf(salt[:31], BYTES)


def test_a_commitment_binds_a_value_and_is_no_leaf() -> None:
    salt = bytes(range(32))
    assert events.commitment(salt, EVENT.object()) == H(b"mingjing/commit/v1\0" + salt + BYTES)
    assert events.commitment(salt, EVENT.object()) != events.leaf(salt, BYTES)
    assert events.commitment(salt, 1) != events.commitment(salt, "1")


def test_a_roll_is_raw_and_anyone_can_find_it() -> None:
    subject, roll = {"lot": "l1", "tender": "t1"}, {"lot": "l1", "submissions": [], "tender": "t1"}
    raw = events.unblinded("roll", subject, roll)
    assert raw == b"mingjing/roll/v1\0" + H(canonical(subject)) + H(canonical(roll))
    assert len(raw) == 17 + 64
    assert events.split_unblinded("roll", raw) == (H(canonical(subject)), H(canonical(roll)))
    assert events.split_unblinded("pool", raw) is None
    assert events.split_unblinded("roll", raw + b"\0") is None
    assert events.split_unblinded("roll", bytes(81)) is None
    with refused("event.malformed", field="label"):
        events.unblinded("Roll\0", subject, roll)


@pytest.mark.parametrize("length", [0, 31, 65_536])
def test_an_entry_fits_a_bundle_and_is_no_shorter_than_a_hash(length: int) -> None:
    with refused("event.entry_length", found=length, least=32, most=65_535):
        events.check_entry(bytes(length))
    assert events.check_entry(bytes(65_535)) == bytes(65_535)
