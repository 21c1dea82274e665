"""Claims about the box: its minutes, what it accepted, and the roll that follows from nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from bidding import roll
from bidding.submission import Submission, Withdrawal, check_on_roll
from bidding.verify import replay
from bidding.verify.evidence import Evidence
from bidding.verify.published import BOX
from ledger.basics import clock
from ledger.basics.canonical import canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.claims import Failure, Finding, NotApplicable, Remark, claim
from ledger.events import split_unblinded

# Witnesses give whole seconds: what was cosigned within the second of the deadline reads as its beginning.
SECOND = timedelta(seconds=1)


@claim(
    "box.minutes",
    article="docs/formats/roll.md",
    zh="投标箱每分钟一个事件，从凭证开放到截止没有缺失的分钟，每个标段连续承诺",
    en="the box wrote one event a minute, none is missing between tickets and deadline, and no lot skips one",
)
def minutes(evidence: Evidence) -> Iterator[Finding]:
    """Starts follow each other by the interval; each is written after its end; commitments of a lot have no gap."""
    opened = evidence.first(evidence.own, "tickets.opened")
    interval, before = evidence.notice.interval, None
    for one, start in evidence.minutes:
        where: dict[str, str | int] = {"version": one.event.version, "minute": clock.text(start)}
        if one.event.type != "box.minute" or set(one.event.public) != {"minute"}:
            yield Failure("minute.malformed", where)
        if before is not None and start != before + interval:
            yield Failure("minute.gap", where)
        if one.event.at < start + interval:
            yield Failure("minute.early", where)
        before = start
    for lot in evidence.reached("lot.closed"):
        closed = evidence.in_lot(lot, "lot.closed")
        deadline = evidence.state.deadline_in_force()
        earlier = [(one, start) for one, start in evidence.minutes if one.index < closed.index]
        first, last = (earlier[0][1], earlier[-1][1]) if earlier else (deadline, opened.event.at)
        # An outage is no way around it: its minutes are written afterwards, empty, before the lot can close.
        if first > opened.event.at or last + interval < deadline:
            yield Failure("minute.missing", {"lot": lot, "minute": clock.text(last)})
        held = [evidence.sealed_name(lot) in one.event.sealed for one, _ in earlier]
        in_time = [start for _, start in earlier if start + interval <= deadline]
        told = [number for number, found in enumerate(held) if found]
        # The box begins when it has heard of the lot; from then on no minute up to the deadline is without its list.
        if told and not all(held[told[0] : max(told[-1] + 1, len(in_time))]):
            yield Failure("minute.uncommitted", {"lot": lot})
        if not told and any(start >= opened.event.at for start in in_time):
            yield Failure("minute.uncommitted", {"lot": lot})


@claim(
    "box.disclosed",
    article="docs/formats/roll.md",
    zh="截止后每一分钟的收标清单都已公开，并与开标名册所附清单一致",
    en="every minute's list is disclosed with the roll, and the roll gives the very same lists",
)
def disclosed(evidence: Evidence) -> Iterator[Finding]:
    """No commitment to a lot's list stays shut; the list of `lot.closed` has those that are not empty."""
    shown = evidence.disclosed(BOX)
    for lot in evidence.reached("lot.closed"):
        name = evidence.sealed_name(lot)
        for one, start in evidence.minutes:
            if name in one.event.sealed and (one.event.version, name) not in shown:
                yield Failure("minute.undisclosed", {"lot": lot, "minute": clock.text(start)})
        rows = [roll.minute_row(row) for row in evidence.lists(lot) if row.accepted or row.withdrawn]
        said = evidence.whole(lot, "lot.closed")["minutes"]
        if [{name: row[name] for name in row if name != "witnessed"} for row in said] != rows:
            yield Failure("minute.other_lists", {"lot": lot})


@claim(
    "box.witnessed",
    article="docs/formats/roll.md",
    zh="凡有来件的分钟，截标事件都写明最先含有它的检查点和见证人看到的时间；该检查点就在证据包里，时间相符",
    en="for each minute in which anything came the closing names the checkpoint that first held it and when witnesses "
    "saw it; that very checkpoint is in the bundle and gives that time",
)
def witnessed(evidence: Evidence) -> Iterator[Finding]:
    """No checkpoint left out, none in its place, no cosignature added: none of them moves what counted."""
    for lot in evidence.reached("lot.closed"):
        closed = evidence.in_lot(lot, "lot.closed")
        for version, cited in sorted(evidence.cited(lot).items()):
            one, head = evidence.event(BOX, version), evidence.head_at(cited.size)
            where: dict[str, str | int] = {"lot": lot, "version": version, "size": cited.size}
            first = evidence.head_over(one.index) if one is not None else None
            if head is None:
                yield Failure("minute.checkpoint_missing", where)
            elif first != head or cited.size > closed.index:
                yield Failure("minute.other_checkpoint", {**where, "found": first.size if first else -1})
            elif head.witnessed_at != cited.at:
                found = clock.text(head.witnessed_at) if head.witnessed_at else ""
                yield Failure("minute.other_time", {**where, "at": clock.text(cited.at), "found": found})


@claim(
    "submissions.valid",
    article="docs/formats/submission.md",
    zh="清单中的每份投标都在证据包里，由其投标密钥签名，凭证有效，封给公告的密钥组；撤回亦由其密钥签名",
    en="every listed bid is there, signed by its bid key, with a valid ticket, sealed to the notice's key sets; so are "
    "withdrawals",
)
def submissions(evidence: Evidence) -> Iterator[Finding]:
    """What the box should never have accepted, it did not."""
    for lot in evidence.reached("lot.closed"):
        row = evidence.notice.lot(lot)
        # Those on the roll were looked at already, in the same way.
        sound = {one.sha256 for one in evidence.on_roll(lot).checked()}
        for minute in evidence.lists(lot):
            for sha256 in (*(one for one in minute.accepted if one not in sound), *minute.withdrawn):
                try:
                    if sha256 in minute.accepted:
                        check_on_roll(evidence.submission(sha256), row.parts, row.spki, evidence.tender, lot)
                    else:
                        _withdrawal(evidence.withdrawal(sha256), evidence.tender, lot)
                except Refusal as why:
                    yield Failure("submission.refused", {"lot": lot, "sha256": sha256, "why": why.code})


def _withdrawal(made: Withdrawal, tender: str, lot: str) -> None:
    if (made.tender, made.lot) != (tender, lot):
        raise Refusal("submission.lot_unknown", tender=made.tender, lot=made.lot)


@claim(
    "submissions.current",
    article="docs/formats/submission.md",
    zh="每份投标依据当时有效的招标文件，同一投标密钥的序号严格递增",
    en="every bid names the terms in force when it was accepted, and a bid key's numbers rise strictly",
)
def current(evidence: Evidence) -> Iterator[Finding]:
    """Terms known in the tree before the minute's event and not replaced long before it; `seq` rises."""
    for lot in evidence.reached("lot.closed"):
        last: dict[str, int] = {}
        for minute in evidence.lists(lot):
            messages: list[Submission | Withdrawal] = [evidence.submission(sha256) for sha256 in minute.accepted]
            messages += [evidence.withdrawal(sha256) for sha256 in minute.withdrawn]
            for made in sorted(messages, key=lambda one: (one.bid_key, one.seq)):
                if made.seq <= last.get(made.bid_key, 0):
                    yield Failure("submission.seq", {"lot": lot, "sha256": made.sha256, "seq": made.seq})
                last[made.bid_key] = made.seq
                if isinstance(made, Submission) and not _terms(evidence, made.terms, minute.version, minute.start):
                    yield Failure("submission.terms", {"lot": lot, "sha256": made.sha256})


def _terms(evidence: Evidence, terms: str, version: int, start: datetime) -> bool:
    """Whether these terms were in force: in the tree before the minute's event, and not replaced before the minute.

    The box learns of an addendum when it stands in the tree: it may take the old terms for as long as that takes.
    """
    event = evidence.event(BOX, version)
    slack = timedelta(milliseconds=evidence.grace)
    for number, (one, made) in enumerate(evidence.terms):
        if made == terms and event is not None and one.index < event.index:
            after = evidence.terms[number + 1][0].event.at if number + 1 < len(evidence.terms) else None
            return after is None or start <= after + slack
    return False


@claim(
    "roll.first",
    article="docs/formats/sealing.md §5",
    zh="开标名册是该标段在树中的第一个名册，且紧靠在截标事件之前",
    en="the roll is the first of its lot in the tree, and stands directly before the event that closed the lot",
)
def first_roll(evidence: Evidence) -> Iterator[Finding]:
    """Every raw entry since the notice is read, so a second roll cannot be hidden."""
    found: dict[bytes, list[tuple[int, bytes]]] = {}
    for index, entry in enumerate(evidence.bundle.entries, evidence.bundle.edge.size):
        split = split_unblinded(roll.LABEL, entry)
        if split is not None:
            found.setdefault(split[0], []).append((index, split[1]))
    if evidence.bundle.edge.size > evidence.own[0].index:
        yield Failure("roll.unread", {"index": evidence.bundle.edge.size})
    for lot in evidence.lots:
        rolls = found.get(H(canonical(roll.roll_subject(evidence.tender, lot))), [])
        if not evidence.has(lot, "lot.closed"):
            if rolls:
                yield Failure("roll.without_event", {"lot": lot, "index": rolls[0][0]})
            continue
        closed = evidence.in_lot(lot, "lot.closed")
        wanted = H(canonical(closed.event.public["roll"]))
        if not rolls or rolls[0] != (closed.index - 1, wanted):
            yield Failure("roll.not_first", {"lot": lot, "index": rolls[0][0] if rolls else -1})
        if len(rolls) > 1:
            yield Failure("roll.second", {"lot": lot, "index": rolls[1][0]})
        if evidence.has(lot, "lot.announced"):
            issued = [(one.salt, one.leaf) for one in evidence.of_issuance(lot) if one.index < closed.index]
            at = closed.index - 2 - evidence.bundle.edge.size
            stated = evidence.bundle.entries[at] if at >= 0 else b""
            if stated != roll.issued_entry(evidence.tender, lot, issued):
                yield Failure("roll.issuance_kept_back", {"lot": lot, "found": len(issued)})


@claim(
    "roll.counted",
    article="招标投标法第28条、第29条；docs/formats/roll.md",
    zh="开标名册正好由公开的每分钟清单得出：按时、最高序号、未撤回",
    en="the roll is exactly what the minutes' lists give: in time, the highest number, not withdrawn",
)
def counted(evidence: Evidence) -> Iterator[Finding]:
    """`bidding.roll.count` again, by the times that `lot.closed` cites; what came in time and was seen late is told."""
    deadline = evidence.state.deadline_in_force()
    for lot in evidence.reached("lot.closed"):
        lists = evidence.lists(lot)
        made = roll.count(
            evidence.tender,
            lot,
            lists,
            {sha256: evidence.submission(sha256) for row in lists for sha256 in row.accepted},
            {sha256: evidence.withdrawal(sha256) for row in lists for sha256 in row.withdrawn},
            deadline=deadline,
            interval=evidence.notice.interval,
            grace=timedelta(milliseconds=evidence.grace),
        )
        if made != evidence.in_lot(lot, "lot.closed").event.public.get("roll"):
            yield Failure("roll.other", {"lot": lot, "wanted": len(roll.listed(made))})
        before = [row for row in lists if row.start + evidence.notice.interval <= deadline]
        late = sum(len(row.accepted) + len(row.withdrawn) for row in before if not _in_time(evidence, row))
        if late:
            # The log says when they were witnessed. That it was earlier only their senders can show, who hold proofs.
            yield Remark("roll.seen_late", {"lot": lot, "messages": late})


def _in_time(evidence: Evidence, row: roll.Minute) -> bool:
    grace = timedelta(milliseconds=evidence.grace)
    return roll.in_time(row, evidence.state.deadline_in_force(), evidence.notice.interval, grace)


@claim(
    "roll.after_deadline",
    article="招标投标法第34条；docs/formats/sealing.md §5",
    zh="截标在截止时间之后，见证人看到名册的时间也不早于截止时间，之后截止时间不再变动",
    en="the lot closed after the deadline, no witness saw the roll before it, and the deadline did not move afterwards",
)
def after_deadline(evidence: Evidence) -> Iterator[Finding]:
    """The event's time, the witnesses' times, the place in the tree behind every minute that counts."""
    deadline = evidence.state.deadline_in_force()
    for lot in evidence.reached("lot.closed"):
        closed = evidence.in_lot(lot, "lot.closed")
        where: dict[str, str | int] = {"lot": lot, "deadline": clock.text(deadline)}
        seen = evidence.witnessed_at(closed.index)
        if closed.event.at < deadline or (seen is not None and seen + SECOND <= deadline):
            yield Failure("roll.early", where)
        grace = timedelta(milliseconds=evidence.grace)
        for one, start in evidence.minutes:
            counts = evidence.sealed_name(lot) in one.event.sealed or closed.event.at <= deadline + grace
            if one.index > closed.index and start + evidence.notice.interval <= deadline and counts:
                yield Failure("roll.before_minute", {**where, "minute": clock.text(start)})
        for later in evidence.own:
            moved = cast(dict[str, Any], later.event.public).get("deadline")
            if later.index > closed.index and moved is not None and moved != clock.text(deadline):
                yield Failure("roll.deadline_moved", where)


@claim(
    "lots.closed_lawfully",
    article="招标投标法第28条；实施条例第44条",
    zh="截标、到场声明及因投标不足三家的流标均按规则作出",
    en="closing, presence and failure for want of bids were decided by the rules",
)
def closed_lawfully(evidence: Evidence) -> Iterator[Finding]:
    """Decided anew on the states before them; a lot that failed has the reason that made it fail."""
    types = (
        "contribution.recorded",
        "tickets.opened",
        "lot.closed",
        "lot.present",
        "lot.blocked",
        "lot.failed",
        "tender.accounted",
    )
    if not replay.any_of(evidence, *types):
        raise NotApplicable("event.not_yet", type="lot.closed")
    yield from replay.unlawful(evidence, *types)
