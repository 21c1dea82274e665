"""Criteria that experts mark, and the panel that marks them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Final

from evaluation.rules.criteria import Criterion
from evaluation.rules.exact import exact
from evaluation.rules.lint.finding import (
    ERROR,
    ORDER_12,
    ORDER_87,
    TENDERING_LAW,
    WARNING,
    Finding,
    Subject,
)
from evaluation.rules.panel import SAME, Panel
from ledger.basics.errors import Refusal

OBJECTIVE: Final = ("integer", "decimal", "money", "choice", "boolean", "date")
LEAST_EXPERTS: Final = 5
OUTLIER: Final = (20, 30)


def findings(subject: Subject) -> Iterator[Finding]:
    """What should be marked by machine, what says too little about its marks, panels too small."""
    for criterion in subject.rules.criteria:
        if criterion.by_experts:
            yield from _criterion(subject, criterion)
    if subject.rules.panel is not None:
        yield from _panel(subject, subject.rules.panel)


def _criterion(subject: Subject, criterion: Criterion) -> Iterator[Finding]:
    place = subject.place(criterion)
    if subject.touchless:
        article = subject.article(ORDER_87.format(47), TENDERING_LAW.format(37))
        yield Finding.of(ERROR, Refusal("lint.experts_no_touch", criterion=criterion.id), article, place)
    question = subject.question(criterion)
    if question is not None and question.kind in OBJECTIVE:
        refusal = Refusal("lint.objective_by_experts", criterion=criterion.id, question=question.id)
        level = ERROR if subject.home else WARNING
        # One mark for all only 87号令 asks for in words; elsewhere it is ours that a machine marks what it can.
        yield Finding.of(level, refusal, subject.article(ORDER_87.format(64)), f"{place}/kind")
    if not criterion.question and subject.home:
        yield Finding.of(WARNING, Refusal("lint.expert_unfed", criterion=criterion.id), "", f"{place}/question")
    yield from _anchors(subject, criterion, f"{place}/anchors")


def _anchors(subject: Subject, criterion: Criterion, path: str) -> Iterator[Finding]:
    """87号令 art. 55: factors are to be detailed and quantified, each range with its own marks."""
    body, level = criterion.body, ERROR if subject.procurement else WARNING
    article = subject.article(ORDER_87.format(55), ORDER_12.format(35))
    if not body["anchors"]:
        yield Finding.of(level, Refusal("lint.anchors_missing", criterion=criterion.id), article, path)
        return
    low, high = Fraction(body["range"]["min"]), Fraction(body["range"]["max"])
    points = sorted({low, high, *(Fraction(anchor["points"]) for anchor in body["anchors"])})
    for left, right in pairwise(points):
        if (right - left) * 2 > high - low:
            refusal = Refusal("lint.anchors_gap", criterion=criterion.id, low=exact(left), high=exact(right))
            yield Finding.of(level, refusal, article, path)


def _panel(subject: Subject, panel: Panel) -> Iterator[Finding]:
    law = subject.procurement or subject.tendering
    if law and panel.least < LEAST_EXPERTS:
        refusal = Refusal("lint.panel_few", found=panel.least, least=LEAST_EXPERTS)
        article = subject.article(ORDER_87.format(47), TENDERING_LAW.format(37))
        yield Finding.of(ERROR, refusal, article, "/panel/least")
    if panel.drop and panel.dropped_from < max(LEAST_EXPERTS, 2 * panel.drop + 2):
        refusal = Refusal("lint.drop_few", drop=panel.drop, found=panel.dropped_from)
        yield Finding.of(WARNING, refusal, "", "/panel/from")
    if panel.experts != SAME:
        yield Finding.of(WARNING, Refusal("lint.experts_each"), "", "/panel/experts")
    if law and (panel.outlier is None or not OUTLIER[0] <= panel.outlier <= OUTLIER[1]):
        refusal = Refusal("lint.outlier", low=OUTLIER[0], high=OUTLIER[1])
        yield Finding.of(WARNING, refusal, "", "/panel/outlier")
