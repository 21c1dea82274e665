"""A platform's own bundles verify: at the end of a tender, and at every stage before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from evaluation.verify import Report, verify
from ledger import bundle as bundles
from ledger import trust
from ledger.store.tables import checkpoints
from tests.support.town import START, Town, town
from web import export

DEADLINE = START + timedelta(minutes=30)
QUIET = 5


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
    for _ in range(QUIET):
        place.wait(timedelta(minutes=1))
    assert failures(judged(place)) == []
    place.until(DEADLINE + timedelta(minutes=1))
    assert failures(judged(place)) == []
    place.wait(timedelta(minutes=1))
    place.wait(timedelta(minutes=1))
    report = judged(place)
    assert failures(report) == []
    assert report.status == 0
    waiting = {one.claim for one in report.results if one.verdict == "not_applicable"}
    assert waiting <= {"postponements.sound", "objections.lawful", "acts.lawful", "explanations.heard"}
    held = bundles.read(export.bundle_of(place.services, place.tender)).bundle
    assert held is not None
    with place.services.engine.connect() as conn:
        between = (checkpoints.c.size > held.edge.size, checkpoints.c.size <= held.size)
        made = conn.execute(sa.select(sa.func.count()).select_from(checkpoints).where(*between)).scalar_one()
    # A checkpoint a minute would be too many in a few weeks: those of quiet minutes are left out.
    assert made - len(held.notes) >= QUIET - 1
