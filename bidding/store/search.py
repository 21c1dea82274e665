"""Finding published tenders: by words, category, region, state, days and amount; and how many there are of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import sqlalchemy as sa

from bidding.store.tables import lots, parties, tenders
from ledger.basics.errors import Refusal

PAGE: Final = 20
State = Literal["open", "opening", "standstill", "awarded", "failed", "suspended", "terminated"]
Sort = Literal["newest", "deadline", "amount_down", "amount_up"]
CATEGORIES: Final = ("works", "goods", "services")
STATES: Final[tuple[State, ...]] = ("open", "opening", "standstill", "awarded", "failed", "suspended", "terminated")
SORTS: Final[tuple[Sort, ...]] = ("newest", "deadline", "amount_down", "amount_up")
# A search of so many words is somebody's whole document; the rest is not looked for.
_WORDS: Final = 8
_IN_OPENING: Final = ("closed", "present", "coefficients", "announced", "offers_opened", "evaluated")
_OVER: Final = ("failed", "retendered", "contracted")


@dataclass(frozen=True)
class Query:
    """What is looked for; whatever is empty or None asks for nothing.

    `text`: words that all stand in title, number, region or tenderee's name. Of `categories`, `regions` and `states`
    any one will do; a tender is in a state if one of its lots is. `published`, `deadline`: from (inclusive) and to
    (exclusive), time texts; `amount`: the estimate's least and most, in fen, both inclusive.
    """

    text: str = ""
    categories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    published: tuple[str, str] = ("", "")
    deadline: tuple[str, str] = ("", "")
    amount: tuple[int | None, int | None] = (None, None)
    sort: Sort = "newest"


@dataclass(frozen=True)
class Lot:
    """A lot in a list. `bids`: on the roll, −1 before it; `winner`: bid key of the award or empty."""

    lot: str
    state: str
    bids: int
    winner: str


@dataclass(frozen=True)
class Found:
    """A published tender in a list. Times are text; `estimate_fen` in fen; `party_name` empty if not registered."""

    tender: str
    state: str
    party: str
    party_name: dict[str, str]
    title: dict[str, str]
    category: str
    region: str
    estimate_fen: int
    published_at: str
    deadline: str
    tickets_open: bool
    lots: tuple[Lot, ...]

    def phase(self, lot: Lot, now: str) -> str:
        """Where a lot stands at `now` (time text), in the words of `phase.…`, as far as a row tells."""
        if self.state != "published" and lot.state not in _OVER:
            return self.state
        if lot.state == "open":
            if now >= self.deadline:
                return "closing"
            return "tickets_open" if self.tickets_open else "published"
        return "opening" if lot.state in _IN_OPENING else lot.state


@dataclass(frozen=True)
class Page:
    """One page of a search; `total` over all pages."""

    found: tuple[Found, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are; one at least."""
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True)
class Facets:
    """How many tenders each value would give, with the rest of the search as it is: `{value: count}`."""

    category: Mapping[str, int] = field(default_factory=dict)
    region: Mapping[str, int] = field(default_factory=dict)
    state: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """Counted now: tenders published and open, lots awarded and failed, bids that stood on a roll."""

    published: int
    open: int
    awarded: int
    failed: int
    bids: int


def search(conn: sa.Connection, query: Query, now: str, page: int = 1, limit: int = PAGE) -> Page:
    """One page of what fits; `now`: time text. A page behind the last has nothing in it."""
    where = _where(query, now)
    total = conn.execute(sa.select(sa.func.count()).select_from(tenders).where(*where)).scalar_one()
    rows = conn.execute(
        _rows().where(*where).order_by(*_order(query.sort, now)).limit(limit).offset((max(page, 1) - 1) * limit)
    ).all()
    under = _lots(conn, [row.tender for row in rows])
    return Page(tuple(_found(row, under.get(row.tender, ())) for row in rows), total, max(page, 1))


def facets(conn: sa.Connection, query: Query, now: str) -> Facets:
    """How many tenders each category, region and state would give."""
    counted: dict[str, dict[str, int]] = {}
    for name, column in (("category", tenders.c.category), ("region", tenders.c.region)):
        rows = conn.execute(
            sa.select(column, sa.func.count())
            .where(*_where(query, now, without=name))
            .group_by(column)
            .order_by(sa.func.count().desc(), column)
        )
        counted[name] = {str(value): int(count) for value, count in rows}
    inner = sa.select(*(sa.case((_in_state(one, now), 1), else_=0).label(one) for one in STATES))
    each = inner.select_from(tenders).where(*_where(query, now, without="state")).subquery()
    row = conn.execute(sa.select(*(sa.func.coalesce(sa.func.sum(each.c[one]), 0).label(one) for one in STATES))).one()
    counted["state"] = {one: int(row[place]) for place, one in enumerate(STATES)}
    return Facets(**counted)


def figures(conn: sa.Connection, now: str) -> Figures:
    """The figures of the front page."""
    published = tenders.c.published_at != ""
    count = sa.select(sa.func.count())
    in_lots = sa.select(
        sa.func.coalesce(sa.func.sum(sa.case((lots.c.state.in_(("awarded", "contracted")), 1), else_=0)), 0),
        sa.func.coalesce(sa.func.sum(sa.case((lots.c.state.in_(("failed", "retendered")), 1), else_=0)), 0),
        sa.func.coalesce(sa.func.sum(sa.case((lots.c.bids > 0, lots.c.bids), else_=0)), 0),
    )
    awarded, failed, bids = (int(value) for value in conn.execute(in_lots).one())
    return Figures(
        published=conn.execute(count.select_from(tenders).where(published)).scalar_one(),
        open=conn.execute(count.select_from(tenders).where(published, _in_state("open", now))).scalar_one(),
        awarded=awarded,
        failed=failed,
        bids=bids,
    )


def one(conn: sa.Connection, tender: str) -> Found:
    """A published tender; `Refusal("tender.unknown")`, whether it is a draft or nothing at all."""
    row = conn.execute(_rows().where(tenders.c.tender == tender, tenders.c.published_at != "")).one_or_none()
    if row is None:
        raise Refusal("tender.unknown", tender=tender[:64])
    return _found(row, _lots(conn, [tender]).get(tender, ()))


def _where(query: Query, now: str, without: str = "") -> list[sa.ColumnElement[bool]]:
    """The conditions of a search, but for one facet's."""
    where: list[sa.ColumnElement[bool]] = [tenders.c.published_at != ""]
    where += [_says(word) for word in query.text.lower().split()[:_WORDS]]
    if query.categories and without != "category":
        where.append(tenders.c.category.in_(query.categories))
    if query.regions and without != "region":
        where.append(tenders.c.region.in_(query.regions))
    if query.states and without != "state":
        where.append(sa.or_(*(_in_state(state, now) for state in query.states)))
    for column, (start, end) in ((tenders.c.published_at, query.published), (tenders.c.deadline, query.deadline)):
        where += [column >= start] if start else []
        where += [column < end] if end else []
    least, most = query.amount
    where += [tenders.c.estimate_fen >= least] if least is not None else []
    where += [tenders.c.estimate_fen <= most] if most is not None else []
    return where


def _says(word: str) -> sa.ColumnElement[bool]:
    columns = (tenders.c.title_zh, tenders.c.title_en, tenders.c.tender, tenders.c.region)
    names = sa.or_(*(_holds(column, word) for column in (parties.c.name_zh, parties.c.name_en)))
    named = sa.exists().where(parties.c.party == tenders.c.party, names).correlate(tenders)
    return sa.or_(*(_holds(column, word) for column in columns), named)


def _holds(column: sa.Column[str], word: str) -> sa.ColumnElement[bool]:
    return sa.func.lower(column).contains(word, autoescape=True)


def _in_state(state: str, now: str) -> sa.ColumnElement[bool]:
    """Whether a tender is in a state: it itself, or one of its lots. A word that is no state fits nothing."""
    going = tenders.c.state == "published"
    if state in ("suspended", "terminated"):
        return tenders.c.state == state
    if state == "open":
        return sa.and_(going, tenders.c.deadline > now, _some_lot("open"))
    if state == "opening":
        return sa.and_(going, sa.or_(_some_lot(*_IN_OPENING), sa.and_(tenders.c.deadline <= now, _some_lot("open"))))
    if state == "standstill":
        return sa.and_(going, _some_lot("candidates_published", "next_candidate"))
    if state == "awarded":
        return sa.or_(_some_lot("contracted"), sa.and_(going, _some_lot("awarded")))
    return _some_lot("failed", "retendered") if state == "failed" else sa.false()


def _some_lot(*states: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(lots.c.tender == tenders.c.tender, lots.c.state.in_(states)).correlate(tenders)


def _order(sort: str, now: str) -> Sequence[sa.ColumnElement[Any]]:
    """By deadline: what can still be bid for first, the nearest on top; then what is over, the latest on top."""
    last: tuple[sa.ColumnElement[Any], ...] = (tenders.c.published_at.desc(), tenders.c.tender)
    if sort == "deadline":
        over = sa.case((tenders.c.deadline > now, 0), else_=1)
        ahead = sa.case((tenders.c.deadline > now, tenders.c.deadline), else_="")
        return (over, ahead, tenders.c.deadline.desc(), *last)
    if sort in ("amount_down", "amount_up"):
        amount = tenders.c.estimate_fen
        return (amount.desc() if sort == "amount_down" else amount.asc(), *last)
    return last


def _rows() -> sa.Select[Any]:
    named = (parties.c.name_zh.label("party_zh"), parties.c.name_en.label("party_en"))
    return sa.select(tenders, *named).select_from(tenders.outerjoin(parties, parties.c.party == tenders.c.party))


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
        party_name={"zh": row.party_zh or "", "en": row.party_en or ""},
        title={"zh": row.title_zh, "en": row.title_en},
        category=row.category,
        region=row.region,
        estimate_fen=row.estimate_fen,
        published_at=row.published_at,
        deadline=row.deadline,
        tickets_open=bool(row.tickets_open),
        lots=under,
    )
