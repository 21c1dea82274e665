"""Lots, written by the office and the worker, read by the box; and the nonces of requests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from bidding.store.box.tables import lots, nonces, submissions
from bidding.submission import BoxLot, State
from ledger.basics import clock
from ledger.basics.canonical import canonical, parse_object
from ledger.basics.errors import Refusal
from ledger.store.engine import database_now

# A request's nonce is remembered this long; a request whose `at` is further away is refused (docs/formats/box.md).
REQUEST_WINDOW: Final = timedelta(minutes=10)


def put_lot(conn: Connection, row: BoxLot) -> None:
    """Tell the box of a lot, or of what an addendum, a suspension or the close changed about it."""
    values = {
        "state": row.state,
        "deadline": clock.text(row.deadline),
        "terms": row.terms,
        "spki": row.spki.hex(),
        "kids": canonical(dict(row.kids)).decode("ascii"),
        "custodians": row.custodians,
        "max_bytes": row.max_bytes,
    }
    where = and_(lots.c.tender == row.tender, lots.c.lot == row.lot)
    known = conn.execute(select(lots.c.terms).where(where).with_for_update()).scalar_one_or_none()
    if known is None:
        conn.execute(insert(lots).values(tender=row.tender, lot=row.lot, locked=0, written="", **values))
        return
    conn.execute(update(lots).where(where).values(**values))
    if known != row.terms:
        # An accepted older submission stays valid; its bidder is told (docs/formats/sealing.md §5).
        conn.execute(
            update(submissions).where(submissions.c.tender == row.tender, submissions.c.lot == row.lot).values(stale=1)
        )


def lot_for_share(conn: Connection, tender: str, lot: str) -> BoxLot:
    """The lot, held so that it can't be closed, nor its minute written, before this transaction ends."""
    return _lot(conn, tender, lot, share=True)


def lot_for_update(conn: Connection, tender: str, lot: str) -> BoxLot:
    """The lot, held alone: whoever was judging a submission has committed."""
    return _lot(conn, tender, lot, share=False)


def ticket_key(conn: Connection, tender: str, lot: str) -> bytes:
    """The lot's ticket key (DER), without holding the lot; `Refusal("box.lot_unknown")`."""
    found = conn.execute(select(lots.c.spki).where(lots.c.tender == tender, lots.c.lot == lot)).scalar_one_or_none()
    if found is None:
        raise Refusal("box.lot_unknown", tender=tender[:64], lot=lot[:64])
    return bytes.fromhex(found)


def _lot(conn: Connection, tender: str, lot: str, *, share: bool) -> BoxLot:
    found = conn.execute(
        select(lots).where(lots.c.tender == tender, lots.c.lot == lot).with_for_update(read=share)
    ).one_or_none()
    if found is None:
        raise Refusal("box.lot_unknown", tender=tender[:64], lot=lot[:64])
    return _lot_row(found)


def _lot_row(found: Row[Any]) -> BoxLot:
    return BoxLot(
        tender=found.tender,
        lot=found.lot,
        state=cast(State, found.state),
        deadline=clock.parse_time(found.deadline),
        terms=found.terms,
        spki=bytes.fromhex(found.spki),
        kids={part: str(kid) for part, kid in parse_object(found.kids.encode("ascii")).items()},
        custodians=found.custodians,
        max_bytes=found.max_bytes,
    )


def judged_at(conn: Connection, tender: str, lot: str) -> datetime:
    """The time at which something sent to a lot, held FOR SHARE, is judged: the database's clock, never running back.

    A clock that was set back would put a bid into a minute that is written already: a receipt, and on no list.
    """
    written = conn.execute(select(lots.c.written).where(lots.c.tender == tender, lots.c.lot == lot)).scalar_one()
    now = database_now(conn)
    return max(now, clock.parse_time(written)) if written else now


def note_written(conn: Connection, end: datetime) -> None:
    """Every minute that ends by `end` is written; the caller holds the open lots FOR UPDATE."""
    conn.execute(update(lots).where(lots.c.state.in_(("open", "suspended"))).values(written=clock.text(end)))


def other_ticket_keys(conn: Connection, tender: str, lot: str) -> list[bytes]:
    """The ticket keys (DER) of the tender's other lots: only to tell a bidder which mistake was made."""
    query = select(lots.c.spki).where(lots.c.tender == tender, lots.c.lot != lot).order_by(lots.c.lot)
    return [bytes.fromhex(spki) for spki in conn.execute(query).scalars()]


def open_lots(conn: Connection) -> list[BoxLot]:
    """Every lot a minute has a commitment for (tickets open, not closed), locked FOR UPDATE in one fixed order."""
    rows = conn.execute(
        select(lots)
        .where(lots.c.state.in_(("open", "suspended")))
        .order_by(lots.c.tender, lots.c.lot)
        .with_for_update()
    )
    return [_lot_row(row) for row in rows]


def use_nonce(conn: Connection, bid_key: str, nonce: str, at: datetime) -> None:
    """Note a request's nonce; `Refusal("request.replayed")` if this key used it before."""
    known = conn.execute(select(nonces.c.at).where(nonces.c.bid_key == bid_key, nonces.c.nonce == nonce)).first()
    if known is not None:
        raise Refusal("request.replayed")
    conn.execute(insert(nonces).values(bid_key=bid_key, nonce=nonce, at=clock.text(at)))


def forget_nonces(conn: Connection, now: datetime) -> None:
    """Drop nonces older than twice the window: a request that old is refused by its time."""
    conn.execute(delete(nonces).where(nonces.c.at < clock.text(now - 2 * REQUEST_WINDOW)))
