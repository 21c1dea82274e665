"""Answers to a form and what is wrong with them, by `bidding.form`: the browser's own checks are held to these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bidding.form import check_answers, check_form
from ledger.basics.canonical import Json

_TITLE: Final[dict[str, Json]] = {"zh": "问", "en": "question"}


def _question(kind: str, id_: str = "", *, required: bool = True, **members: Json) -> dict[str, Json]:
    return {"id": id_ or kind, "kind": kind, "title": dict(_TITLE), "required": required, **members}


FORM: Final[dict[str, Json]] = {
    "v": 1,
    "id": "works",
    "version": 1,
    "parts": {
        "identity": [],
        "offer": [
            _question("text", max_length=10),
            _question("integer", min="-5", max="10"),
            _question("decimal", places=2, min="0.5", max="99.75"),
            _question("decimal", "below", places=1, min="-3", max="-0.5"),
            _question("money", max="1000000"),
            _question("choice", choices=[{"value": "a", "title": dict(_TITLE)}, {"value": "b", "title": dict(_TITLE)}]),
            _question("boolean"),
            _question("date", min="2026-01-01", max="2026-12-31"),
            _question("file"),
            _question("money", "any-money", required=False),
            _question("text", "remark", required=False),
        ],
    },
}
GOOD: Final[dict[str, Json]] = {
    "text": "某某路 1 号",
    "integer": "-5",
    "decimal": "99.75",
    "below": "-0.5",
    "money": "1000000.00",
    "choice": "b",
    "boolean": "no",
    "date": "2026-02-28",
    "file": "plan.pdf",
}
_NUMBERS: Final = (
    *("", "0", "-0", "00", "007", "1", "1.", ".5", "1.0", "1.00", "1.001", "+1", "-1", "1e-9", "1E3", "NaN"),
    *("Infinity", "true", "８００", "1,000", "1 000", " 1", "1\n", "0x10", "１.5", "1.5", "-3", "-3.0", "0.5", "0.49"),
    *("99.76", "100", "9" * 13, "9" * 14, "9" * 15, "9" * 16, "1" + "0" * 12 + ".99", "1000000.01", "0.01", "0.00"),
    *("10", "11", "-5", "-6", "٣", "1٠", "½", "1_000", "¥1", "1元", "-0.0", "-0.5", "-0.4"),
)
_TEXTS: Final = (
    *("一" * 10, "一" * 11, "😀" * 10, "😀" * 11, "a\nb", "a\tb", "a\rb", " a", "a ", "\na", "a\n", "a\u00a0"),
    *("\u3000a", "a\u200bb", "\u202eb", "a\ufeff", "a\x00", "a\x7f", "a\x85", "\u2066x", "\u2028", "e\u0301"),
    *("\ue000", "a\u2007"),
)
_DAYS: Final = (
    *("2026-02-29", "2024-02-29", "2026-2-8", "2026-12-31", "2027-01-01", "2025-12-31", "0000-01-01", "2026-00-10"),
    *("2026-13-01", "2026-06-31", "20260101", "2026-W01-1", "２026-01-01", "2026-01-01\n", "26-01-01"),
)
_OTHERS: Final[Mapping[str, tuple[Json, ...]]] = {
    "choice": ("a", "A", "c", "", "a|b", " a"),
    "boolean": ("yes", "no", "true", "YES", ""),
    "file": ("plan.pdf", "other.pdf", "图.pdf", "", "a'b", 'a"b', "a'\"b", "x" * 70, "\\", "é"),
    "money": (800, True, ["1"], {"yuan": "1"}),
}
_STRANGE: Final = ("nobody", "ünder", "名" * 30, "a b", "'", "\\", "\n", "\x7f", "😀", "toString", "__proto__")


def form_vectors() -> Json:
    """The form, files of its part, and cases: answers with the problems that Python finds in them, in order."""
    form, files = check_form(FORM), ["plan.pdf"]
    kinds = [(name, _NUMBERS) for name in ("integer", "decimal", "below", "money", "any-money")]
    cases: list[dict[str, Json]] = [dict(GOOD), {}]
    for question, values in (*kinds, ("text", _TEXTS), ("remark", _TEXTS), ("date", _DAYS)):
        cases.extend({**GOOD, question: value} for value in values)
    cases.extend({**GOOD, question: value} for question, others in _OTHERS.items() for value in others)
    cases.append({**GOOD, **dict.fromkeys(_STRANGE, "x")})
    cases.append({**GOOD, **{f"more-{number}": "x" for number in range(30)}})
    rows: list[Json] = [
        {
            "answers": answers,
            "problems": [
                {"question": one.question, "code": one.code, "params": dict(one.params)}
                for one in check_answers(form, "offer", answers, files)
            ],
        }
        for answers in cases
    ]
    return {"form": FORM, "part": "offer", "files": list(files), "cases": rows}
