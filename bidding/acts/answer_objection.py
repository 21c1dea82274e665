"""Answering an objection: till then the procedure stands still (实施条例 art. 22, 44, 54). One key."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.keyed import tender_body
from bidding.acts.keys import Signed
from bidding.procedures import Procedure
from bidding.procedures.tender import open_objection
from ledger.events import Draft


def decide(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`objection.answered` with body `{objection, text, upheld}`.

    Raises `Refusal`: `objection.unknown`, `objection.already_answered`, and `keyed`'s.
    """
    body = tender_body(procedure, "objection.answered", signed, now)
    open_objection(procedure.tender, body["objection"])
    return {procedure.stream: [Draft("objection.answered", signed.public())]}
