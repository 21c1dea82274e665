"""What people and the platform do in a procedure, one verb a file: pure `decide(…, now) -> Decision`.

A decision is the events to append, by stream, in one transaction. It raises `Refusal` and changes nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from bidding.acts import (
    amend,
    answer,
    answer_objection,
    award,
    contract,
    judge_explanations,
    next_candidate,
    order,
    resume,
    retender,
    suspend,
    terminate,
)
from bidding.acts.decision import Decision
from bidding.acts.keys import RULES, Signed
from bidding.procedures import Procedure

# Keyed acts on a published tender, by the type of their event (`tender.published` itself: evaluation/acts/publish.py).
OFFICE: Final[Mapping[str, Callable[[Procedure, Signed, datetime], Decision]]] = {
    "enquiry.answered": answer.decide,
    "addendum.issued": amend.decide,
    "tender.suspended": suspend.decide,
    "tender.resumed": resume.decide,
    "tender.terminated": terminate.decide,
    "objection.answered": answer_objection.decide,
    "order.issued": order.decide,
    "lot.explanations_judged": judge_explanations.decide,
    "lot.awarded": award.signed,
    "lot.next_candidate": next_candidate.decide,
    "lot.contracted": contract.decide,
    "lot.retendered": retender.decide,
}

__all__ = ["OFFICE", "RULES", "Decision", "Signed"]
