"""The table of experts' marks: long (one row a mark) or wide (one column an expert, an empty cell being no mark)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from evaluation.inputs.bids import ALIASES, ONE_LOT
from evaluation.inputs.files import read_rows
from evaluation.inputs.table import SHOWN, Faults, Header, Row, wanted
from evaluation.rules import RuleSet
from evaluation.rules.panel import check_mark
from ledger.basics.errors import Refusal

# criterion → bid → expert → mark, as `evaluation.rules.Lot.experts`.
Marks = dict[str, dict[str, dict[str, str]]]

MAX_EXPERT: Final = 64
_NAMES: Final[Mapping[str, str]] = {
    **{spelled: name for spelled, name in ALIASES.items() if name in ("lot", "bid")},
    "criterion": "criterion", "评审因素": "criterion", "expert": "expert", "评委": "expert", "专家": "expert",
    "mark": "mark", "得分": "mark", "评分": "mark",
}  # fmt: skip
HEADER: Final = Header(_NAMES, free=True)
_OURS: Final = ("lot", "criterion", "bid")


def read_marks(
    data: bytes, file: str, rules: RuleSet, lots: Mapping[str, Collection[str]], faults: Faults
) -> dict[str, Marks]:
    """Lot → its marks. `lots`: lot → its bid keys. Marks off the range or step, unknown and doubled ones are faults."""
    bodies = {one.id: one for one in rules.criteria if one.by_experts}
    titles = {title: one.id for one in bodies.values() for title in one.title.values()}
    out: dict[str, Marks] = {}
    rows = read_rows(data, file, HEADER, faults)
    for row in wanted(rows, ("criterion", "bid"), faults):
        lot, bid = row.cells.get("lot", ONE_LOT), row.cells["bid"]
        criterion = row.cells["criterion"]
        criterion = titles.get(criterion, criterion)
        if lot not in lots:
            faults.add(row.at("lot"), Refusal("score.lot_unknown", lot=lot[:SHOWN]))
        elif bid not in lots[lot]:
            faults.add(row.at("bid"), Refusal("score.bid_unknown", bid=bid[:SHOWN], lot=lot))
        elif criterion not in bodies:
            faults.add(row.at("criterion"), Refusal("score.criterion_unknown", criterion=criterion[:SHOWN]))
        else:
            given = out.setdefault(lot, {}).setdefault(criterion, {}).setdefault(bid, {})
            for column, expert, mark in _cells(row, faults):
                try:
                    if expert in given:
                        raise Refusal("score.mark_doubled", expert=expert, criterion=criterion, bid=bid)  # noqa: TRY301 - likewise
                    check_mark(criterion, bodies[criterion].body, bid, expert, mark)
                except Refusal as why:
                    faults.add(row.at(column), why)
                else:
                    given[expert] = mark
    return out


def _cells(row: Row, faults: Faults) -> Iterator[tuple[str, str, str]]:
    """`(column, expert, mark)` of a row in either layout."""
    if "expert" not in row.cells and "mark" not in row.cells:
        for column, mark in row.cells.items():
            if column not in _OURS:
                if len(column) > MAX_EXPERT:
                    faults.add(row.at(column), Refusal("score.expert_name", limit=MAX_EXPERT))
                else:
                    yield column, column, mark
        return
    for name in row.cells.keys() - {*_OURS, "expert", "mark"}:
        faults.add(row.at(name), Refusal("score.column_unknown", column=name[:SHOWN]))
    for one in wanted([row], ("expert", "mark"), faults):
        expert = one.cells["expert"]
        if len(expert) > MAX_EXPERT:
            faults.add(row.at("expert"), Refusal("score.expert_name", limit=MAX_EXPERT))
        else:
            yield "mark", expert, one.cells["mark"]
