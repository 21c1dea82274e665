"""Ciphertexts on their way to the box."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from bidding.store.box.tables import lots, uploads
from ledger.basics import clock
from ledger.basics.errors import Refusal


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


def upload(conn: Connection, upload_id: str, bid_key: str) -> Upload:
    """The upload, if it is this key's; the same refusal whether it is another's or nobody's."""
    query = select(uploads).where(uploads.c.id == upload_id, uploads.c.bid_key == bid_key)
    found = conn.execute(query).one_or_none()
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


def knows(conn: Connection, bid_key: str) -> bool:
    """Whether this key has announced anything: it had a ticket then."""
    return conn.execute(select(uploads.c.id).where(uploads.c.bid_key == bid_key).limit(1)).first() is not None


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


def unfinished(conn: Connection, most: int) -> list[str]:
    """Ids of uploads that are not whole and whose lot is closed."""
    rows = conn.execute(
        select(uploads.c.id)
        .join(lots, and_(lots.c.tender == uploads.c.tender, lots.c.lot == uploads.c.lot))
        .where(lots.c.state == "closed", uploads.c.complete == 0)
        .order_by(uploads.c.id)
        .limit(most)
    )
    return list(rows.scalars())


def drop_unfinished(conn: Connection, upload_id: str) -> None:
    """Forget an upload unless it became whole meanwhile."""
    conn.execute(delete(uploads).where(uploads.c.id == upload_id, uploads.c.complete == 0))


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
            uploads.c.bid_key == bid_key,
            uploads.c.sha256.in_(sorted(set(sha256s))),
            uploads.c.complete == 1,
        )
    )
    return {row.sha256: row.length for row in rows}
