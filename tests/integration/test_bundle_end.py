"""The bundle of a finished tender ends where the tender does, and has the same bytes whenever it is made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from evaluation.verify import verify
from ledger import bundle as bundles
from ledger import trust
from ledger.basics.hashing import H
from ledger.bundle import Bundle
from ledger.store import tables as ledger
from tests.support.town import LOT, START, Town, town
from web import export

DEADLINE = START + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
SLOW = "witness-3.example"


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, database_url, witnesses=3) as made:
        made.asleep = {SLOW}
        made.enrol()
        yield made


def made(place: Town, tender: str) -> bytes:
    """The bundle, which verifies, made by a process that has made none before."""
    # What a process remembers must not be what keeps the bytes alike.
    export._ASKED.clear()
    data = export.bundle_of(place.services, tender)
    report = verify(data, trust.parse(place.trust))
    assert [one for result in report.results for one in result.failures] == []
    return data


def held(data: bytes) -> Bundle:
    found = bundles.read(data).bundle
    assert found is not None
    return found


def last(place: Town, tender: str) -> str:
    return place.types(f"tender/{tender}")[-1]


def contract(place: Town, tender: str) -> None:
    """The one event that comes to a lot after its award."""
    (award,) = [one for one in place.events(f"lot/{tender}/{LOT}") if one["type"] == "lot.awarded"]
    body = {"bid_key": award["public"]["bid_key"], "contract": H(b"contract").hex()}
    signed = place.act("tenderee", "lot.contracted", f"lot/{tender}/{LOT}", body)
    assert signed.status_code == 201, signed.text


def played(place: Town) -> str:
    """A tender from its notice to its award and its account."""
    place.publish(DEADLINE)
    place.open_tickets()
    for name, price in (("ann", "800000"), ("bob", "900000"), ("cid", "1000000")):
        place.bid(name, price)
    place.until(DEADLINE)
    for _ in range(4):
        place.wait(MINUTE)
        if last(place, place.tender) == "tender.accounted":
            return place.tender
    raise AssertionError(f"no account: {place.said[-8:]}")


def test_what_comes_later_is_in_no_finished_bundle(place: Town) -> None:
    first = played(place)
    data = made(place, first)
    before = held(data)
    own = bundles.decode(before.streams[f"tender/{first}"][-1])
    assert own.type == "tender.accounted"
    # Minutes, a registration, a tender of others, and the witness that was slow: all of it later.
    place.witnesses[SLOW].step()
    for _ in range(3):
        place.wait(MINUTE)
    place.bidder("dan")
    place.tickets_open = False
    place.publish(place.clock.at + timedelta(minutes=10))
    place.wait(MINUTE)
    with place.services.engine.connect() as conn:
        late = list(conn.execute(sa.select(ledger.cosignatures.c.size).where(ledger.cosignatures.c.late)).scalars())
        most = conn.execute(sa.select(sa.func.max(ledger.checkpoints.c.size))).scalar_one()
    assert before.size in late
    assert most > before.size + 10
    assert H(made(place, first)) == H(data)
    # A later event of the tender moves the end: to the newest checkpoint, and behind the next account for good.
    contract(place, first)
    place.settle()
    assert last(place, first) == "tender.accounted"
    after = made(place, first)
    assert bundles.decode(held(after).streams[f"lot/{first}/{LOT}"][-1]).type == "lot.contracted"
    assert held(after).size > before.size
    place.wait(MINUTE)
    place.wait(MINUTE)
    assert H(made(place, first)) == H(after)


def test_the_bundle_of_a_tender_that_runs_grows(place: Town) -> None:
    place.publish(DEADLINE)
    place.tick(2)
    before = held(made(place, place.tender)).size
    place.wait(MINUTE)
    assert held(made(place, place.tender)).size > before


def test_a_contract_without_its_account_opens_the_end(place: Town) -> None:
    """Between a later event and the account of it the tender is not finished."""
    first = played(place)
    finished = held(made(place, first))
    contract(place, first)
    # Not in the tree yet: the tree that is witnessed still shows a finished tender.
    assert held(made(place, first)) == finished
    # As the beat does while a sweep takes long.
    place.worker._sequence()
    for name in set(place.witnesses) - place.asleep:
        place.witnesses[name].step()
    open_end = held(made(place, first))
    assert bundles.decode(open_end.streams[f"lot/{first}/{LOT}"][-1]).type == "lot.contracted"
    assert open_end.size > finished.size
    assert last(place, first) == "tender.accounted"
