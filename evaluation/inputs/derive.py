"""A form for a rule set that comes without one: its questions as the rule set reads them, where that has one meaning.

Numbers may be anything the rule set's own edges allow for (below zero only where one of them is), choices are exactly
those that points or per cents are given for. A veto by choice names only what passes, not what else can be answered:
unless that is yes or no, the form must be given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from evaluation.rules import RuleSet
from evaluation.rules.criteria import Criterion
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal

PART: Final = "offer"
_PLACES: Final = 10
_LEAST: Final = "-999999999999999"
Asked = dict[str, Any]


def derive_form(rules: RuleSet) -> dict[str, Json]:
    """The form document. Raises `Refusal("score.form_not_derived")` for a question that can be asked in two ways."""
    asked: dict[str, Asked] = {}
    for name, question in _questions(rules):
        known = asked.setdefault(name, question)
        if known["kind"] == "money" and question["kind"] == "decimal":
            continue  # a band or bound on the price
        if {**known, "title": 0, "min": 0} != {**question, "title": 0, "min": 0}:
            raise Refusal("score.form_not_derived", question=name)
        if "min" in question:
            known["min"] = question["min"]
    questions = [{"id": name, "required": True, **question} for name, question in asked.items()]
    return {"v": 1, "id": rules.form[0], "version": rules.form[1], "parts": {PART: cast(Json, questions)}}


def _questions(rules: RuleSet) -> Iterator[tuple[str, Asked]]:
    if rules.price_question:
        yield rules.price_question, {"kind": "money", "title": {"zh": "投标报价（元）", "en": "Bid price (yuan)"}}
    evaluated = rules.evaluated_price
    for one in evaluated.get("corrections", ()):
        if one["kind"] == "words":
            title = {"zh": "大写金额", "en": "Amount in words"}
            yield one["question"], {"kind": "text", "title": title, "required": False}
        else:
            for name in one["questions"]:
                yield name, {"kind": "money", "min": "0", "title": {"zh": name, "en": name}}
    for one in evaluated.get("adjustments", ()):
        yield one["question"], _listed(one["per_cent"], one) if "per_cent" in one else _number((), one)
    for member, points in (("deductions", "per_cent"), ("features", "points")):
        for one in evaluated.get(member, ()):
            yield one["question"], _listed(one[points], one)
    if rules.same_brand:
        yield rules.same_brand["question"], {"kind": "text", "title": {"zh": "品牌", "en": "Brand"}}
    for criterion in rules.criteria:
        if criterion.question:
            yield criterion.question, _criterion(criterion)


def _criterion(criterion: Criterion) -> Asked:
    body = cast(Asked, criterion.body)
    match criterion.kind:
        case "choice":
            return _listed(body["points"], body)
        case "count":
            return {"kind": "integer", "title": body["title"]}
        case "bands":
            return _number([band[edge] for band in body["bands"] for edge in ("from", "below") if edge in band], body)
        case "line":
            return _number([body["from"]["at"], body["to"]["at"]], body)
        case "veto" if "allow" in body:
            if not set(body["allow"]) <= {"yes", "no"}:
                raise Refusal("score.form_not_derived", question=criterion.question)
            return {"kind": "boolean", "title": body["title"]}
        case "veto":
            edges = [body[edge] for edge in ("min", "max") if edge in body]
            dated = any("-" in edge[1:] for edge in edges)
            return {"kind": "date", "title": body["title"]} if dated else _number(edges, body)
        case _:  # what experts are shown
            return {"kind": "text", "title": body["title"]}


def _number(edges: Any, body: Asked) -> Asked:  # noqa: ANN401 - a list of texts out of the document
    asked = {"kind": "decimal", "places": _PLACES, "title": body["title"]}
    return {**asked, "min": _LEAST} if any(edge.startswith("-") for edge in edges) else asked


def _listed(points: dict[str, str], body: Asked) -> Asked:
    if set(points) == {"yes", "no"}:
        return {"kind": "boolean", "title": body["title"]}
    choices = [{"value": value, "title": {"zh": value, "en": value}} for value in sorted(points)]
    return {"kind": "choice", "choices": choices, "title": body["title"]}
