"""Profiles, calendars and how days are counted (domain: clocks and periods)."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

import pytest

from bidding.profiles import Clocks, Profile, packaged_calendar, packaged_profiles
from bidding.profiles.packaged import calendar_document, profile_document
from bidding.profiles.profile import OBJECTION_PERIODS, PERIODS
from ledger.basics.canonical import canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from tests.support.tender_notice import beijing, calendar

MINUTE = timedelta(minutes=1)


def clocks(profile: str = "works-2019") -> Clocks:
    return Clocks(Profile.parse(profile_document(profile)), packaged_calendar())


def test_the_packaged_profiles_are_the_three_and_named_by_their_hash() -> None:
    found = packaged_profiles()
    assert {item.id for item in found.values()} == {
        "works-2019",
        "government-goods",
        "demonstration",
        "demonstration-paced",
    }
    for sha256, item in found.items():
        assert sha256 == H(canonical(profile_document(item.id, item.version))).hex()


@pytest.mark.parametrize("name", ["works-2019", "government-goods", "demonstration", "demonstration-paced"])
def test_every_period_of_every_profile_has_its_article(name: str) -> None:
    profile = Profile.parse(profile_document(name))
    assert set(PERIODS) <= profile.periods.keys()
    assert all(period.article.strip() for period in profile.periods.values())
    assert all(rule.article.strip() for rule in profile.exclusions)


def test_only_the_demonstration_has_periods_of_seconds() -> None:
    document: Any = profile_document("works-2019")
    document["periods"]["standstill"]["unit"] = "second"
    with pytest.raises(Refusal) as refused:
        Profile.parse(document)
    assert refused.value.code == "profile.seconds"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda doc: doc["periods"].pop("standstill"), "shape.missing"),
        (lambda doc: doc.update(floor=1), "shape.unknown"),
        (lambda doc: doc["periods"]["contract"].update(amount=-1), "shape.value"),
        (lambda doc: doc["periods"]["contract"].update(amount=True), "shape.type"),
        (lambda doc: doc["periods"]["contract"].update(article=""), "shape.length"),
        (lambda doc: doc["min_bids"].update(value=2), "shape.value"),
        (lambda doc: doc["exclusions"].append(doc["exclusions"][0]), "shape.length"),
        (lambda doc: doc["exclusions"].__setitem__(1, doc["exclusions"][0]), "profile.exclusion_twice"),
        (lambda doc: doc["periods"].pop(OBJECTION_PERIODS[0]), "profile.objection_period"),
        (lambda doc: doc["no_touch"]["local_rule"].update(name="某市规定"), "profile.local_rule"),
    ],
)
def test_a_profile_that_says_less_or_more_is_refused(change: Any, code: str) -> None:
    document = copy.deepcopy(profile_document("works-2019"))
    change(document)
    with pytest.raises(Refusal) as refused:
        Profile.parse(document)
    assert refused.value.code == code


def test_no_profile_of_an_unknown_name_or_version() -> None:
    for name, version in (("nowhere", None), ("works-2019", 99)):
        with pytest.raises(Refusal) as refused:
            profile_document(name, version)
        assert refused.value.code == "profile.unknown"


@pytest.mark.parametrize(
    ("category", "limit"), [("works", 400_000_000), ("goods", 200_000_000), ("services", 100_000_000)]
)
def test_machine_awards_stop_at_the_mandatory_threshold(category: str, limit: int) -> None:
    """16号令 art. 5: works 4 million, goods 2 million, services 1 million yuan; from there on a panel."""
    rule = Profile.parse(profile_document("works-2019")).no_touch
    assert rule.may_award(category, limit - 1, "rizhao")
    assert not rule.may_award(category, limit, "rizhao")


def test_government_procurement_always_has_its_panel() -> None:
    assert not Profile.parse(profile_document("government-goods")).no_touch.may_award("goods", 1, "rizhao")


def test_a_named_local_rule_lets_the_machine_award_where_it_is_in_force() -> None:
    document: Any = copy.deepcopy(profile_document("works-2019"))
    document["no_touch"]["local_rule"] = {"name": "某市无感评标试点办法", "article": "第7条", "regions": ["rizhao"]}
    made = Profile.parse(document).no_touch
    assert made.may_award("works", 10**12, "rizhao")
    assert not made.may_award("works", 10**12, "jinan")


# --- working days ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-01-01", False),  # 元旦
        ("2026-01-04", True),  # a Sunday worked instead
        ("2026-02-14", True),
        ("2026-02-23", False),  # the last day of 春节
        ("2026-02-24", True),
        ("2026-10-07", False),
        ("2026-10-10", True),
        ("2026-10-11", False),
        ("2026-12-05", False),  # an ordinary Saturday
        ("2026-12-07", True),
        ("2027-02-08", False),
        ("2027-02-11", True),
    ],
)
def test_working_days_follow_the_state_councils_notice(day: str, *, worked: bool) -> None:
    assert packaged_calendar().is_working_day(date.fromisoformat(day)) is worked


def test_the_year_without_an_official_notice_is_marked() -> None:
    assert packaged_calendar().provisional == frozenset({2027})


def test_the_year_2026_has_the_working_days_the_notice_leaves() -> None:
    days = [date(2026, 1, 1) + timedelta(days=i) for i in range(365)]
    made = packaged_calendar()
    assert sum(made.is_working_day(day) for day in days) == 248


def test_nobody_guesses_a_year_that_is_not_in_the_file() -> None:
    with pytest.raises(Refusal) as refused:
        packaged_calendar().is_working_day(date(2031, 1, 1))
    assert (refused.value.code, refused.value.params) == ("calendar.year_missing", {"year": 2031})


@pytest.mark.parametrize(
    ("years", "code"),
    [
        ([{"year": 2026, "off": ["2026-02-30"], "work": []}], "calendar.bad_date"),
        ([{"year": 2026, "off": ["2025-02-03"], "work": []}], "calendar.wrong_year"),
        ([{"year": 2026, "off": ["2026-02-03"], "work": ["2026-02-03"]}], "calendar.off_and_work"),
        ([{"year": 2026, "off": [], "work": []}, {"year": 2026, "off": [], "work": []}], "calendar.year_twice"),
        ([{"year": 2026, "off": ["3 Feb"], "work": []}], "shape.value"),
    ],
)
def test_a_calendar_with_an_impossible_day_is_refused(years: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        calendar({"provisional": False, "source": "test", **year} for year in years)
    assert refused.value.code == code


def test_working_days_are_counted_from_the_day_after() -> None:
    made = packaged_calendar()
    friday = date(2026, 12, 4)
    assert made.add_working_days(friday, 1) == date(2026, 12, 7)
    assert made.add_working_days(friday, 5) == date(2026, 12, 11)
    assert made.subtract_working_days(date(2026, 12, 7), 1) == friday
    assert made.add_working_days(date(2026, 9, 30), 1) == date(2026, 10, 8)


# --- periods --------------------------------------------------------------------------------------------------------


def test_twenty_days_are_twenty_dates_later_in_beijing_whatever_the_hour() -> None:
    """招标投标法 art. 24: at least twenty days; the first day is not counted (民法典 art. 201)."""
    start = beijing("2026-12-01 23:30")  # 15:30 UTC: still 1 December in Beijing
    assert clocks().keeps("bid_preparation", start, beijing("2026-12-21 00:00"))
    assert not clocks().keeps("bid_preparation", start, beijing("2026-12-20 23:59"))


def test_the_day_is_beijings_not_utcs() -> None:
    start = beijing("2026-12-02 00:30")  # 1 December, 16:30 UTC
    assert not clocks().keeps("bid_preparation", start, beijing("2026-12-21 12:00"))


def test_a_window_ends_at_midnight_of_its_last_day() -> None:
    """实施条例 art. 54: three days."""
    assert clocks().end("standstill", beijing("2026-12-01 10:00")) == beijing("2026-12-05 00:00")


def test_a_window_whose_last_day_nobody_works_runs_to_the_next_working_day() -> None:
    """民法典 art. 203."""
    wednesday = beijing("2026-12-02 10:00")
    assert clocks().end("standstill", wednesday) == beijing("2026-12-08 00:00")  # Saturday → Monday
    before_national_day = beijing("2026-09-30 10:00")
    assert clocks().end("standstill", before_national_day) == beijing("2026-10-09 00:00")


def test_seven_working_days_of_a_query() -> None:
    """政府采购法 art. 52."""
    assert clocks("government-goods").end("standstill", beijing("2026-12-01 10:00")) == beijing("2026-12-11 00:00")


def test_ten_days_before_the_deadline() -> None:
    """实施条例 art. 22: objections to the documents up to ten days before."""
    limit = clocks().objections_to_documents_until(beijing("2026-12-01 09:00"), beijing("2026-12-24 09:00"))
    assert limit == beijing("2026-12-15 00:00")


def test_queries_about_documents_count_from_the_notice_in_government_procurement() -> None:
    made = clocks("government-goods")
    limit = made.objections_to_documents_until(beijing("2026-12-01 09:00"), beijing("2026-12-24 09:00"))
    assert limit == beijing("2026-12-11 00:00")


def test_an_addendum_fifteen_days_before_leaves_the_deadline_alone() -> None:
    """招标投标法 art. 23."""
    deadline = beijing("2026-12-24 09:00")
    assert clocks().moved_deadline(beijing("2026-12-09 23:59"), deadline, MINUTE) == deadline


def test_a_later_addendum_moves_the_deadline_to_the_same_hour_of_a_working_day() -> None:
    deadline = beijing("2026-12-24 09:00")
    assert clocks().moved_deadline(beijing("2026-12-10 00:00"), deadline, MINUTE) == beijing("2026-12-25 09:00")
    # fifteen days after 18 December is Saturday 2 January 2027
    assert clocks().moved_deadline(beijing("2026-12-18 12:00"), deadline, MINUTE) == beijing("2027-01-04 09:00")


def test_a_demonstration_counts_seconds_and_ends_on_the_edge_of_a_box_minute() -> None:
    made, start = clocks("demonstration"), beijing("2026-12-01 10:00")
    interval = timedelta(milliseconds=1500)
    moved = made.moved_deadline(start, start + timedelta(seconds=1), interval)
    assert start + timedelta(seconds=2) <= moved < start + timedelta(seconds=2) + interval
    assert moved.timestamp() * 1000 % 1500 == 0


def test_a_demonstration_asks_no_calendar() -> None:
    made = clocks("demonstration")
    empty = calendar([{"year": 2026, "provisional": False, "source": "test", "off": [], "work": []}])
    later = beijing("2040-12-01 10:00")
    assert Clocks(made.profile, empty).end("standstill", later) == later + timedelta(seconds=2)


def test_the_calendar_document_names_a_source_for_every_year() -> None:
    years: Any = calendar_document()["years"]
    assert [year["year"] for year in years] == [2026, 2027]
    assert all(year["source"] for year in years)
