"""The room's list: rows that are kept say at every moment what rows made anew would say, and cost nothing meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.basics import clock
from ledger.store.engine import database_now, reading
from tests.support.town import INTERVAL, START, Town, town
from web.bidder.listed import Listed, Shelf

DEADLINE = START + timedelta(hours=1)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, database_url) as made:
        made.enrol()
        yield made


def listed(place: Town, shelf: Shelf) -> list[Listed]:
    """The rows of a shelf now."""
    with reading(place.services.engine) as conn:
        return shelf.listed(conn, place.services, database_now(conn))


@contextmanager
def asked(place: Town) -> Iterator[list[str]]:
    """The statements that the office's engine runs meanwhile."""
    found: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        found.append(statement)

    sa.event.listen(place.services.engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(place.services.engine, "before_cursor_execute", note)


def test_kept_rows_say_what_new_ones_would(place: Town) -> None:
    shelf = Shelf()
    seen: set[tuple[str, bool]] = set()

    def same() -> None:
        rows = listed(place, shelf)
        assert rows == listed(place, Shelf())
        seen.update((one.state, one.open) for one in rows)

    same()
    place.publish(DEADLINE)
    same()
    for _ in range(8):
        place.tick()
        same()
    place.open_tickets()
    same()
    for name, price in (("ann", "800000"), ("bob", "900000"), ("cid", "1000000")):
        place.bid(name, price)
    # The minute of the bids is witnessed in time.
    place.wait(INTERVAL)
    same()
    # Time alone shuts a lot: nothing comes into the tree.
    place.clock.at = DEADLINE
    same()
    for _ in range(6):
        same()
        place.tick()
    for _ in range(3):
        place.wait(INTERVAL)
        same()
    assert {("tickets_open", True), ("closing", False), ("awarded", False)} <= seen


def test_an_addendum_gives_the_lot_another_mark_and_deadline(place: Town) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    shelf = Shelf()
    (before,) = listed(place, shelf)
    later = clock.text(DEADLINE + timedelta(hours=1))
    body = {
        "number": 1,
        "text": {"zh": "延期", "en": "Later"},
        "affects_bids": False,
        "deadline": later,
        "documents": [],
    }
    assert place.act("tenderee", "addendum.issued", f"tender/{place.tender}", body).status_code == 201
    place.settle()
    (after,) = listed(place, shelf)
    assert after.deadline == later
    assert after.mark != before.mark


def opened(place: Town, *hours: int) -> list[str]:
    """Tenders with these deadlines, in hours from the start; their ids."""
    found = []
    for one in hours:
        # Contributors do their rounds until a tender's tickets are open.
        place.tickets_open = False
        place.publish(START + timedelta(hours=one))
        place.open_tickets()
        found.append(place.tender)
    return found


def test_while_nothing_happens_to_a_tender_it_is_not_read_again(place: Town) -> None:
    opened(place, 1, 2)
    shelf = Shelf()
    with asked(place) as first:
        assert len(listed(place, shelf)) == 2
    with asked(place) as again:
        listed(place, shelf)
    # A minute of the box, somebody's registration: neither is about a tender.
    place.bidder("ann")
    place.wait(INTERVAL)
    with asked(place) as later:
        assert len(listed(place, shelf)) == 2
    assert len(again) < len(first) // 2
    assert len(later) <= len(again) + 1
    assert any("body" in one for one in first)
    assert not any("body" in one for one in [*again, *later]), "no event is read"


def test_the_next_deadline_comes_first_then_what_was_shut_last(place: Town) -> None:
    third, first, second = opened(place, 3, 1, 2)
    place.clock.at = START + timedelta(hours=2, minutes=30)
    place.settle()
    assert [one.tender for one in listed(place, Shelf())] == [third, second, first]
