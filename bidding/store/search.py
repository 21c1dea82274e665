"""Finding published tenders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from bidding.store.tables import lots, tenders
from ledger.basics.errors import Refusal

PAGE: Final = 20


@dataclass(frozen=True)
class Lot:
    """A lot in a list. `bids`: on the roll, −1 before it; `winner`: bid key of the award or empty."""

    lot: str
    state: str
    bids: int
    winner: str


@dataclass(frozen=True)
class Found:
    """A published tender in a list. Times are text; `estimate_fen` in fen."""

    tender: str
    state: str
    party: str
    title: dict[str, str]
    category: str
    region: str
    estimate_fen: int
    published_at: str
    deadline: str
    tickets_open: bool
    lots: tuple[Lot, ...]


@dataclass(frozen=True)
class Page:
    """One page of a search: the newest first; `total` over all pages."""

    found: tuple[Found, ...]
    total: int
    page: int


def search(conn: sa.Connection, text: str = "", category: str = "", state: str = "", page: int = 1) -> Page:
    """Published tenders whose title, id or region holds `text`, of a category and a state if given."""
    where = [tenders.c.published_at != ""]
    if text:
        columns = (tenders.c.title_zh, tenders.c.title_en, tenders.c.tender, tenders.c.region)
        where.append(sa.or_(*(sa.func.lower(column).contains(text.lower(), autoescape=True) for column in columns)))
    if category:
        where.append(tenders.c.category == category)
    if state:
        where.append(tenders.c.state == state)
    total = conn.execute(sa.select(sa.func.count()).select_from(tenders).where(*where)).scalar_one()
    rows = conn.execute(
        sa.select(tenders)
        .where(*where)
        .order_by(tenders.c.published_at.desc(), tenders.c.tender)
        .limit(PAGE)
        .offset((max(page, 1) - 1) * PAGE)
    ).all()
    under = _lots(conn, [row.tender for row in rows])
    return Page(tuple(_found(row, under.get(row.tender, ())) for row in rows), total, max(page, 1))


def one(conn: sa.Connection, tender: str) -> Found:
    """A published tender; `Refusal("tender.unknown")`, whether it is a draft or nothing at all."""
    row = conn.execute(sa.select(tenders).where(tenders.c.tender == tender, tenders.c.published_at != "")).one_or_none()
    if row is None:
        raise Refusal("tender.unknown", tender=tender[:64])
    return _found(row, _lots(conn, [tender]).get(tender, ()))


def _lots(conn: sa.Connection, ids: list[str]) -> dict[str, tuple[Lot, ...]]:
    out: dict[str, tuple[Lot, ...]] = {}
    for row in conn.execute(sa.select(lots).where(lots.c.tender.in_(ids)).order_by(lots.c.tender, lots.c.lot)):
        out[row.tender] = (*out.get(row.tender, ()), Lot(row.lot, row.state, row.bids, row.winner))
    return out


def _found(row: Any, under: tuple[Lot, ...]) -> Found:  # noqa: ANN401 - a SQLAlchemy row has no type of its own
    return Found(
        tender=row.tender,
        state=row.state,
        party=row.party,
        title={"zh": row.title_zh, "en": row.title_en},
        category=row.category,
        region=row.region,
        estimate_fen=row.estimate_fen,
        published_at=row.published_at,
        deadline=row.deadline,
        tickets_open=bool(row.tickets_open),
        lots=under,
    )
