"""Orders of two persons, one of them a supervisor: publish a seed, open the access log, void a lot."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision, failed
from bidding.acts.keyed import tender_body
from bidding.acts.keys import Signed
from bidding.procedures import Procedure
from bidding.procedures import lot as lots
from bidding.procedures.tender import Order, check_order
from ledger.basics.errors import Refusal
from ledger.events import Draft


def decide(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`order.issued` with body `{order, kind, lot, custodian, reason}`; voiding a lot fails it in the same transaction.

    Raises `Refusal`: `order.subject`, `order.exists`, `order.custodian_unknown`, `order.before_present`,
    `lot.wrong_state`, and `keyed`'s.
    """
    body = tender_body(procedure, "order.issued", signed, now)
    check_order(procedure.tender, Order(body["order"], body["kind"], body["lot"], body["custodian"]))
    decision: Decision = {procedure.stream: [Draft("order.issued", signed.public())]}
    if body["kind"] == "publish_seed" and "lot.present" not in procedure.lot(body["lot"]).times:
        raise Refusal("order.before_present", lot=body["lot"])
    if body["kind"] == "void_lot":
        lots.require(procedure.lot(body["lot"]), "lot.failed")
        decision[procedure.lot_stream(body["lot"])] = [failed("lot.voided", order=body["order"])]
    return decision
