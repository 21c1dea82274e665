"""The table of bids: one row a bid, one column a question, and what the lot adds (ceiling, floor, explanations)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bidding.form import Form, Question, read_answer
from evaluation.inputs.files import read_rows
from evaluation.inputs.table import SHOWN, Faults, Header, Row, wanted
from evaluation.rules import OpenedBid, RuleSet
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id
from ledger.basics.money import parse_yuan, yuan

ONE_LOT: Final = "1"
# What a column is called: our names, and the words of a Chinese table.
ALIASES: Final[Mapping[str, str]] = {
    "lot": "lot", "标段": "lot", "标段（包）": "lot", "包号": "lot",
    "bid": "bid", "投标": "bid", "投标编号": "bid", "投标人": "bid",
    "ceiling": "ceiling", "最高投标限价": "ceiling", "最高限价": "ceiling",
    "floor": "floor", "最低限价": "floor",
    "explained": "explained", "低价说明": "explained",
}  # fmt: skip
_YES_NO: Final[Mapping[str, bool]] = {"yes": True, "no": False, "是": True, "否": False}


@dataclass(slots=True)
class LotRows:
    """A lot as read: limits in fen, bids in the order of rows, bid key → whether its explanation holds."""

    id: str
    bids: list[OpenedBid] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)
    explanations: dict[str, bool] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)


def header_of(form: Form) -> Header:
    """The columns of a table of bids: ours, question ids, and titles of questions that no other question has."""
    questions = [question for part in form.parts.values() for question in part]
    titles = [title for question in questions for title in set(question.title.values())]
    names = {
        title: question.id for question in questions for title in question.title.values() if titles.count(title) == 1
    }
    for question in questions:
        if question.id in ALIASES.values():
            raise Refusal("score.question_reserved", question=question.id)
    return Header({**names, **{question.id: question.id for question in questions}, **ALIASES})


def read_bids(
    data: bytes, file: str, rules: RuleSet, form: Form, faults: Faults, *, as_opened: bool = False
) -> list[LotRows]:
    """The lots of a table, in the order in which they come up.

    An answer that the form refuses is a fault of its cell; with `as_opened` it stays, and rejects its bid by the rule
    set's clause as at an opening. Raises `Refusal("score.question_reserved")`.
    """
    rows = read_rows(data, file, header_of(form), faults)
    read = {question.part for name in rules.questions if (question := form.question(name)) is not None}
    parts = {part: questions for part, questions in form.parts.items() if part in read}
    lots: dict[str, LotRows] = {}
    for row in wanted(rows, ("bid",), faults):
        try:
            lot_id = check_id(row.cells.get("lot", ONE_LOT), "lot")
        except Refusal:
            faults.add(row.at("lot"), Refusal("score.id", found=row.cells["lot"][:SHOWN]))
            continue
        lot = lots.setdefault(lot_id, LotRows(lot_id))
        if (key := _key(row, lot, faults)) is None:
            continue
        for name in ("ceiling", "floor"):
            _limit(row, lot, name, faults)
        _explained(row, lot, key, faults)
        lot.bids.append(OpenedBid(key, _answers(row, parts, faults, as_opened=as_opened)))
    return list(lots.values())


def _key(row: Row, lot: LotRows, faults: Faults) -> str | None:
    key = row.cells["bid"]
    try:
        check_id(key, "bid")
    except Refusal:
        faults.add(row.at("bid"), Refusal("score.id", found=key[:SHOWN]))
        return None
    if key in lot.keys:
        faults.add(row.at("bid"), Refusal("score.bid_doubled", bid=key, lot=lot.id))
        return None
    lot.keys.add(key)
    return key


def _limit(row: Row, lot: LotRows, name: str, faults: Faults) -> None:
    if name not in row.cells:
        return
    try:
        fen = parse_yuan(row.cells[name], name)
    except Refusal as why:
        faults.add(row.at(name), why)
        return
    if lot.limits.setdefault(name, fen) != fen:
        faults.add(
            row.at(name), Refusal("score.limit_differs", lot=lot.id, found=yuan(fen), wanted=yuan(lot.limits[name]))
        )


def _explained(row: Row, lot: LotRows, key: str, faults: Faults) -> None:
    said = row.cells.get("explained")
    if said is None:
        return
    if said not in _YES_NO:
        faults.add(row.at("explained"), Refusal("score.yes_no", found=said[:SHOWN]))
    else:
        lot.explanations[key] = _YES_NO[said]


def _answers(
    row: Row, parts: Mapping[str, Sequence[Question]], faults: Faults, *, as_opened: bool
) -> dict[str, dict[str, object]]:
    out: dict[str, dict[str, object]] = {}
    for part, questions in parts.items():
        answers = out.setdefault(part, {})
        for question in questions:
            answer = row.cells.get(question.id)
            if answer is not None:
                answers[question.id] = answer
            if as_opened:
                continue
            try:
                if answer is not None:
                    read_answer(question, answer)
                elif question.required:
                    raise Refusal("form.missing", question=question.id)  # noqa: TRY301 - one place notes both
            except Refusal as why:
                faults.add(row.at(question.id), why)
    return out
