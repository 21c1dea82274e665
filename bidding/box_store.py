"""What the box keeps: lots it takes bids for, uploads, submissions, withdrawals, letters for the office, nonces.

Nothing here names an account: a bid is its bid key and nothing else. The box's database role sees these tables only.

The trap of the last second: a submission reads the clock inside a transaction that holds its lot FOR SHARE, and a
minute is written (and a lot closed) under FOR UPDATE. So when a minute is written, everything that was judged to lie
in it has been committed, and whatever comes later reads a later clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)

from bidding.submission import BoxLot, State
from ledger.basics import clock
from ledger.basics.canonical import canonical, parse_object
from ledger.basics.errors import Refusal
from ledger.store.tables import metadata

# A request's nonce is remembered this long; a request whose `at` is further away is refused (docs/formats/box.md).
REQUEST_WINDOW: Final = timedelta(minutes=10)

lots = Table(
    "box_lots",
    metadata,
    Column("tender", String(64), primary_key=True),
    Column("lot", String(64), primary_key=True),
    Column("state", String(16), nullable=False),  # waiting (no tickets yet), open, suspended, closed
    Column("deadline", String(24), nullable=False),
    Column("terms", String(64), nullable=False),
    Column("spki", String, nullable=False),
    Column("kids", String, nullable=False),  # canonical {part: kid}
    Column("custodians", Integer, nullable=False),
    Column("max_bytes", BigInteger, nullable=False),
    Column(
        "locked", Integer, nullable=False, default=0
    ),  # the one column the box's role may UPDATE: FOR SHARE asks for it
)

uploads = Table(
    "box_uploads",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tender", String(64), nullable=False),
    Column("lot", String(64), nullable=False),
    Column("bid_key", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),  # what the client says it will be; held against the bytes at the end
    Column("length", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("complete", Integer, nullable=False, default=0),
    Column("created", String(24), nullable=False),
    ForeignKeyConstraint(["tender", "lot"], ["box_lots.tender", "box_lots.lot"]),
    UniqueConstraint("bid_key", "sha256", "tender", "lot"),
)

submissions = Table(
    "box_submissions",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("tender", String(64), nullable=False),
    Column("lot", String(64), nullable=False),
    Column("bid_key", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),  # submission, withdrawal
    Column("at", String(24), nullable=False),
    Column("minute", String(24), nullable=False),
    Column("stale", Integer, nullable=False, default=0),  # an addendum came after it was accepted
    Column("envelope", LargeBinary, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    ForeignKeyConstraint(["tender", "lot"], ["box_lots.tender", "box_lots.lot"]),
    UniqueConstraint("tender", "lot", "bid_key", "seq"),
    Index("box_submissions_minute", "minute", "tender", "lot"),
)

letters = Table(
    "box_letters",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tender", String(64), nullable=False),
    Column("lot", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # enquiry, objection
    Column("at", String(24), nullable=False),
    Column("bid_key", String(64), nullable=False),  # counted on, never shown: an enquiry's answer names no asker
    Column("body", LargeBinary, nullable=False),
    Column("taken", Integer, nullable=False, default=0),
    Index("box_letters_key", "bid_key"),
)

nonces = Table(
    "box_nonces",
    metadata,
    Column("bid_key", String(64), primary_key=True),
    Column("nonce", String(64), primary_key=True),
    Column("at", String(24), nullable=False),
    Index("box_nonces_at", "at"),
)


@dataclass(frozen=True)
class Upload:
    """One ciphertext on its way: `offset` of `length` bytes are here."""

    id: str
    tender: str
    lot: str
    bid_key: str
    sha256: str
    length: int
    offset: int
    complete: bool


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


# --- lots: written by the office and the worker, read by the box ---------------------------------------------------


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
        conn.execute(insert(lots).values(tender=row.tender, lot=row.lot, locked=0, **values))
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


# --- requests -------------------------------------------------------------------------------------------------------


def use_nonce(conn: Connection, bid_key: str, nonce: str, at: datetime) -> None:
    """Note a request's nonce; `Refusal("request.replayed")` if this key used it before."""
    known = conn.execute(select(nonces.c.at).where(nonces.c.bid_key == bid_key, nonces.c.nonce == nonce)).first()
    if known is not None:
        raise Refusal("request.replayed")
    conn.execute(insert(nonces).values(bid_key=bid_key, nonce=nonce, at=clock.text(at)))


def forget_nonces(conn: Connection, now: datetime) -> None:
    """Drop nonces older than twice the window: a request that old is refused by its time."""
    conn.execute(delete(nonces).where(nonces.c.at < clock.text(now - 2 * REQUEST_WINDOW)))


# --- uploads --------------------------------------------------------------------------------------------------------


def add_upload(conn: Connection, upload: Upload, now: datetime) -> None:
    """Note a new upload. The quota of its bid key is the caller's to check (`stored_bytes`)."""
    conn.execute(
        insert(uploads).values(
            id=upload.id,
            tender=upload.tender,
            lot=upload.lot,
            bid_key=upload.bid_key,
            sha256=upload.sha256,
            length=upload.length,
            offset=upload.offset,
            complete=int(upload.complete),
            created=clock.text(now),
        )
    )


def upload(conn: Connection, upload_id: str, bid_key: str, *, lock: bool = False) -> Upload:
    """The upload, if it is this key's; the same refusal whether it is another's or nobody's."""
    query = select(uploads).where(uploads.c.id == upload_id, uploads.c.bid_key == bid_key)
    found = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise Refusal("upload.unknown")
    return Upload(
        id=found.id,
        tender=found.tender,
        lot=found.lot,
        bid_key=found.bid_key,
        sha256=found.sha256,
        length=found.length,
        offset=found.offset,
        complete=bool(found.complete),
    )


def upload_by_hash(conn: Connection, tender: str, lot: str, bid_key: str, sha256: str) -> Upload | None:
    """This key's upload of a ciphertext, if it announced one."""
    found = conn.execute(
        select(uploads.c.id).where(
            uploads.c.bid_key == bid_key,
            uploads.c.sha256 == sha256,
            uploads.c.tender == tender,
            uploads.c.lot == lot,
        )
    ).scalar_one_or_none()
    return None if found is None else upload(conn, found, bid_key)


def advance(conn: Connection, upload_id: str, old: int, new: int, *, complete: bool) -> None:
    """Acknowledge the bytes from `old` to `new`, which are on the disk; `complete`: all are there, hash right.

    Raises `Refusal("upload.offset")` where another request advanced it meanwhile.
    """
    changed = conn.execute(
        update(uploads)
        .where(uploads.c.id == upload_id, uploads.c.offset == old)
        .values(offset=new, complete=int(complete))
    ).rowcount
    if changed != 1:
        raise Refusal("upload.offset", expected=new, found=old)


def complete(conn: Connection, upload_id: str) -> None:
    """Note that an upload is whole (again: harmless)."""
    conn.execute(update(uploads).where(uploads.c.id == upload_id).values(offset=uploads.c.length, complete=1))


def drop_upload(conn: Connection, upload_id: str) -> None:
    """Forget an upload."""
    conn.execute(delete(uploads).where(uploads.c.id == upload_id))


def stored(conn: Connection, tender: str, lot: str, bid_key: str) -> tuple[int, int]:
    """`(bytes announced, uploads)` of a bid key: what its quota is counted on."""
    total, count = conn.execute(
        select(func.coalesce(func.sum(uploads.c.length), 0), func.count()).where(
            uploads.c.tender == tender, uploads.c.lot == lot, uploads.c.bid_key == bid_key
        )
    ).one()
    return int(total), int(count)


def complete_sizes(conn: Connection, bid_key: str, sha256s: Iterable[str]) -> dict[str, int]:
    """Size in bytes of each of these ciphertexts that this key has sent completely."""
    rows = conn.execute(
        select(uploads.c.sha256, uploads.c.length).where(
            uploads.c.bid_key == bid_key, uploads.c.sha256.in_(sorted(set(sha256s))), uploads.c.complete == 1
        )
    )
    return {row.sha256: row.length for row in rows}


# --- submissions ----------------------------------------------------------------------------------------------------


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
        .where(submissions.c.tender == tender, submissions.c.lot == lot, submissions.c.bid_key == bid_key)
        .order_by(submissions.c.seq)
    )
    return [_accepted(row) for row in rows]


def newest(conn: Connection, tender: str, lot: str, bid_key: str) -> Accepted | None:
    """What was accepted last of a bid key on a lot."""
    found = conn.execute(
        select(submissions)
        .where(submissions.c.tender == tender, submissions.c.lot == lot, submissions.c.bid_key == bid_key)
        .order_by(submissions.c.seq.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else _accepted(found)


def of_lot(conn: Connection, tender: str, lot: str) -> list[Accepted]:
    """Everything accepted on a lot, by hash (an order that tells nothing)."""
    rows = conn.execute(
        select(submissions)
        .where(submissions.c.tender == tender, submissions.c.lot == lot)
        .order_by(submissions.c.sha256)
    )
    return [_accepted(row) for row in rows]


def names(conn: Connection, bid_key: str, sha256: str) -> bool:
    """Whether this key sent this ciphertext whole once (what an accepted bid names was)."""
    return sha256 in complete_sizes(conn, bid_key, [sha256])


def of_minute(conn: Connection, minute: datetime) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """`(tender, lot)` → hashes of submissions and of withdrawals accepted in a minute, sorted."""
    out: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    rows = conn.execute(
        select(submissions.c.tender, submissions.c.lot, submissions.c.kind, submissions.c.sha256)
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


# --- letters to the office ------------------------------------------------------------------------------------------


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


def waiting_letters(conn: Connection) -> list[tuple[str, str, str, str, bytes]]:
    """`(id, tender, lot, kind, body)` of every letter that no event carries yet."""
    rows = conn.execute(select(letters).where(letters.c.taken == 0).order_by(letters.c.at, letters.c.id))
    return [(row.id, row.tender, row.lot, row.kind, row.body) for row in rows]


def mark_taken(conn: Connection, letter_id: str) -> None:
    """The letter is an event now (in the same transaction)."""
    conn.execute(update(letters).where(letters.c.id == letter_id).values(taken=1))
