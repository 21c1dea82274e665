"""The rule sets of the three lots: two templates as they are, and one that was filled in as its tenderee wants it."""

from __future__ import annotations

import copy
from typing import Any, Final

from evaluation.rules import templates
from ledger.basics.canonical import Json
from web.demo import figures
from web.demo.notice import LOT_1, LOT_2, LOT_3

TEMPLATE: Final = {LOT_1: "lowest-price", LOT_2: "checklist-f4", LOT_3: "works-abc"}
# From where the deduction is taken, question and all.
_LENDER: Final = "procurement-goods"
_FOR: Final = {"zh": "小微企业", "en": "Small enterprises"}
_ASKED: Final = {
    "zh": "投标人类型（按《中小企业声明函》）",
    "en": "Kind of bidder (by the declaration of small enterprises)",
}


def documents(lot: str) -> tuple[dict[str, Json], dict[str, Json]]:
    """The rule set and the form of a lot."""
    rules, form = templates.load(TEMPLATE[lot])
    return _filled_in(rules, form) if lot == LOT_3 else (rules, form)


def _filled_in(rules: dict[str, Any], form: dict[str, Any]) -> tuple[dict[str, Json], dict[str, Json]]:
    """Its own lists to draw from and screen of low prices; another template's deduction, with the question it reads."""
    lent, its_form = (copy.deepcopy(one) for one in templates.load(_LENDER))
    evaluated: Any = lent["evaluated_price"]
    (deduction,) = evaluated["deductions"]
    parts: Any = its_form["parts"]
    (question,) = (one for one in parts["offer"] if one["id"] == deduction["question"])
    evaluated["deductions"] = [{**deduction, "title": _FOR, "per_cent": dict(figures.DEDUCTED)}]
    draws = [{"name": name, "values": list(values)} for name, values in figures.DRAWN.items()]
    named: dict[str, Any] = {"id": "works-abc-small", "version": 1}
    title = {
        "zh": "施工综合评估法（ABC合成基准价，小微企业价格扣除）",
        "en": "Construction works: ABC benchmark, small enterprises' deduction",
    }
    asked = {**form["parts"], "offer": [*form["parts"]["offer"], {**question, "title": _ASKED}]}
    return (
        {
            **rules,
            **named,
            "title": title,
            "form": named,
            "draws": draws,
            "evaluated_price": evaluated,
            "abnormally_low": dict(figures.SCREEN),
        },
        {**form, **named, "parts": asked},
    )
