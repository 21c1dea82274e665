"""What was accepted of a bid key, and its letters to the office."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from bidding.store.box.tables import letters, submissions
from ledger.basics import clock
from ledger.basics.canonical import Json, parse_object


@dataclass(frozen=True)
class Accepted:
    """What was accepted of a bid key: a submission or a withdrawal."""

    sha256: str
    tender: str
    lot: str
    bid_key: str
    seq: int
    kind: str
    at: str
    minute: str
    stale: bool
    envelope: bytes
    receipt: bytes


def add_accepted(conn: Connection, item: Accepted) -> None:
    """Write down what was accepted; the caller holds the lot FOR SHARE."""
    conn.execute(insert(submissions).values(**{**item.__dict__, "stale": int(item.stale)}))


def accepted(conn: Connection, sha256: str) -> Accepted | None:
    """A submission or withdrawal by its hash."""
    found = conn.execute(select(submissions).where(submissions.c.sha256 == sha256)).one_or_none()
    return None if found is None else _accepted(found)


def history(conn: Connection, tender: str, lot: str, bid_key: str) -> list[Accepted]:
    """Everything accepted of a bid key on a lot, by `seq`."""
    rows = conn.execute(
        select(submissions)
        .where(
            submissions.c.tender == tender,
            submissions.c.lot == lot,
            submissions.c.bid_key == bid_key,
        )
        .order_by(submissions.c.seq)
    )
    return [_accepted(row) for row in rows]


def newest(conn: Connection, tender: str, lot: str, bid_key: str) -> Accepted | None:
    """What was accepted last of a bid key on a lot."""
    found = conn.execute(
        select(submissions)
        .where(
            submissions.c.tender == tender,
            submissions.c.lot == lot,
            submissions.c.bid_key == bid_key,
        )
        .order_by(submissions.c.seq.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else _accepted(found)


def bidders(conn: Connection, tender: str, lot: str) -> int:
    """How many bid keys have sent something to a lot."""
    query = select(func.count(submissions.c.bid_key.distinct())).where(
        submissions.c.tender == tender, submissions.c.lot == lot
    )
    return int(conn.execute(query).scalar_one())


def in_minute(conn: Connection, tender: str, lot: str, bid_key: str, minute: str) -> int:
    """How many messages of a bid key to a lot were accepted in a minute."""
    query = select(func.count()).where(
        submissions.c.tender == tender,
        submissions.c.lot == lot,
        submissions.c.bid_key == bid_key,
        submissions.c.minute == minute,
    )
    return int(conn.execute(query).scalar_one())


def of_lot(conn: Connection, tender: str, lot: str) -> list[Accepted]:
    """Everything accepted on a lot, by hash (an order that tells nothing)."""
    rows = conn.execute(
        select(submissions)
        .where(submissions.c.tender == tender, submissions.c.lot == lot)
        .order_by(submissions.c.sha256)
    )
    return [_accepted(row) for row in rows]


def of_minute(conn: Connection, minute: datetime) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """`(tender, lot)` → hashes of submissions and of withdrawals accepted in a minute, sorted."""
    out: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    rows = conn.execute(
        select(
            submissions.c.tender,
            submissions.c.lot,
            submissions.c.kind,
            submissions.c.sha256,
        )
        .where(submissions.c.minute == clock.text(minute))
        .order_by(submissions.c.sha256)
    )
    for row in rows:
        lists = out.setdefault((row.tender, row.lot), ([], []))
        lists[row.kind == "withdrawal"].append(row.sha256)
    return out


def _accepted(found: Row[Any]) -> Accepted:
    return Accepted(
        found.sha256,
        found.tender,
        found.lot,
        found.bid_key,
        found.seq,
        found.kind,
        found.at,
        found.minute,
        bool(found.stale),
        bytes(found.envelope),
        bytes(found.receipt),
    )


def add_letter(
    conn: Connection, letter_id: str, tender: str, lot: str, kind: str, at: datetime, bid_key: str, body: bytes
) -> None:
    """Leave an enquiry `{text}` or an objection `{kind, text, bid_key, signature}` (canonical) for the office."""
    conn.execute(
        insert(letters).values(
            id=letter_id, tender=tender, lot=lot, kind=kind, at=clock.text(at), bid_key=bid_key, body=body, taken=0
        )
    )


def letters_of(conn: Connection, tender: str, lot: str, bid_key: str) -> int:
    """How many letters a bid key has written about a lot."""
    query = select(func.count()).where(letters.c.tender == tender, letters.c.lot == lot, letters.c.bid_key == bid_key)
    return int(conn.execute(query).scalar_one())


def same_letter(
    conn: Connection, tender: str, lot: str, kind: str, bid_key: str, body: Mapping[str, Json]
) -> tuple[str, str] | None:
    """(id, time) of a letter that a bid key has left with just these words, whenever it was signed; None if none."""
    query = select(letters.c.id, letters.c.at, letters.c.body).where(
        letters.c.tender == tender, letters.c.lot == lot, letters.c.kind == kind, letters.c.bid_key == bid_key
    )
    for row in conn.execute(query):
        held = parse_object(bytes(row.body))
        if all(held.get(name) == value for name, value in body.items() if name != "signature"):
            return row.id, row.at
    return None


def waiting_letters(conn: Connection) -> list[tuple[str, str, str, str, bytes]]:
    """`(id, tender, lot, kind, body)` of every letter that no event carries yet."""
    rows = conn.execute(select(letters).where(letters.c.taken == 0).order_by(letters.c.at, letters.c.id))
    return [(row.id, row.tender, row.lot, row.kind, row.body) for row in rows]


def mark_taken(conn: Connection, letter_id: str) -> None:
    """The letter is an event now (in the same transaction)."""
    conn.execute(update(letters).where(letters.c.id == letter_id).values(taken=1))
