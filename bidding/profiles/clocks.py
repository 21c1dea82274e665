"""A profile and a calendar together: when a period ends, and until when something may be done.

How days are counted: the day something happens is not counted (民法典 art. 201), a period ends at 24:00 Beijing time
of its last day, and where the profile says so a last day that nobody works moves to the next working day (art. 203).
A limit given here is the first instant too late: something is in time if `at < limit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bidding.profiles.calendar import BEIJING, DAY, Calendar, day_of, start_of
from bidding.profiles.profile import Period, Profile


@dataclass(frozen=True)
class Clocks:
    """The periods of a procedure on the days of a calendar."""

    profile: Profile
    calendar: Calendar

    def period(self, name: str) -> Period:
        """The period of this name; KeyError for one the profile has not."""
        return self.profile.periods[name]

    def has(self, name: str) -> bool:
        """Whether the profile knows a period of this name."""
        return name in self.profile.periods

    def article(self, name: str) -> str:
        """The article of a period."""
        return self.period(name).article

    def end(self, name: str, start: datetime) -> datetime:
        """The limit of a window or duty that runs from `start`: a standstill, a reply, a contract."""
        period = self.period(name)
        if period.unit == "second":
            return start + timedelta(seconds=period.amount)
        if period.unit == "working_day":
            last = self.calendar.add_working_days(day_of(start), period.amount)
        else:
            last = day_of(start) + period.amount * DAY
            if self.profile.rolls:
                last = self.calendar.next_working_day(last)
        return start_of(last + DAY)

    def earliest(self, name: str, start: datetime) -> datetime:
        """From when on a least period from `start` is kept: the start of its last day (a date may be its last day)."""
        period = self.period(name)
        if period.unit == "second":
            return start + timedelta(seconds=period.amount)
        if period.unit == "working_day":
            return start_of(self.calendar.add_working_days(day_of(start), period.amount))
        return start_of(day_of(start) + period.amount * DAY)

    def latest(self, name: str, end: datetime) -> datetime:
        """The limit of what must be done a least period before `end`: in time if `at < latest`."""
        period = self.period(name)
        if period.unit == "second":
            return end - timedelta(seconds=period.amount)
        if period.unit == "working_day":
            return start_of(self.calendar.subtract_working_days(day_of(end), period.amount) + DAY)
        return start_of(day_of(end) - period.amount * DAY + DAY)

    def objections_to_documents_until(self, published: datetime, deadline: datetime) -> datetime:
        """Until when the documents may be objected to, at the least (实施条例 art. 22, 政府采购法 art. 52)."""
        if self.has("document_objection_before_deadline"):
            return self.latest("document_objection_before_deadline", deadline)
        return min(deadline, self.end("document_objection_after_publication", published))

    def moved_deadline(self, now: datetime, deadline: datetime, interval: timedelta) -> datetime:
        """The deadline in force after an addendum at `now` that affects bids: this one, or the earliest lawful one.

        Moved by whole days it keeps its hour (and goes on to a working day where the profile rolls); it lies on the
        edge of a box interval.
        """
        least = self.earliest("addendum_before_deadline", now)
        if deadline >= least:
            return deadline
        if self.period("addendum_before_deadline").unit != "second":
            day = day_of(least)
            if self.profile.rolls:
                day = self.calendar.next_working_day(day)
            least = datetime.combine(day, deadline.astimezone(BEIJING).timetz()).astimezone(deadline.tzinfo)
        late = (least - datetime.fromtimestamp(0, deadline.tzinfo)) % interval
        return least + (interval - late if late else timedelta())

    def keeps(self, name: str, start: datetime, end: datetime) -> bool:
        """Whether the least period lies between `start` and `end` (whole days between the dates, or seconds)."""
        return end >= self.earliest(name, start)
