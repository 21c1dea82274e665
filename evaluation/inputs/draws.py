"""What was drawn: coefficients of each lot, and the coin `alpha`. JSON `{lot: {name: value}}`, or rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from evaluation.inputs.bids import ALIASES, ONE_LOT
from evaluation.inputs.files import is_json, read_rows
from evaluation.inputs.table import MAX_BYTES, SHOWN, Fault, Faults, Header, Place, Row, wanted
from evaluation.inputs.text import read_json
from evaluation.rules import RuleSet
from ledger.basics.canonical import unhex
from ledger.basics.errors import Refusal

ALPHA: Final = "alpha"
_NAMES: Final[Mapping[str, str]] = {
    **{spelled: name for spelled, name in ALIASES.items() if name == "lot"},
    "name": "name", "系数": "name", "名称": "name", "value": "value", "取值": "value",
}  # fmt: skip
HEADER: Final = Header(_NAMES)


@dataclass(slots=True)
class Drawn:
    """`values`: coefficient → value; `alpha`: the coin, None where none is given."""

    values: dict[str, str] = field(default_factory=dict)
    alpha: bytes | None = None


def read_draws(data: bytes, file: str, rules: RuleSet, lots: Collection[str], faults: Faults) -> dict[str, Drawn]:
    """Lot → what was drawn for it. Names and values that the rule set does not list are faults."""
    out: dict[str, Drawn] = {}
    for row in wanted(_rows(data, file, faults), ("name", "value"), faults):
        lot, name, value = row.cells.get("lot", ONE_LOT), row.cells["name"], row.cells["value"]
        drawn = out.setdefault(lot, Drawn())
        try:
            if lot not in lots:
                raise Refusal("score.lot_unknown", lot=lot[:SHOWN])  # noqa: TRY301 - one place notes all
            if name in drawn.values or (name == ALPHA and drawn.alpha is not None):
                raise Refusal("score.draw_doubled", draw=name[:SHOWN], lot=lot)  # noqa: TRY301 - likewise
            if name == ALPHA:
                drawn.alpha = unhex(value, 32, ALPHA)
            elif name not in rules.draws:
                raise Refusal("rules.unknown_draw", draw=name[:SHOWN])  # noqa: TRY301 - likewise
            elif value not in rules.draws[name]:
                raise Refusal("rules.draw_not_listed", draw=name, value=value[:SHOWN])  # noqa: TRY301 - likewise
            else:
                drawn.values[name] = value
        except Refusal as why:
            faults.add(row.at("value"), why)
    return out


def _rows(data: bytes, file: str, faults: Faults) -> list[Row]:
    if len(data) > MAX_BYTES or not is_json(data):
        return read_rows(data, file, HEADER, faults)
    try:
        return list(_from_object(read_json(data), file))
    except Refusal as why:
        faults.found.append(Fault(Place(file), why.code, why.params))
        return []


def _from_object(value: object, file: str) -> Iterator[Row]:
    if not isinstance(value, dict):
        raise Refusal("score.draws_shape")
    flat = all(isinstance(one, str) for one in value.values())  # a single lot may go without its name
    for lot, given in ({ONE_LOT: value} if flat else cast(dict[str, object], value)).items():
        if not isinstance(given, dict):
            raise Refusal("score.draws_shape")
        for name, drawn in cast(dict[str, object], given).items():
            if not isinstance(drawn, str):
                raise Refusal("score.draws_shape")
            place = Place(file, column=f"{lot}/{name}"[:SHOWN])
            label = place.column
            yield Row(place, {"lot": lot, "name": name, "value": drawn}, {"value": label, "name": label})
