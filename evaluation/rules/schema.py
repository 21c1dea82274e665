"""The shape of a rule set: exactly what `docs/formats/rule-set.schema.json` says, without a schema library.

What a schema cannot say (that bands follow one another, that weights add up) stands in `document.py` and `lint.py`.
"""

from __future__ import annotations

from typing import Final

from bidding import shape
from evaluation.rules import abnormal, evaluated, panel
from evaluation.rules.exact import MODES
from evaluation.rules.price import RULES
from ledger.basics.canonical import MAX_INT

LAWS: Final = ("tendering", "procurement", "none")
CATEGORIES: Final = ("works", "goods", "services")
ORDERS: Final = ("marks", "lowest_price")
STAGES: Final = ("formal", "qualification", "responsiveness", "commercial", "technical", "price")

_CLAUSE: Final = shape.text(100)
_ROUNDING: Final = shape.record({"mode": shape.one_of(*MODES), "places": shape.integer(0, 6)})
_DRAW: Final = shape.record({"name": shape.identifier, "values": shape.array(shape.signed_decimal, 1, 1000)})
_BAND: Final = shape.record({"points": shape.decimal}, {"from": shape.signed_decimal, "below": shape.signed_decimal})
_POINT: Final = shape.record({"at": shape.signed_decimal, "points": shape.decimal})
_BOUND: Final = shape.matching(
    r"0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,10}|[0-9]{4}-[0-9]{2}-[0-9]{2}", "number or date"
)
_COMMON: Final[dict[str, shape.Shape]] = {
    "id": shape.identifier,
    "kind": shape.text(16),
    "clause": _CLAUSE,
    "title": shape.title,
    "question": shape.identifier,
}
_STAGED: Final[dict[str, shape.Shape]] = {"stage": shape.identifier}
_VETO_LIST: Final = shape.record({**_COMMON, "allow": shape.array(shape.identifier, 1, 100)}, _STAGED)
_VETO_RANGE: Final = shape.record(_COMMON, {"min": _BOUND, "max": _BOUND, **_STAGED})
_FACTOR: Final = shape.record({"by": shape.decimal, "rounding": _ROUNDING})
_ANCHOR: Final = shape.record({"points": shape.decimal, "title": shape.title})
_EXPERT: Final = shape.record(
    {
        **{name: one for name, one in _COMMON.items() if name != "question"},
        "range": shape.record({"min": shape.decimal, "max": shape.decimal}),
        "step": shape.decimal,
        "anchors": shape.array(_ANCHOR, 0, 20),
    },
    {"question": shape.identifier, "factor": _FACTOR, **_STAGED},
)
_STAGE: Final = shape.record(
    {"id": shape.identifier, "kind": shape.one_of(*STAGES), "title": shape.title, "clause": _CLAUSE},
    {"threshold": shape.decimal, "weight": _FACTOR},
)


def _veto(value: object, path: str) -> None:
    (_VETO_LIST if isinstance(value, dict) and "allow" in value else _VETO_RANGE)(value, path)


_CRITERION: Final = shape.tagged(
    "kind",
    {
        "veto": _veto,
        "choice": shape.record({**_COMMON, "points": shape.mapping(shape.decimal, 1, 100)}, _STAGED),
        "bands": shape.record({**_COMMON, "bands": shape.array(_BAND, 1, 100)}, _STAGED),
        "line": shape.record({**_COMMON, "from": _POINT, "to": _POINT, "rounding": _ROUNDING}, _STAGED),
        "count": shape.record({**_COMMON, "each": shape.decimal, "cap": shape.decimal}, _STAGED),
        "expert": _EXPERT,
    },
)
_PRICE: Final = shape.tagged(
    "rule",
    {
        name: shape.record(
            {
                "rule": shape.one_of(name),
                "clause": _CLAUSE,
                "title": shape.title,
                "weight": shape.decimal,
                "params": rule.shape,
            }
        )
        for name, rule in RULES.items()
    },
)
_TIE: Final = shape.matching(r"lower_price|draw|mark:[a-z0-9][a-z0-9._-]{0,63}", "lower_price|draw|mark:<criterion>")

SHAPE: Final = shape.record(
    {
        "v": shape.integer(1, 1),
        "id": shape.identifier,
        "version": shape.integer(1, 1_000_000),
        "title": shape.title,
        "law": shape.one_of(*LAWS),
        "category": shape.one_of(*CATEGORIES),
        "form": shape.record({"id": shape.identifier, "version": shape.integer(1, 1_000_000)}),
        "clauses": shape.record({"form": _CLAUSE, "ceiling": _CLAUSE, "total": _CLAUSE}),
        "draws": shape.array(_DRAW, 0, 16),
        "criteria": shape.array(_CRITERION, 0, 100),
        "ranking": shape.record({"order": shape.one_of(*ORDERS), "ties": shape.array(_TIE, 0, 8)}),
        "candidates": shape.integer(1, 20),
        "rounding": _ROUNDING,
    },
    {
        "price_question": shape.identifier,
        "jurisdiction": shape.matching(r"[A-Z]{2}|INT", "country code or INT"),
        "ceiling": shape.integer(1, MAX_INT),
        "floor": shape.record({"clause": _CLAUSE}, {"fen": shape.integer(1, MAX_INT)}),
        "stages": shape.array(_STAGE, 1, 12),
        "panel": panel.SHAPE,
        "evaluated_price": evaluated.SHAPE,
        "abnormally_low": abnormal.SHAPE,
        "same_brand": shape.record({"clause": _CLAUSE, "question": shape.identifier}),
        "price": _PRICE,
        "min_valid": shape.integer(1, 100),
    },
)


def check_shape(doc: object) -> None:
    """Raises `Refusal("shape.*")` with the path (a JSON pointer) of the first departure from the shape."""
    SHAPE(doc, "")
