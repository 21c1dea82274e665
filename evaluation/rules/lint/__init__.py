"""What is wrong with a rule set before it is published: what cannot be applied, what the law forbids, what is odd.

Publication refuses errors and shows warnings. Each theme has a file; a finding names the field (docs/formats/lint.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, cast

from bidding.form import Form, check_form
from evaluation.rules.document import RuleSet, read
from evaluation.rules.lint import deduction, fair, jurisdiction, jury, marks, odd, order, price, screen
from evaluation.rules.lint.finding import ERROR, WARNING, Finding, Subject
from evaluation.rules.lint.paths import path_of
from evaluation.rules.relations import relations
from ledger.basics.errors import Refusal

__all__ = ["ERROR", "PANEL", "TOUCHLESS", "WARNING", "Finding", "check_publishable", "lint"]

PANEL: Final = "panel"
TOUCHLESS: Final = "none"
_THEMES: Final[tuple[Callable[[Subject], Iterator[Finding]], ...]] = (
    jurisdiction.findings,
    marks.findings,
    order.findings,
    price.findings,
    deduction.findings,
    screen.findings,
    jury.findings,
    fair.findings,
    odd.findings,
)


def lint(doc: object, form_doc: object = None, ceiling: int | None = None, *, touch: str = PANEL) -> list[Finding]:
    """Every finding on a rule set over its form, errors first.

    `form_doc`: None looks only at what the rule set says by itself; `ceiling`: the lot's ceiling price in fen, where it
    has one; `touch`: `none` where no person marks anything, else `panel`.
    """
    try:
        rules = read(doc)
    except Refusal as refusal:
        # Nothing can be said about a document that cannot be read.
        return [Finding.of(ERROR, refusal, "", str(refusal.params.get("path", "")))]
    try:
        form = _without_questions(rules) if form_doc is None else check_form(form_doc)
    except Refusal as refusal:
        return [Finding.of(ERROR, refusal, "", str(refusal.params.get("path", "")), document="form")]
    subject = Subject(
        cast(dict[str, Any], doc), cast(dict[str, Any] | None, form_doc), rules, form, ceiling, touch == TOUCHLESS
    )
    found = [
        Finding.of(ERROR, refusal, "", path_of(subject.doc, refusal))
        for refusal in relations(rules, form)
        if form_doc is not None or refusal.code != "rules.unknown_question"
    ]
    for theme in _THEMES:
        found.extend(theme(subject))
    return sorted(found, key=lambda finding: finding.level != ERROR)


def check_publishable(doc: object, form_doc: object, ceiling: int | None = None, *, touch: str = PANEL) -> None:
    """Raises `Refusal("rules.not_publishable")` with the number of errors and the first one's code."""
    errors = [finding for finding in lint(doc, form_doc, ceiling, touch=touch) if finding.level == ERROR]
    if errors:
        raise Refusal("rules.not_publishable", errors=len(errors), first=errors[0].code, article=errors[0].article)


def _without_questions(rules: RuleSet) -> Form:
    return Form(*rules.form, {}, "")
