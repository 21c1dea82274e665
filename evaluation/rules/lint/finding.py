"""A finding, what is looked at, and the articles that findings cite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bidding.form import Form, Question
from evaluation.rules.criteria import Criterion
from evaluation.rules.document import HOME, RuleSet
from ledger.basics.errors import Param, Refusal

ERROR: Final = "error"
WARNING: Final = "warning"
PROCUREMENT: Final = "procurement"
TENDERING: Final = "tendering"

# 87号令 = 政府采购货物和服务招标投标管理办法; 12号令 = 评标委员会和评标方法暂行规定; 实施条例 = 招标投标法实施条例.
ORDER_87: Final = "87号令 art. {}"
ORDER_12: Final = "12号令 art. {}"
REGULATIONS: Final = "实施条例 art. {}"
PROCUREMENT_REGULATIONS: Final = "政府采购法实施条例 art. {}"
TENDERING_LAW: Final = "招标投标法 art. {}"
SMALL_ENTERPRISES: Final = "促进中小企业发展管理办法 art. {}"
DEDUCTIONS: Final = "财库〔2022〕19号"
LOW_PRICES: Final = "财库〔2026〕2号"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    `level`: error or warning; `code`, `params` as in a `Refusal`; `article`: "" for plain sense; `path`: a JSON pointer
    to the field in `document`, which is `rules` or `form`.
    """

    level: str
    code: str
    params: Mapping[str, Param]
    article: str
    path: str
    document: str = "rules"

    @classmethod
    def of(cls, level: str, refusal: Refusal, article: str, path: str, document: str = "rules") -> Finding:
        """The finding that says what a refusal says."""
        return cls(level, refusal.code, refusal.params, article, path, document)


@dataclass(frozen=True, slots=True)
class Subject:
    """What the themes look at: documents as published and as read, the lot's ceiling (fen), whether nobody marks."""

    doc: Mapping[str, Any]
    form_doc: Mapping[str, Any] | None
    rules: RuleSet
    form: Form
    lot_ceiling: int | None
    touchless: bool

    @property
    def home(self) -> bool:
        """Chinese law can apply."""
        return self.rules.jurisdiction == HOME

    @property
    def procurement(self) -> bool:
        """政府采购法 applies."""
        return self.home and self.rules.law == PROCUREMENT

    @property
    def tendering(self) -> bool:
        """招标投标法 applies."""
        return self.home and self.rules.law == TENDERING

    @property
    def ceiling(self) -> int | None:
        """The ceiling price in fen, the rule set's before the lot's."""
        return self.lot_ceiling if self.rules.ceiling is None else self.rules.ceiling

    def article(self, procurement: str, tendering: str = "") -> str:
        """The article of whichever law applies, "" where neither does."""
        if self.procurement:
            return procurement
        return tendering if self.tendering else ""

    def question(self, criterion: Criterion) -> Question | None:
        """The question that a criterion reads."""
        return self.form.question(criterion.question) if criterion.question else None

    def place(self, criterion: Criterion) -> str:
        """The JSON pointer of a criterion."""
        return f"/criteria/{self.rules.criteria.index(criterion)}"

    def asked(self, question: str) -> str:
        """The JSON pointer of a question in the form document."""
        for part, entries in (self.form_doc or {}).get("parts", {}).items():
            for place, entry in enumerate(entries):
                if entry["id"] == question:
                    return pointer("parts", part, place)
        return ""


def pointer(*steps: str | int) -> str:
    """The JSON pointer (RFC 6901) of these steps."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
