"""Claims about time by other people's clocks: a period runs from when its beginning could be seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from bidding.procedures import Procedure
from bidding.procedures.lot import LotState
from bidding.verify.evidence import Evidence
from ledger.basics import clock
from ledger.claims import Failure, Finding, NotApplicable, Remark, claim
from ledger.custodian.rulebook import Seen

# Sequencing and cosigning take a moment; what is seen later than this began when it was seen.
SLACK: Final = timedelta(minutes=2)
LONGEST_MINUTE: Final = 60_000
LONGEST_GRACE: Final = 120_000


@claim(
    "periods.witnessed",
    article="招标投标法第23条、第24条；实施条例第54条",
    zh="公告、澄清和中标候选人公示的期限，从见证人看到之时起算也足够长：倒填的日期不起作用",
    en="notice, addenda and standstill keep their periods counted from when witnesses saw them: a date set back buys "
    "nothing",
)
def periods(evidence: Evidence) -> Iterator[Finding]:
    """The periods again, from the witnesses' time where that is later than the event's own by more than `SLACK`."""
    clocks, deadline = evidence.clocks, evidence.notice.deadline
    began = _began(evidence, evidence.published)
    for name in ("documents_available", "bid_preparation"):
        if not clocks.keeps(name, began, deadline):
            yield _late(evidence.published, name, began, deadline)
    for one in evidence.own:
        if one.event.type == "addendum.issued":
            until, began = clock.parse_time(one.event.public["deadline"]), _began(evidence, one)
            if one.event.public["affects_bids"] and not clocks.keeps("addendum_before_deadline", began, until):
                yield _late(one, "addendum_before_deadline", began, until)
    for lot in evidence.lots:
        for one in evidence.of_lot(lot):
            if one.event.type == "lot.candidates_published":
                until, began = clock.parse_time(one.event.public["until"]), _began(evidence, one)
                if until < clocks.end("standstill", began):
                    yield _late(one, "standstill", began, until)


def _began(evidence: Evidence, one: Seen) -> datetime:
    seen = evidence.witnessed_at(one.index)
    return one.event.at if seen is None else max(one.event.at, seen - SLACK)


def _late(one: Seen, period: str, began: datetime, until: datetime) -> Failure:
    return Failure(
        "period.seen_late",
        {"type": one.event.type, "period": period, "seen": clock.text(began), "until": clock.text(until)},
    )


@claim(
    "box.settings",
    article="docs/formats/events.md",
    zh="投标箱的分钟不长于 60 秒，见证宽限不长于 120 秒；更短的分钟只用于演示平台",
    en="a box minute has 60 seconds and its grace 120 at most; shorter minutes are for demonstrations",
)
def settings(evidence: Evidence) -> Iterator[Finding]:
    """Of `log.opened`: nobody may give themselves an hour after the deadline."""
    interval, demonstration = evidence.opened_log.get("interval_ms"), evidence.opened_log.get("demonstration")
    if type(interval) is not int or not 0 < interval <= LONGEST_MINUTE or evidence.grace > LONGEST_GRACE:
        yield Failure("box.settings", {"grace_ms": evidence.grace})
    if interval != LONGEST_MINUTE and demonstration is not True:
        yield Failure("box.settings", {"grace_ms": evidence.grace})
    if demonstration is True:
        yield Remark("box.demonstration")


@claim(
    "account.when_due",
    article="docs/formats/events.md",
    zh="项目一旦告一段落，就有结案清单",
    en="a tender that has come to rest has its closing account",
)
def account_due(evidence: Evidence) -> Iterator[Finding]:
    """At rest by what is shown, and the log went on: then the account must be there."""
    states: dict[str, LotState] = {lot: evidence.lot_state(lot) for lot in evidence.lots}
    procedure = Procedure(evidence.state, states, evidence.clocks)
    if not procedure.at_rest():
        raise NotApplicable("account.not_at_rest", tender=evidence.tender)
    last = max(one.event.at for stream in (evidence.own, *map(evidence.of_lot, evidence.lots)) for one in stream)
    seen = evidence.heads[-1].witnessed_at if evidence.heads else None
    if not evidence.state.accounted and seen is not None and seen > last + SLACK:
        yield Failure("account.overdue", {"tender": evidence.tender, "since": clock.text(last)})
