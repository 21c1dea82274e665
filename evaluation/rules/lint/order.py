"""The ranking: what parts equals, how many candidates there are, how many bids a lot needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from evaluation.rules.lint.finding import ERROR, ORDER_87, REGULATIONS, WARNING, Finding, Subject
from ledger.basics.errors import Refusal

MAX_CANDIDATES: Final = 3
MIN_VALID: Final = 3


def findings(subject: Subject) -> Iterator[Finding]:
    """Ties left open, too many candidates, brands counted twice."""
    rules = subject.rules
    if "draw" not in rules.ties:
        article = subject.article(ORDER_87.format(68), REGULATIONS.format(53))
        yield Finding.of(ERROR, Refusal("lint.tie_open"), article, "/ranking/ties")
    if (subject.tendering or subject.procurement) and rules.candidates > MAX_CANDIDATES:
        refusal = Refusal("lint.too_many_candidates", found=rules.candidates, limit=MAX_CANDIDATES)
        # 87号令 ranks the bids and sets no number: three is what is customary there.
        level = ERROR if subject.tendering else WARNING
        yield Finding.of(level, refusal, subject.article("", REGULATIONS.format(53)), "/candidates")
    if not subject.procurement:
        return
    if rules.price is not None and rules.ties[:1] != ("lower_price",):
        yield Finding.of(ERROR, Refusal("lint.tie_not_price"), ORDER_87.format(57), "/ranking/ties/0")
    if rules.min_valid < MIN_VALID:
        refusal = Refusal("lint.min_valid", found=rules.min_valid, least=MIN_VALID)
        yield Finding.of(ERROR, refusal, ORDER_87.format(43), "/min_valid")
    if rules.category == "goods" and not rules.same_brand:
        yield Finding.of(ERROR, Refusal("lint.same_brand"), ORDER_87.format(31), "/same_brand")
