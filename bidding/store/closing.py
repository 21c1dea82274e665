"""Closing a lot: from the box's minutes to the roll (docs/formats/roll.md), in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bidding import roll as rolls
from bidding.procedures.listing import Body
from bidding.roll import Minute, Witnessed
from bidding.store import published
from bidding.store.box import bids as box_bids
from bidding.store.box import tables as box_tables
from bidding.store.box.minutes import STREAM as BOX
from bidding.submission import Submission, Withdrawal
from ledger.basics import clock
from ledger.basics.canonical import parse_object
from ledger.basics.errors import Refusal
from ledger.checkpoint import Policy
from ledger.store import read, serve
from ledger.store import tables as ledger
from ledger.store.read import Stored


@dataclass(frozen=True)
class Minutes:
    """Where the box's minutes stand in its stream: `first` is the start of version 1."""

    first: datetime
    interval: timedelta

    def version(self, start: datetime) -> int:
        """The version of the minute that starts at `start`."""
        return (start - self.first) // self.interval + 1


def minutes(conn: sa.Connection, interval: timedelta) -> Minutes:
    """The box's minutes; `Refusal("close.minutes_missing")` before the first."""
    found = conn.execute(
        sa.select(ledger.events.c.body).where(ledger.events.c.stream == BOX, ledger.events.c.version == 1)
    ).scalar_one_or_none()
    if found is None:
        raise Refusal("close.minutes_missing")
    public = parse_object(bytes(found))["public"]
    return Minutes(clock.parse_time(public["minute"] if isinstance(public, dict) else ""), interval)


def settled(conn: sa.Connection, deadline: datetime, interval: timedelta, policy: Policy) -> bool:
    """Whether it is known what counts: the last minute before the deadline, and so each before it, is witnessed.

    However late: without witnesses no custodian answers either, and the roll then cites for each minute when it was
    seen, which nothing moves any more. Raises `Refusal("close.no_witnesses")` where none is asked for.
    """
    if not policy.threshold:
        raise Refusal("close.no_witnesses")
    stored = _minute(conn, minutes(conn, interval).version(deadline - interval))
    return stored is not None and _witnessed(conn, stored, policy) is not None


def body(
    conn: sa.Connection,
    tender: str,
    lot: str,
    *,
    deadline: datetime,
    interval: timedelta,
    grace: timedelta,
    policy: Policy,
) -> Body:
    """`lot.closed`: the roll and, as its list, the minutes' lists that gave it."""
    where = minutes(conn, interval)
    found: list[Minute] = []
    for start in _starts(conn, tender, lot):
        version = where.version(start)
        stored = _minute(conn, version)
        if stored is None:
            # After the deadline the box takes nothing, so a minute that is not written yet holds nothing that counts.
            continue
        _, value = read.sealed_value(conn, BOX, version, f"{tender}/{lot}")
        witnessed = _witnessed(conn, stored, policy)
        found.append(
            rolls.parse_minute(value, tender=tender, lot=lot, version=version, start=start, witnessed=witnessed)
        )
    submissions, withdrawals = _messages(conn, tender, lot)
    roll = rolls.count(tender, lot, found, submissions, withdrawals, deadline=deadline, interval=interval, grace=grace)
    return rolls.closed_body(roll, found)


def publish(conn: sa.Connection, tender: str, lot: str, minutes: Sequence[Mapping[str, Any]]) -> None:
    """Makes public what goes with the roll: the box's values for this lot, and every message the `minutes` list."""
    name = f"{tender}/{lot}"
    table = ledger.sealed_values
    conn.execute(sa.update(table).where(table.c.stream == BOX, table.c.name == name).values(disclosed=True))
    named = {sha256 for row in minutes for sha256 in (*row["accepted"], *row["withdrawn"])}
    for item in box_bids.of_lot(conn, tender, lot):
        if item.sha256 in named:
            published.add(conn, item.kind, item.sha256, tender, lot, parse_object(item.envelope))


def _starts(conn: sa.Connection, tender: str, lot: str) -> list[datetime]:
    table = box_tables.submissions
    rows = conn.execute(
        sa.select(table.c.minute)
        .distinct()
        .where(table.c.tender == tender, table.c.lot == lot)
        .order_by(table.c.minute)
    )
    return [clock.parse_time(row.minute) for row in rows]


def _minute(conn: sa.Connection, version: int) -> Stored | None:
    if version < 1:
        return None
    found = read.load(conn, BOX, after=version - 1, limit=1)
    return found[0] if found else None


def _witnessed(conn: sa.Connection, stored: Stored, policy: Policy) -> Witnessed | None:
    found = serve.covering(conn, stored.index, policy) if stored.index is not None else None
    at = found.witnessed_at if found else None
    return Witnessed(found.size, at) if found is not None and at is not None else None


def _messages(conn: sa.Connection, tender: str, lot: str) -> tuple[dict[str, Submission], dict[str, Withdrawal]]:
    submissions: dict[str, Submission] = {}
    withdrawals: dict[str, Withdrawal] = {}
    for item in box_bids.of_lot(conn, tender, lot):
        envelope = parse_object(item.envelope)
        if item.kind == "submission":
            submissions[item.sha256] = Submission.parse(envelope)
        else:
            withdrawals[item.sha256] = Withdrawal.parse(envelope)
    return submissions, withdrawals
