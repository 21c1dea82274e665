"""Resuming a suspended tender, with the deadline in force from then on. Two keys, with a reason."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.keyed import tender_body
from bidding.acts.keys import Signed
from bidding.acts.publish import check_edge
from bidding.procedures import Procedure
from bidding.procedures.tender import check_later
from ledger.basics.clock import parse_time, text
from ledger.basics.errors import Refusal
from ledger.events import Draft


def decide(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`tender.resumed` with body `{reason, deadline}`.

    A deadline that passed meanwhile is set anew, so that nobody loses the time of the suspension; one that had
    passed before, with rolls in the log, stays. Raises `Refusal`: `resume.deadline`, `deadline.*`, and `keyed`'s.
    """
    body = tender_body(procedure, "tender.resumed", signed, now)
    deadline = parse_time(body["deadline"], "deadline")
    check_later(procedure.deadline, deadline)
    if any(lot.status != "open" for lot in procedure.all_lots()):
        if deadline != procedure.deadline:
            raise Refusal("deadline.after_roll", deadline=text(procedure.deadline))
    elif deadline <= now:
        raise Refusal("resume.deadline", now=text(now))
    check_edge(deadline, procedure.notice.interval)
    return {procedure.stream: [Draft("tender.resumed", signed.public())]}
