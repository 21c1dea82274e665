"""A platform's own bundles verify: at the end of a tender, and at every stage before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from evaluation.verify import Report, verify
from ledger import trust
from tests.support.town import START, Town, town
from web import export

DEADLINE = START + timedelta(minutes=30)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, database_url) as made:
        made.enrol()
        yield made


def judged(place: Town) -> Report:
    """The bundle as the office serves it, judged by the town's trust file."""
    answer = place.ask("GET", f"/api/tenders/{place.tender}/bundle.zip")
    assert answer.status_code == 200
    assert answer.data == export.bundle_of(place.services, place.tender)
    return verify(answer.data, trust.parse(place.trust))


def failures(report: Report) -> list[str]:
    return [f"{one.claim}: {failure.code} {dict(failure.params)}" for one in report.results for failure in one.failures]


def test_the_bundle_of_a_platform_verifies_at_every_stage(place: Town) -> None:
    place.publish(DEADLINE)
    place.tick()
    assert failures(judged(place)) == []
    place.open_tickets()
    for name, price in (("ann", "800000"), ("bob", "900000"), ("cid", "1000000")):
        place.bid(name, price)
    place.tick()
    assert failures(judged(place)) == []
    place.until(DEADLINE + timedelta(minutes=1))
    assert failures(judged(place)) == []
    place.wait(timedelta(minutes=1))
    place.wait(timedelta(minutes=1))
    report = judged(place)
    assert failures(report) == []
    assert report.status == 0
    waiting = {one.claim for one in report.results if one.verdict == "not_applicable"}
    assert waiting <= {"postponements.sound", "objections.lawful", "acts.lawful"}
