"""A deadline that moves: every custodian is asked, the away again and again, and anybody sees who has confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from evaluation.verify import Report, verify
from ledger import trust
from ledger.basics import clock
from tests.support.town import INTERVAL, LOT, START, Town, town
from web import export

DEADLINE = START + timedelta(minutes=10)
LATER = DEADLINE + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
AWAY = {"custodian-3", "custodian-4", "custodian-5"}


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, sqlite_url, n=5, t=3) as made:
        made.enrol()
        made.publish(DEADLINE)
        made.open_tickets()
        for name, price in (("ann", "800000"), ("bob", "900000"), ("cid", "1000000")):
            made.bid(name, price)
        made.tick(3)
        yield made


def move(place: Town, number: int = 1, to: str = clock.text(LATER)) -> None:
    addendum = {
        "number": number,
        "text": {"zh": "澄清", "en": "A clarification"},
        "affects_bids": False,
        "deadline": to,
        "documents": [],
    }
    done = place.act("tenderee", "addendum.issued", f"tender/{place.tender}", addendum)
    assert done.status_code == 201, done.text
    place.settle()


def shown(place: Town) -> dict[str, Any]:
    (row,) = place.get(f"/api/tenders/{place.tender}")["postponed"]
    assert row["lot"] == LOT
    return dict(row)


def page(place: Town, lang: str) -> str:
    return place.ask("GET", f"/tenders/{place.tender}?lang={lang}").text


def recorded(place: Town) -> int:
    return place.types(f"tender/{place.tender}").count("postponement.recorded")


def judged(place: Town) -> Report:
    return verify(export.bundle_of(place.services, place.tender), trust.parse(place.trust))


def told(place: Town) -> list[dict[str, Any]]:
    report = judged(place)
    assert report.failing == ()
    found = [remark for one in report.results for remark in one.remarks if remark.code == "postponement.waiting"]
    return [dict(one.params) for one in found]


def test_who_was_away_is_asked_until_the_old_time_and_everybody_sees_who_confirmed(place: Town) -> None:
    assert place.get(f"/api/tenders/{place.tender}")["postponed"] == []
    assert "The opening is postponed" not in page(place, "en")
    place.asleep = set(AWAY)
    move(place)
    before = {
        "lot": LOT,
        "not_before": clock.text(LATER),
        "before": clock.text(DEADLINE),
        "until": clock.text(DEADLINE),
    }
    two = {"confirmed": ["custodian-1", "custodian-2"], "waiting": sorted(AWAY), "needed": 3, "enough": False}
    assert shown(place) == {**before, **two}
    assert "2 of 5 custodians have confirmed that they do not open before 2026-12-01 09:20:00" in page(place, "en")
    assert "are still enough to open from 2026-12-01 09:10:00 on" in page(place, "en")
    assert "5 家托管机构中有 2 家确认在 2026-12-01 09:20:00 之前不开启" in page(place, "zh")
    assert told(place) == [{"lot": LOT, "have": 2, "of": 5, "needed": 3, "not_before": clock.text(LATER)}]
    # Back one after another: each answer is recorded, the fourth as well, though three are enough.
    place.wait(2 * MINUTE)
    for number, name in enumerate(("custodian-3", "custodian-4"), 3):
        place.asleep.discard(name)
        place.wait(MINUTE)
        assert recorded(place) == number
    found = shown(place)
    assert (found["confirmed"], found["waiting"], found["enough"]) == (
        ["custodian-1", "custodian-2", "custodian-3", "custodian-4"],
        ["custodian-5"],
        True,
    )
    assert "4 of 5 custodians" in page(place, "en")
    assert "From 3 on, those who have not are too few to open earlier." in page(place, "en")
    assert "尚未确认：custodian-5" in page(place, "zh")
    # The fifth comes when the old time has passed: nobody asks it any more, and it keeps to what the log says.
    place.until(DEADLINE + MINUTE)
    place.asleep = set()
    place.settle()
    assert not any("postpone" in line and "custodian-5" in line for line in place.said[-20:])
    assert recorded(place) == 4
    assert "lot.closed" not in place.types(f"lot/{place.tender}/{LOT}")
    place.until(LATER)
    place.wait(INTERVAL)
    kinds = place.types(f"lot/{place.tender}/{LOT}")
    assert kinds.count("release.recorded") >= 9
    assert "lot.offers_opened" in kinds
    assert "The opening is postponed" not in page(place, "en")
    assert [one["have"] for one in told(place)] == [4]


def test_all_have_confirmed_and_nothing_is_left_to_tell(place: Town) -> None:
    move(place)
    assert recorded(place) == 5
    assert shown(place)["waiting"] == []
    assert "5 of 5 custodians" in page(place, "en")
    assert "Not yet confirmed" not in page(place, "en")
    assert told(place) == []


def test_a_second_move_asks_everybody_again_until_the_first_new_time(place: Town) -> None:
    place.asleep = {"custodian-5"}
    move(place)
    place.asleep = {"custodian-4", "custodian-5"}
    again = clock.text(LATER + timedelta(minutes=10))
    move(place, 2, again)
    found = shown(place)
    assert (found["not_before"], found["before"], found["until"]) == (again, clock.text(LATER), clock.text(LATER))
    assert found["waiting"] == ["custodian-4", "custodian-5"]
    # Between the old time and the first new one they can still confirm: the first postponement is in force.
    place.until(DEADLINE + MINUTE)
    place.asleep = set()
    place.settle()
    assert shown(place)["confirmed"] == [f"custodian-{number}" for number in range(1, 6)]
    assert told(place) == []
