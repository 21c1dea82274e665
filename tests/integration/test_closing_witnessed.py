"""When a minute was witnessed decides what counts: it is written down with the roll, and nothing later moves it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from evaluation.verify import Report, verify
from ledger import trust
from ledger.basics import clock
from ledger.log_client import LogClient
from ledger.witness.witness import Witness
from tests.support.town import GRACE, INTERVAL, LOT, START, Town, town
from web import export

DEADLINE = START + timedelta(minutes=10)
BIDS = (("ann", "800000"), ("bob", "900000"), ("cid", "1000000"))
FIRST, SECOND, THIRD = "witness-1.example", "witness-2.example", "witness-3.example"


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, sqlite_url, witnesses=3) as made:
        made.asleep = {THIRD}
        made.enrol()
        made.publish(DEADLINE)
        made.open_tickets()
        yield made


def kinds(place: Town) -> list[str]:
    return place.types(f"lot/{place.tender}/{LOT}")


def closed(place: Town) -> Any:
    return place.whole(f"lot/{place.tender}/{LOT}", "lot.closed")


def judged(place: Town) -> Report:
    return verify(export.bundle_of(place.services, place.tender), trust.parse(place.trust))


def test_a_late_witness_whose_clock_is_behind_moves_nothing(place: Town) -> None:
    for name, price in BIDS:
        place.bid(name, price)
    place.tick(3)
    start = clock.floor(place.clock.at, INTERVAL)
    place.clock.at = start + INTERVAL
    place.worker.step()
    place.witnesses[FIRST].step()
    # The second comes when the grace is over: by then the minute is too late. The third thinks that it is still time.
    late = place.clock.at = start + INTERVAL + GRACE + timedelta(seconds=10)
    place.witnesses[SECOND].step()
    behind = Witness(
        place.root / "behind",
        THIRD,
        place.witness_keys[THIRD],
        place.services.trust.policy.log,
        LogClient(f"{place.url}/log"),
        lambda: start + INTERVAL,
    )
    assert behind.step().done == "cosigned"
    place.until(DEADLINE)
    place.wait(INTERVAL)
    (row,) = closed(place)["minutes"]
    assert len(row["accepted"]) == len(BIDS)
    assert row["witnessed"]["at"] == clock.text(late)
    assert closed(place)["roll"]["submissions"] == []
    report = judged(place)
    assert report.failing == ()
    assert "roll.seen_late" in [remark.code for one in report.results for remark in one.remarks]


def test_a_lot_closes_when_its_last_minute_is_witnessed_and_not_before(place: Town) -> None:
    for name, price in BIDS:
        place.bid(name, price)
    place.until(DEADLINE - INTERVAL)
    place.bid("dan", "700000")
    place.asleep = set(place.witnesses)
    place.until(DEADLINE)
    place.wait(2 * GRACE)
    assert "lot.closed" not in kinds(place)
    place.asleep = {THIRD}
    place.wait(INTERVAL)
    rows = closed(place)["minutes"]
    assert [len(row["accepted"]) for row in rows] == [len(BIDS), 1]
    assert rows[1]["witnessed"]["at"] > clock.text(DEADLINE + GRACE)
    assert len(closed(place)["roll"]["submissions"]) == len(BIDS)
    place.wait(INTERVAL)
    report = judged(place)
    assert report.failing == ()
    assert "roll.seen_late" in [remark.code for one in report.results for remark in one.remarks]
    assert "lot.offers_opened" in kinds(place)
