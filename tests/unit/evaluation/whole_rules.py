"""A rule set with every member there is, over a form of its own: goods, marked by answers and by a panel."""

from __future__ import annotations

from typing import Any, Final

from evaluation.rules import OpenedBid
from tests.unit.evaluation.rules_kit import HALF_UP_2

TECHNICAL: Final = ("plan", "service")
EXPERTS: Final = ("e1", "e2", "e3", "e4", "e5")


def text(word: str) -> dict[str, str]:
    return {"zh": word, "en": word}


def asked(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "title": text(name), "required": True, **more}


def chosen(name: str, *values: str) -> dict[str, Any]:
    return asked(name, "choice", choices=[{"value": value, "title": text(value)} for value in values])


def form() -> dict[str, Any]:
    return {
        "v": 1,
        "id": "whole",
        "version": 1,
        "parts": {
            "identity": [],
            "offer": [
                asked("price", "money"),
                {**asked("words", "text"), "required": False},
                asked("part-a", "money"),
                asked("part-b", "money"),
                chosen("size", "micro", "large"),
                chosen("brand", "x", "y", "z"),
                asked("days", "integer"),
                asked("iso", "boolean"),
            ],
        },
    }


def expert(name: str, most: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "kind": "expert",
        "clause": f"2.{name}",
        "title": text(name),
        "stage": "technical",
        "range": {"min": "0", "max": most},
        "step": "0.25",
        "anchors": [{"points": most, "title": text("outstanding")}],
        **more,
    }


def rules(**changed: Any) -> dict[str, Any]:
    """F1 of 30 on the evaluated price, a technical stage of 60 with a threshold, 10 for days."""
    made: dict[str, Any] = {
        "v": 1,
        "id": "whole",
        "version": 1,
        "title": text("whole"),
        "law": "none",
        "jurisdiction": "INT",
        "category": "goods",
        "form": {"id": "whole", "version": 1},
        "price_question": "price",
        "clauses": {"form": "1.1", "ceiling": "1.2", "total": "1.9"},
        "draws": [],
        "stages": [
            {"id": "checks", "kind": "qualification", "title": text("checks"), "clause": "1"},
            {
                "id": "technical",
                "kind": "technical",
                "title": text("technical"),
                "clause": "2",
                "threshold": "12",
                "weight": {"by": "3", "rounding": HALF_UP_2},
            },
        ],
        "criteria": [
            {
                "id": "certified", "kind": "veto", "clause": "1.3", "title": text("iso"), "question": "iso",
                "allow": ["yes"], "stage": "checks",
            },
            expert("plan", "10"),
            expert("service", "5", factor={"by": "2", "rounding": HALF_UP_2}),
            {
                "id": "delivery", "kind": "bands", "clause": "3", "title": text("days"), "question": "days",
                "bands": [{"below": "30", "points": "10"}, {"from": "30", "points": "0"}],
            },
        ],
        "panel": {"drop": 1, "from": 5, "least": 3, "experts": "same", "mean": HALF_UP_2, "outlier": "30"},
        "evaluated_price": {
            "clause": "4.1",
            "corrections": [
                {"kind": "items", "questions": ["part-a", "part-b"]}, {"kind": "words", "question": "words"},
            ],
            "adjustments": [
                {
                    "kind": "each", "id": "late", "clause": "4.2", "title": text("late"), "question": "days",
                    "free": "30", "yuan": "10.5",
                },
                {
                    "kind": "share", "id": "origin", "clause": "4.3", "title": text("origin"), "question": "iso",
                    "per_cent": {"yes": "0", "no": "-1.5"},
                },
            ],
            "deductions": [
                {
                    "id": "small", "clause": "4.4", "title": text("small"), "question": "size",
                    "per_cent": {"micro": "10", "large": "0"},
                }
            ],
            "rounding": HALF_UP_2,
        },
        "abnormally_low": {"clause": "5", "minutes": 30, "mean": "50", "second": "50", "ceiling": "45"},
        "same_brand": {"clause": "6", "question": "brand"},
        "price": {"rule": "F1", "clause": "4", "title": text("price"), "weight": "30", "params": {"mark": HALF_UP_2}},
        "ranking": {"order": "marks", "ties": ["lower_price", "mark:technical", "draw"]},
        "candidates": 3,
        "rounding": HALF_UP_2,
    }  # fmt: skip
    return {**made, **changed}


def bid(key: str, price: int, **answers: str) -> OpenedBid:
    """A bid whose two parts make its price; `part_a` for `part-a`."""
    given = {
        "price": str(price), "part-a": str(price), "part-b": "0.01", "size": "large", "brand": key[0], "days": "20",
        "iso": "yes", **{name.replace("_", "-"): answer for name, answer in answers.items()},
    }  # fmt: skip
    if "part-b" not in answers and "part_b" not in answers:
        given |= {"part-a": str(price - 1), "part-b": "1"}
    return OpenedBid(key, {"offer": given})


def panel(marks: dict[str, dict[str, str]]) -> dict[str, dict[str, dict[str, str]]]:
    """`{bid: {criterion: "7 8 8 9 9"}}` as the engine takes it."""
    out: dict[str, dict[str, dict[str, str]]] = {}
    for key, given in marks.items():
        for criterion, row in given.items():
            out.setdefault(criterion, {})[key] = dict(zip(EXPERTS, row.split(), strict=False))
    return out
