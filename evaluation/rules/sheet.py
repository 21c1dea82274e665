"""A bid on its way through the evaluation: what came in, and what has been found of it so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, cast

from bidding.form import Question, Value
from evaluation.rules.certificate import Certificate, Step, certify, with_reason
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

PASSED: Final = "passed"
REJECTED: Final = "rejected"
MAX_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class OpenedBid:
    """A bid whose offer is open: `key` (the bid key, hex), the answers of each part, the file names of each part."""

    key: str
    answers: Mapping[str, Mapping[str, object]]
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Sheet:
    """`corrected`: the price in fen, where it could be read; `cost`: what it counts as, exact yuan (`evaluated.py`).

    `marks`: by criterion and by stage; `parts`: what the total is the sum of.
    """

    bid: OpenedBid
    certificates: list[Certificate] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    corrected: int = 0
    cost: Fraction = Fraction(0)
    rejected: bool = False
    doubled: bool = False  # another bid of the same brand takes its place
    marks: dict[str, Fraction] = field(default_factory=dict)
    parts: dict[str, Fraction] = field(default_factory=dict)
    total: Fraction | None = None

    def check(
        self,
        criterion: str,
        rule: str,
        clause: str,
        inputs: Mapping[str, Json],
        refusal: Refusal | None,
        steps: Sequence[Step] = (),
    ) -> None:
        """Notes that the bid passed, or is rejected for `refusal`."""
        made = certify(criterion, rule, clause, inputs, steps, PASSED if refusal is None else REJECTED)
        if refusal is not None:
            self.rejected = True
            made = with_reason(made, refusal.code, refusal.params)
        self.certificates.append(made)

    def read(self, question: Question) -> dict[str, Json]:
        """`{part, question, answer}`: an answer as it went into a certificate."""
        answer = cast(str, self.bid.answers[question.part][question.id])
        return {"part": question.part, "question": question.id, "answer": answer}


def shown_answer(answer: object) -> dict[str, Json]:
    """What a rejection shows of a faulty answer: the answer where it is short, else its hash."""
    if not isinstance(answer, str):
        return {}
    if len(answer) <= MAX_SHOWN:
        return {"answer": answer}
    return {"answer_sha256": H(answer.encode("utf-8", "surrogatepass")).hex()}
