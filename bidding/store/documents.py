"""Which documents there are and which are public; their bytes lie in files. A draft's are nobody's business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from bidding.store.tables import documents
from ledger.basics import clock

# A document that nothing names counts so long against who stored it.
COUNTED: Final = timedelta(days=30)


def unpublished(conn: Connection, party: str, now: datetime) -> tuple[int, int]:
    """`(bytes, documents)` that an organisation stored lately and nothing public names."""
    total, count = conn.execute(
        select(func.coalesce(func.sum(documents.c.size), 0), func.count()).where(
            documents.c.party == party,
            documents.c.public.is_(False),
            documents.c.stored > clock.text(now - COUNTED),
        )
    ).one()
    return int(total), int(count)


def note(conn: Connection, sha256: str, size: int, now: datetime, *, public: bool = False, party: str = "") -> None:
    """A document that is stored, by `party` ("" for the platform); again does nothing, but may make it public."""
    row = conn.execute(select(documents.c.public).where(documents.c.sha256 == sha256)).one_or_none()
    if row is None:
        conn.execute(
            insert(documents).values(sha256=sha256, size=size, stored=clock.text(now), public=public, party=party)
        )
    elif public and not row.public:
        publish(conn, [sha256])


def note_public(conn: Connection, stored: Mapping[str, int], now: datetime) -> None:
    """Documents that are stored (SHA-256 → bytes) and served to anyone from now on; again does nothing."""
    known = sizes(conn, stored)
    publish(conn, known)
    rows = [
        {"sha256": sha256, "size": size, "stored": clock.text(now), "public": True, "party": ""}
        for sha256, size in sorted(stored.items())
        if sha256 not in known
    ]
    if rows:
        conn.execute(insert(documents), rows)


def publish(conn: Connection, sha256s: Iterable[str]) -> None:
    """From now on these documents are served to anyone."""
    conn.execute(update(documents).where(documents.c.sha256.in_(sorted(set(sha256s)))).values(public=True))


def is_public(conn: Connection, sha256: str) -> bool:
    """Whether a document is served to anyone."""
    found = conn.execute(select(documents.c.public).where(documents.c.sha256 == sha256)).scalar_one_or_none()
    return bool(found)


def missing(conn: Connection, sha256s: Iterable[str]) -> list[str]:
    """Those of these documents that were never stored, sorted."""
    wanted = set(sha256s)
    known = set(conn.execute(select(documents.c.sha256).where(documents.c.sha256.in_(sorted(wanted)))).scalars())
    return sorted(wanted - known)


def sizes(conn: Connection, sha256s: Iterable[str]) -> dict[str, int]:
    """SHA-256 → bytes of those of these documents that are stored."""
    wanted = sorted(set(sha256s))
    rows = conn.execute(select(documents.c.sha256, documents.c.size).where(documents.c.sha256.in_(wanted)))
    return {row.sha256: row.size for row in rows}
