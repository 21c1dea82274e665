"""Working days: a calendar of holidays, one entry a year, each with its source.

A document `{v: 1, id, years: [{year, provisional, source, off: [date…], work: [date…]}]}`: `off` are days on which
nobody works though some fall on Monday to Friday, `work` the Saturdays and Sundays worked in their stead (调休).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final, cast

from bidding import shape
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal

# Statutory days are days in Beijing: UTC+8 with no summer time since 1992, so no zone database is asked.
BEIJING: Final = timezone(timedelta(hours=8))
DAY: Final = timedelta(days=1)

_DATE: Final = shape.matching(r"\d{4}-\d\d-\d\d", "date")
_SHAPE: Final = shape.record(
    {
        "v": shape.integer(1, 1),
        "id": shape.identifier,
        "years": shape.array(
            shape.record(
                {
                    "year": shape.integer(2000, 2999),
                    "provisional": shape.boolean,
                    "source": shape.text(500),
                    "off": shape.array(_DATE, 0, 366),
                    "work": shape.array(_DATE, 0, 366),
                }
            ),
            1,
            20,
        ),
    }
)


def day_of(at: datetime) -> date:
    """The calendar day in Beijing that holds `at`."""
    return at.astimezone(BEIJING).date()


def start_of(day: date) -> datetime:
    """00:00 of a day in Beijing, in UTC: the end (24:00) of the day before."""
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)


@dataclass(frozen=True)
class Calendar:
    """Which days are worked. `provisional`: years whose official arrangement was not out yet."""

    id: str
    years: frozenset[int]
    provisional: frozenset[int]
    off: frozenset[date]
    work: frozenset[date]

    @classmethod
    def parse(cls, document: object) -> Calendar:
        """The calendar of a document. Raises `Refusal("shape.*")`, `Refusal("calendar.*")` for what is none."""
        _SHAPE(document, "calendar")
        got = cast(dict[str, Json], document)
        years: set[int] = set()
        provisional: set[int] = set()
        off: set[date] = set()
        work: set[date] = set()
        for item in cast(list[dict[str, Json]], got["years"]):
            year = cast(int, item["year"])
            if year in years:
                raise Refusal("calendar.year_twice", year=year)
            years.add(year)
            if item["provisional"]:
                provisional.add(year)
            off |= _dates(item["off"], year)
            work |= _dates(item["work"], year)
        for day in sorted(off & work):
            raise Refusal("calendar.off_and_work", day=day.isoformat())
        return cls(cast(str, got["id"]), frozenset(years), frozenset(provisional), frozenset(off), frozenset(work))

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday without the holidays, and the days worked in their stead.

        Raises `Refusal("calendar.year_missing")` for a year the calendar doesn't know: nobody guesses a deadline.
        """
        if day.year not in self.years:
            raise Refusal("calendar.year_missing", year=day.year)
        if day in self.off:
            return False
        return day.weekday() < 5 or day in self.work

    def next_working_day(self, day: date) -> date:
        """`day` itself if it is worked, else the first one after it that is."""
        while not self.is_working_day(day):
            day += DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """The `count`-th working day after `day` (which is not counted: 民法典 art. 201)."""
        for _ in range(count):
            day = self.next_working_day(day + DAY)
        return day

    def subtract_working_days(self, day: date, count: int) -> date:
        """The `count`-th working day before `day`."""
        for _ in range(count):
            day -= DAY
            while not self.is_working_day(day):
                day -= DAY
        return day


def _dates(value: Json, year: int) -> set[date]:
    found: set[date] = set()
    for text in cast(list[str], value):
        try:
            day = date.fromisoformat(text)
        except ValueError as exc:
            raise Refusal("calendar.bad_date", day=text) from exc
        if day.year != year:
            raise Refusal("calendar.wrong_year", day=text, year=year)
        found.add(day)
    return found
