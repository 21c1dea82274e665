"""What is allowed and yet seldom meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evaluation.rules.exact import HALF_UP
from evaluation.rules.lint.finding import WARNING, Finding, Subject
from ledger.basics.errors import Refusal


def findings(subject: Subject) -> Iterator[Finding]:
    """Vetoes that never reject, clauses used twice, draws of one value, roundings that are not 四舍五入."""
    rules = subject.rules
    for veto in rules.vetoes:
        question = subject.question(veto)
        if question is not None and "allow" in veto.body and set(question.choices) <= set(veto.body["allow"]):
            path = f"{subject.place(veto)}/allow"
            yield Finding.of(WARNING, Refusal("lint.veto_never", criterion=veto.id), "", path)
    clauses = [criterion.clause for criterion in rules.criteria]
    for place, clause in enumerate(clauses):
        if clause in clauses[:place] and clause not in clauses[place + 1 :]:
            yield Finding.of(WARNING, Refusal("lint.clause_shared", clause=clause), "", f"/criteria/{place}/clause")
    for place, (name, values) in enumerate(rules.draws.items()):
        if len(values) == 1:
            yield Finding.of(WARNING, Refusal("lint.draw_fixed", draw=name), "", f"/draws/{place}/values")
    for path, mode in _roundings(subject.doc, ""):
        yield Finding.of(WARNING, Refusal("lint.rounding", mode=mode), "", f"{path}/mode")


def _roundings(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every `{mode, places}` that does not round half up, with its pointer."""
    if isinstance(value, Mapping):
        found: Mapping[str, Any] = value
        if set(found) == {"mode", "places"} and found["mode"] != HALF_UP:
            yield path, found["mode"]
        for name, one in found.items():
            yield from _roundings(one, f"{path}/{name}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _roundings(one, f"{path}/{place}")
