"""The search over published tenders on both databases, held to a plain reading of the same rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa

from bidding.store import search, tables
from bidding.store.search import CATEGORIES, STATES, Query
from ledger.basics import clock
from ledger.store.engine import create_engine
from tests.support.log import refused
from web.database import metadata

START: Final = datetime(2026, 12, 1, tzinfo=UTC)
NOW: Final = clock.text(START + timedelta(days=20))
REGIONS: Final = ("CN-35", "CN-44", "CN-33")
WORDS: Final = ("道路", "学校", "Bridge", "WATER", "50%_off")
LOT_STATES: Final = (
    *("open", "closed", "announced", "evaluated", "candidates_published", "next_candidate"),
    *("awarded", "contracted", "failed", "retendered"),
)
Row = dict[str, Any]


def rows(dice: random.Random) -> tuple[list[Row], list[Row]]:
    """Sixty tenders, some of them drafts, and their lots."""
    made, under = [], []
    for number in range(60):
        tender, draft = f"t{number:02d}", dice.random() < 0.1
        made.append(
            {
                "tender": tender,
                "version": 1,
                "state": "drafted" if draft else dice.choice(("published",) * 4 + ("suspended", "terminated")),
                "party": dice.choice(("city", "county")),
                "title_zh": f"{dice.choice(WORDS)}工程{number}",
                "title_en": f"{dice.choice(WORDS)} works {number}",
                "category": dice.choice(CATEGORIES),
                "region": dice.choice(REGIONS),
                "estimate_fen": dice.randrange(1, 50) * 10_000_000,
                "published_at": "" if draft else clock.text(START + timedelta(hours=dice.randrange(400))),
                "deadline": clock.text(START + timedelta(hours=dice.randrange(300, 700))),
                "tickets_open": dice.random() < 0.5,
            }
        )
        for lot in range(dice.randrange(1, 4)):
            state = dice.choice(LOT_STATES)
            bids = -1 if state == "open" else dice.randrange(9)
            under.append({"tender": tender, "lot": f"l{lot}", "version": 1, "state": state, "bids": bids, "winner": ""})
    return made, under


@pytest.fixture
def stored(database_url: str, rng: random.Random) -> Iterator[tuple[sa.Connection, list[Row], list[Row]]]:
    engine = create_engine(database_url)
    metadata.create_all(engine)
    made, under = rows(rng)
    blank = {"version": 1, "person_ref": "p", "holds": "[]"}
    with engine.begin() as conn:
        for number, (party, name) in enumerate((("city", "江城市住建局"), ("county", "青石县水务局"))):
            key = f"{number:064x}"
            named = {"party": party, "uscc": f"{number:018d}", "name_zh": name, "name_en": f"{party.title()} Office"}
            conn.execute(sa.insert(tables.parties).values(**blank, **named, seal_key=key, person_key=key))
        conn.execute(sa.insert(tables.tenders), made)
        conn.execute(sa.insert(tables.lots), under)
    with engine.connect() as conn:
        yield conn, [one for one in made if one["published_at"]], under
    engine.dispose()


def states(row: Row, under: list[Row]) -> set[str]:
    """In which states a tender is, said once more and plainly."""
    lots = {one["state"] for one in under if one["tender"] == row["tender"]}
    going, ahead = row["state"] == "published", row["deadline"] > NOW
    found = {
        "open": going and ahead and "open" in lots,
        "opening": going and bool(lots & {"closed", "announced", "evaluated"} or (not ahead and "open" in lots)),
        "standstill": going and bool(lots & {"candidates_published", "next_candidate"}),
        "awarded": "contracted" in lots or (going and "awarded" in lots),
        "failed": bool(lots & {"failed", "retendered"}),
        "suspended": row["state"] == "suspended",
        "terminated": row["state"] == "terminated",
    }
    return {name for name, holds in found.items() if holds}


def all_of(conn: sa.Connection, query: Query) -> list[str]:
    first = search.search(conn, query, NOW)
    pages = [first, *(search.search(conn, query, NOW, page) for page in range(2, first.pages + 1))]
    found = [one.tender for page in pages for one in page.found]
    assert len(found) == first.total
    return found


FILTERS: Final[dict[str, tuple[Query, Callable[[Row, list[Row]], bool]]]] = {
    "all": (Query(), lambda _row, _: True),
    "text": (Query(text="道路"), lambda row, _: "道路" in row["title_zh"] + row["title_en"]),
    "either case": (Query(text="bridge"), lambda row, _: "Bridge" in row["title_zh"] + row["title_en"]),
    "a pattern's characters": (Query(text="%_"), lambda row, _: "%_" in row["title_zh"] + row["title_en"]),
    "words": (Query(text="工程 cn-44"), lambda row, _: row["region"] == "CN-44"),
    "tenderee": (Query(text="水务局"), lambda row, _: row["party"] == "county"),
    "categories": (Query(categories=("works", "goods")), lambda row, _: row["category"] != "services"),
    "region": (Query(regions=("CN-35",)), lambda row, _: row["region"] == "CN-35"),
    "amount": (
        Query(amount=(100_000_000, 300_000_000)),
        lambda row, _: 100_000_000 <= row["estimate_fen"] <= 300_000_000,
    ),
    "days": (
        Query(published=(clock.text(START + timedelta(hours=99)), clock.text(START + timedelta(hours=300)))),
        lambda row, _: (
            START + timedelta(hours=99) <= clock.parse_time(row["published_at"]) < START + timedelta(hours=300)
        ),
    ),
    "deadline": (Query(deadline=(NOW, "")), lambda row, _: row["deadline"] >= NOW),
    "two states": (Query(states=("open", "failed")), lambda row, under: bool(states(row, under) & {"open", "failed"})),
    "no state": (Query(states=("x",)), lambda _row, _: False),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_search_finds_what_fits_and_nothing_else(
    stored: tuple[sa.Connection, list[Row], list[Row]], name: str
) -> None:
    conn, published, under = stored
    query, fits = FILTERS[name]
    found = all_of(conn, query)
    assert sorted(found) == sorted(row["tender"] for row in published if fits(row, under))
    newest = sorted(published, key=lambda row: row["tender"])
    newest.sort(key=lambda row: row["published_at"], reverse=True)
    assert found == [row["tender"] for row in newest if row["tender"] in found]


def test_every_facet_counts_what_its_value_would_give(stored: tuple[sa.Connection, list[Row], list[Row]]) -> None:
    conn, published, under = stored
    query = Query(categories=("works",), regions=("CN-35", "CN-44"), states=("open", "awarded", "failed"))
    counted = search.facets(conn, query, NOW)
    for state in STATES:
        narrowed = Query(categories=query.categories, regions=query.regions, states=(state,))
        assert counted.state[state] == search.search(conn, narrowed, NOW).total
    for category in CATEGORIES:
        narrowed = Query(categories=(category,), regions=query.regions, states=query.states)
        assert counted.category.get(category, 0) == search.search(conn, narrowed, NOW).total
    assert set(counted.region) <= set(REGIONS)
    assert (
        sum(counted.region.values()) == search.search(conn, Query(query.text, ("works",), (), query.states), NOW).total
    )
    assert {state for row in published for state in states(row, under)} == set(STATES)


def test_the_orders(stored: tuple[sa.Connection, list[Row], list[Row]]) -> None:
    conn, published, _ = stored
    by = {row["tender"]: row for row in published}
    amounts = [by[one]["estimate_fen"] for one in all_of(conn, Query(sort="amount_up"))]
    assert amounts == sorted(amounts)
    assert [by[one]["estimate_fen"] for one in all_of(conn, Query(sort="amount_down"))] == amounts[::-1]
    deadlines = [by[one]["deadline"] for one in all_of(conn, Query(sort="deadline"))]
    ahead = [one for one in deadlines if one > NOW]
    assert ahead
    assert deadlines == sorted(ahead) + sorted((one for one in deadlines if one <= NOW), reverse=True)


def test_the_figures_are_counted(stored: tuple[sa.Connection, list[Row], list[Row]]) -> None:
    conn, published, under = stored
    counted = search.figures(conn, NOW)
    assert counted.published == len(published)
    assert counted.open == sum("open" in states(row, under) for row in published)
    assert counted.bids == sum(max(one["bids"], 0) for one in under)
    assert counted.awarded == sum(one["state"] in {"awarded", "contracted"} for one in under)
    assert counted.failed == sum(one["state"] in {"failed", "retendered"} for one in under)


def test_one_tender_has_its_tenderees_name_and_a_draft_is_not_there(
    stored: tuple[sa.Connection, list[Row], list[Row]],
) -> None:
    conn, published, _ = stored
    found = search.one(conn, published[0]["tender"])
    assert found.party_name["zh"].endswith("局")
    drafts = {f"t{number:02d}" for number in range(60)} - {row["tender"] for row in published}
    for tender in (*drafts, "nobody"):
        with refused("tender.unknown"):
            search.one(conn, tender)
