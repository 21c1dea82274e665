"""What is wrong with a rule set before it is published: what cannot be applied, what the law forbids, what is odd.

Publication refuses errors and shows warnings. Articles: 87号令 = 政府采购货物和服务招标投标管理办法; 实施条例 =
招标投标法实施条例; a finding of plain sense has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from bidding.form import Form, Question, check_form
from evaluation.rules import criteria
from evaluation.rules.criteria import Criterion
from evaluation.rules.document import HOME, RuleSet, read
from evaluation.rules.exact import exact
from evaluation.rules.relations import relations
from ledger.basics.errors import Param, Refusal
from ledger.basics.money import yuan

ERROR: Final = "error"
WARNING: Final = "warning"
FULL_MARKS: Final = 100
# 87号令 art. 55: the least share of the price in the total, in points of a hundred.
PRICE_MINIMUM: Final[Mapping[str, int]] = {"goods": 30, "services": 10}
MAX_CANDIDATES: Final = 3
MIN_VALID: Final = 3
F5_FROM: Final = 15


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: `level` error or warning, a code with params as in a `Refusal`, the article ("" for sense)."""

    level: str
    code: str
    params: Mapping[str, Param]
    article: str


def lint(doc: object, form_doc: object, ceiling: int | None = None) -> list[Finding]:
    """Every finding on a rule set over its form. `ceiling`: the lot's ceiling price in fen, where it has one."""
    try:
        form = check_form(form_doc)
        rules = read(doc)
    except Refusal as refusal:
        # Nothing can be said about a document that cannot be read.
        return [_finding(ERROR, refusal)]
    found = [_finding(ERROR, refusal) for refusal in relations(rules, form)]
    found.extend(_marks(rules))
    found.extend(_ranking(rules))
    found.extend(_ceiling(rules, form, ceiling))
    if rules.law == "procurement":
        found.extend(_procurement(rules))
    found.extend(_odd(rules, form))
    return found


def check_publishable(doc: object, form_doc: object, ceiling: int | None = None) -> None:
    """Raises `Refusal("rules.not_publishable")` with the number of errors and the first one's code."""
    errors = [finding for finding in lint(doc, form_doc, ceiling) if finding.level == ERROR]
    if errors:
        raise Refusal("rules.not_publishable", errors=len(errors), first=errors[0].code, article=errors[0].article)


def _finding(level: str, refusal: Refusal, article: str = "") -> Finding:
    return Finding(level, refusal.code, refusal.params, article)


def _marks(rules: RuleSet) -> Iterator[Finding]:
    if rules.price is None:
        return
    total = rules.price.weight + sum((criteria.best(criterion) for criterion in rules.scored), Fraction(0))
    if total != FULL_MARKS:
        yield _finding(ERROR, Refusal("lint.weights", total=exact(total), wanted=FULL_MARKS), _marks_article(rules))
    for criterion in rules.scored:
        if _flat(criterion):
            yield _finding(WARNING, Refusal("lint.flat", criterion=criterion.id))
    if rules.price.rule.name == "F4":
        yield _finding(WARNING, Refusal("lint.f4_many_bids", limit=F5_FROM))


def _marks_article(rules: RuleSet) -> str:
    return "87号令 art. 55" if rules.law == "procurement" else ""


def _flat(criterion: Criterion) -> bool:
    """Every answer gets the same."""
    body = criterion.body
    match criterion.kind:
        case "choice":
            points = list(body["points"].values())
        case "bands":
            points = [band["points"] for band in body["bands"]]
        case "line":
            points = [body["from"]["points"], body["to"]["points"]]
        case _:
            points = ["0", body["cap"]]
    return len({Fraction(entry) for entry in points}) == 1


def _ranking(rules: RuleSet) -> Iterator[Finding]:
    if "draw" not in rules.ties:
        yield _finding(
            ERROR, Refusal("lint.tie_open"), "87号令 art. 68" if rules.law == "procurement" else "实施条例 art. 53"
        )
    if rules.law == "tendering" and rules.candidates > MAX_CANDIDATES:
        refusal = Refusal("lint.too_many_candidates", found=rules.candidates, limit=MAX_CANDIDATES)
        yield _finding(ERROR, refusal, "实施条例 art. 53")


def _ceiling(rules: RuleSet, form: Form, ceiling: int | None) -> Iterator[Finding]:
    known = rules.ceiling if rules.ceiling is not None else ceiling
    if ceiling is not None and known != ceiling:
        yield _finding(ERROR, Refusal("rules.other_ceiling", wanted=yuan(known or 0), found=yuan(ceiling)))
    if known is None and rules.price is not None and rules.price.rule.needs_ceiling:
        yield _finding(ERROR, Refusal("price.no_ceiling", rule=rules.price.rule.name))
    question = form.question(rules.price_question)
    if question is None or question.kind != "money":
        return
    if known is not None and isinstance(question.high, int) and question.high != known:
        yield _finding(WARNING, Refusal("lint.form_maximum", maximum=yuan(question.high), ceiling=yuan(known)))
    if rules.jurisdiction == HOME and _has_floor(rules, question):
        yield _finding(ERROR, Refusal("lint.floor_price", question=question.id), _floor_article(rules))


def _has_floor(rules: RuleSet, question: Question) -> bool:
    """A least price, in the form (above one fen) or as a veto: a ceiling is allowed, a floor is not."""
    if (isinstance(question.low, int) and question.low > 1) or rules.floor:
        return True
    return any(veto.question == question.id and "min" in veto.body for veto in rules.vetoes)


def _floor_article(rules: RuleSet) -> str:
    return "87号令 art. 12" if rules.law == "procurement" else "实施条例 art. 27"


def _procurement(rules: RuleSet) -> Iterator[Finding]:
    price = rules.price
    if price is not None:
        least = PRICE_MINIMUM.get(rules.category)
        if least is not None and price.weight < least:
            refusal = Refusal("lint.price_weight", weight=exact(price.weight), least=least)
            yield _finding(ERROR, refusal, "87号令 art. 55")
        if price.rule.averages:
            yield _finding(ERROR, Refusal("lint.average_forbidden", rule=price.rule.name), "87号令 art. 55")
        if rules.ties[:1] != ("lower_price",):
            yield _finding(ERROR, Refusal("lint.tie_not_price"), "87号令 art. 57")
    for criterion in rules.scored:
        if criterion.question == rules.price_question:
            refusal = Refusal("lint.price_marked_twice", criterion=criterion.id)
            yield _finding(ERROR, refusal, "87号令 art. 55")
    if rules.min_valid < MIN_VALID:
        yield _finding(ERROR, Refusal("lint.min_valid", found=rules.min_valid, least=MIN_VALID), "87号令 art. 43")


def _odd(rules: RuleSet, form: Form) -> Iterator[Finding]:
    for veto in rules.vetoes:
        question = form.question(veto.question)
        if question is not None and "allow" in veto.body and set(question.choices) <= set(veto.body["allow"]):
            yield _finding(WARNING, Refusal("lint.veto_never", criterion=veto.id))
    clauses = [criterion.clause for criterion in rules.criteria]
    for clause in sorted({clause for clause in clauses if clauses.count(clause) > 1}):
        yield _finding(WARNING, Refusal("lint.clause_shared", clause=clause))
