"""What if a bid had answered otherwise: which results move, of this bid and of the others, and who gains or loses rank.

Two evaluations and their difference: nothing is estimated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from bidding.form import Form
from evaluation.rules.document import RuleSet
from evaluation.rules.engine import Lot, evaluate
from evaluation.rules.report import Report
from evaluation.rules.sheet import OpenedBid
from ledger.basics.errors import Refusal

# bid key → question → the answer that it would have given.
Changed = Mapping[str, Mapping[str, str]]

UNFLAGGED = "rules.explained_unflagged"


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that is another: `before` and `after` as certificates have them, "" where there is none.

    `criterion`: as in a certificate; a criterion with several certificates (`form`) has its results joined by spaces.
    `bid`: a bid key, "" for what is the lot's (`benchmark`, `abnormally_low`).
    """

    bid: str
    criterion: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Moves:
    """`marks`: by bid key and in the order of the sheet; `ranks`: of the bids whose rank is another.

    A rank's `criterion` is `rank`; what has none stands there by its state (`rejected`, `same_brand`, `unranked`).
    `before`, `after`: the two reports.
    """

    marks: Sequence[Move]
    ranks: Sequence[Move]
    before: Report
    after: Report


def moves(rules: RuleSet, form: Form, lot: Lot, bids: Sequence[OpenedBid], changed: Changed) -> Moves:
    """What moves where some bids answer otherwise; draws, coin and the panel's marks stay as they are.

    A finding on an explanation counts only as long as its bid is still flagged as abnormally low. Raises
    `Refusal("rules.what_if_bid" | "rules.unknown_question")` for a bid or a question that is not there, and what
    `evaluate` raises: a bid that nobody had to mark before it passed needs its panel's marks (`rules.marks_missing`).
    """
    known = {bid.key for bid in bids}
    for key in changed:
        if key not in known:
            raise Refusal("rules.what_if_bid", bid=key[:64])
    before = evaluate(rules, form, lot, bids)
    after = _again(rules, form, lot, [_answering(bid, form, changed.get(bid.key, {})) for bid in bids])
    marks = list(_differences("", _lots(before), _lots(after)))
    ranks = []
    for key in sorted(before.sheets):
        old, new = before.sheets[key], after.sheets[key]
        marks += _differences(key, _results(old), _results(new))
        if (stood := _standing(old)) != (stands := _standing(new)):
            ranks.append(Move(key, "rank", stood, stands))
    return Moves(marks, ranks, before, after)


def _again(rules: RuleSet, form: Form, lot: Lot, bids: Sequence[OpenedBid]) -> Report:
    while True:
        try:
            return evaluate(rules, form, lot, bids)
        except Refusal as refusal:
            # Each round drops one finding, so this ends.
            if refusal.code != UNFLAGGED:
                raise
            found = {bid: held for bid, held in lot.explanations.items() if bid != refusal.params["bid"]}
            lot = replace(lot, explanations=found)


def _answering(bid: OpenedBid, form: Form, answers: Mapping[str, str]) -> OpenedBid:
    given = {part: dict(found) for part, found in bid.answers.items()}
    for name, answer in answers.items():
        question = form.question(name)
        if question is None:
            raise Refusal("rules.unknown_question", criterion="what_if", question=name[:64])
        given.setdefault(question.part, {})[name] = answer
    return replace(bid, answers=given)


def _lots(report: Report) -> dict[str, str]:
    return {
        name: str(report.summary[name]["result"]) for name in ("abnormally_low", "benchmark") if name in report.summary
    }


def _results(sheet: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in cast(Sequence[Mapping[str, Any]], sheet["certificates"]):
        name, result = str(one["criterion"]), str(one["result"])
        found[name] = f"{found[name]} {result}" if name in found else result
    return found


def _standing(sheet: Mapping[str, Any]) -> str:
    return str(sheet.get("rank", sheet["state"]))


def _differences(bid: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[Move]:
    names = [*before, *(name for name in after if name not in before)]
    return [
        Move(bid, name, before.get(name, ""), after.get(name, ""))
        for name in names
        if before.get(name) != after.get(name)
    ]
