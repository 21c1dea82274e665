"""What a lot's report says beside its marks: who stands higher by a deduction, and whom only the draw parted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

from bidding.form import Form
from evaluation.rules import Lot, OpenedBid, RuleSet
from evaluation.rules.moves import moves
from ledger.basics.money import yuan


@dataclass(frozen=True, slots=True)
class Lifted:
    """A bid whose rank is better by its deduction. `price`, `counts_as`: yuan; `without`, `rank`: ranks."""

    bid: str
    price: str
    per_cent: str
    counts_as: str
    without: int
    rank: int


def lifted(rules: RuleSet, form: Form, lot: Lot, bids: Sequence[OpenedBid]) -> list[Lifted]:
    """Who stands higher than if nobody had a deduction, by two evaluations; by bid key.

    The rule set deducts by one question that has an answer without a deduction. Raises what `moves` raises.
    """
    (deduction,) = cast(Sequence[Mapping[str, Any]], rules.evaluated_price["deductions"])
    rates, name = {value: Fraction(text) for value, text in deduction["per_cent"].items()}, deduction["question"]
    nothing = next(value for value, rate in rates.items() if not rate)
    answers = {bid.key: str(bid.answers["offer"][name]) for bid in bids}
    found = moves(rules, form, lot, bids, {bid: {name: nothing} for bid, value in answers.items() if rates[value]})
    out = []
    for move in found.ranks:
        # The one that is there is the first of the two: what would be comes after.
        rank, without = int(move.before), int(move.after)
        if rank < without:
            made = _certificate(found.before.sheets[move.bid], "evaluated_price")
            price, rate = yuan(made["inputs"]["price_fen"]), deduction["per_cent"][answers[move.bid]]
            out.append(Lifted(move.bid, price, rate, made["result"], without, rank))
    return out


def drawn_apart(summary: Mapping[str, Any]) -> Iterator[list[tuple[int, str]]]:
    """Of each group that nothing but the draw parted: (rank, bid key), in the order that the draw gave."""
    ranks = {row["bid"]: int(row["rank"]) for row in summary["bids"] if "rank" in row}
    for tie in summary["ties"]:
        if tie["by"] == "draw" and tie["values"]:
            yield [(ranks[bid], bid) for bid in tie["bids"]]


def _certificate(sheet: Mapping[str, Any], criterion: str) -> Mapping[str, Any]:
    found: Sequence[Mapping[str, Any]] = sheet["certificates"]
    return next(one for one in found if one["criterion"] == criterion)
