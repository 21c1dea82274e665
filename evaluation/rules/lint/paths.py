"""Which field of a rule set a refusal is about, as a JSON pointer: a wizard shows it beside the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ledger.basics.errors import Refusal

# Codes that can mean one field only.
_FIELDS: Final[Mapping[str, str]] = {
    "rules.doubled_draw": "/draws",
    "rules.evaluated_rounding": "/evaluated_price/rounding",
    "rules.features_over": "/evaluated_price/features",
    "rules.floor_over_weight": "/price/params/floor",
    "rules.other_form": "/form",
    "rules.panel_and_experts": "/panel",
    "rules.panel_drop": "/panel/drop",
    "rules.price_and_order": "/ranking/order",
    "rules.price_question": "/price_question",
    "rules.price_weightless": "/price/weight",
}
# Beneath the criterion, stage or draw that a refusal names.
_BENEATH: Final[Mapping[str, str]] = {
    "rules.anchor_outside": "/anchors",
    "rules.bands_edge_missing": "/bands",
    "rules.bands_empty": "/bands",
    "rules.bands_ends": "/bands",
    "rules.bands_gap": "/bands",
    "rules.bands_overlap": "/bands",
    "rules.choice_without_points": "/points",
    "rules.count_worthless": "/each",
    "rules.doubled_criterion": "/id",
    "rules.doubled_stage": "/id",
    "rules.doubled_value": "/values",
    "rules.line_backwards": "/from",
    "rules.question_kind": "/question",
    "rules.question_optional": "/question",
    "rules.range_empty": "/range",
    "rules.step_misses": "/step",
    "rules.threshold_unreachable": "/threshold",
    "rules.unknown_question": "/question",
    "rules.unknown_stage": "/stage",
}
_PRICE: Final[Mapping[str, str]] = {"rules.unknown_question": "/price_question", "rules.places": "/price/params/mark"}


def path_of(doc: Mapping[str, Any], refusal: Refusal) -> str:
    """The pointer to the field that a refusal of `relations` names; "" is the whole document."""
    code, params = refusal.code, refusal.params
    if code in _FIELDS:
        return _FIELDS[code]
    if "criterion" in params:
        return _criterion(doc, code, str(params["criterion"]))
    if "stage" in params:
        return _named(doc, "stages", "id", params["stage"]) + _BENEATH.get(code, "")
    if "draw" in params:
        return _draw(doc, code, str(params["draw"]))
    if "tie" in params:
        return f"/ranking/ties/{doc['ranking']['ties'].index(params['tie'])}"
    return "/price/params" if code.startswith("price.") else ""


def _criterion(doc: Mapping[str, Any], code: str, name: str) -> str:
    if name == "price":
        return _PRICE.get(code, "/price")
    if name == "same_brand":
        return "/same_brand/question"
    if name == "corrections":
        return "/evaluated_price/corrections"
    for member in ("criteria", "stages"):
        if found := _named(doc, member, "id", name):
            return found + _BENEATH.get(code, "")
    evaluated = doc.get("evaluated_price", {})
    for member in ("adjustments", "deductions", "features"):
        if found := _named(evaluated, member, "id", name):
            return f"/evaluated_price{found}{_BENEATH.get(code, '') if code != 'rules.choice_without_points' else ''}"
    return ""


def _draw(doc: Mapping[str, Any], code: str, name: str) -> str:
    if code != "rules.unknown_draw":
        return _named(doc, "draws", "name", name) + _BENEATH.get(code, "")
    params = doc["price"]["params"]
    return next((f"/price/params/{member}" for member, value in params.items() if value == name), "/price/params")


def _named(doc: Mapping[str, Any], member: str, key: str, name: object) -> str:
    """The last one of that name: where two share it, the later is one too many."""
    places = [place for place, one in enumerate(doc.get(member, ())) if one[key] == name]
    return f"/{member}/{places[-1]}" if places else ""
