"""The no-touch evaluation: rule set, form, opened bids and drawn values in, a report out. Nothing else enters.

The same call makes the report at the evaluation and remakes it for a stranger: there is no button for a mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Final, cast

from bidding.form import Form, Question, Value, read_answers
from evaluation.rules import criteria
from evaluation.rules.certificate import Certificate, certify, step, with_reason
from evaluation.rules.document import PRICE, Price, RuleSet, relations
from evaluation.rules.exact import exact
from evaluation.rules.price.base import Benchmark, Setting
from evaluation.rules.ranking import Entry, drawn_item, rank
from evaluation.rules.report import Report, differences
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id
from ledger.basics.money import yuan

PASSED: Final = "passed"
REJECTED: Final = "rejected"
MAX_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class OpenedBid:
    """A bid whose offer is open: `key` (the bid key, hex), the answers of each part, the file names of each part."""

    key: str
    answers: Mapping[str, Mapping[str, object]]
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Sheet:
    """A bid on its way through the evaluation."""

    bid: OpenedBid
    certificates: list[Certificate] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    price: int | None = None  # fen, where it could be read
    rejected: bool = False
    marks: dict[str, Fraction] = field(default_factory=dict)
    total: Fraction | None = None


def evaluate(
    rules: RuleSet,
    form: Form,
    *,
    lot: str,
    bids: Sequence[OpenedBid],
    draws: Mapping[str, str],
    alpha: bytes,
    ceiling: int | None = None,
) -> Report:
    """The report on a lot.

    `bids`: every bid whose offer opened, in any order, with the answers of each part that the rule set reads;
    `draws`: the drawn value of each coefficient of the rule set; `alpha`: the opening's coin, 32 bytes;
    `ceiling`: the lot's ceiling price in fen (it must be the rule set's, if that names one).

    A bid's faults are in the report, never raised. Raises `Refusal("rules.*")` only for inputs that do not belong
    together: another form, a value that was not on the list, a bid given twice.
    """
    run = _Run(rules, form, lot, dict(draws), alpha, _ceiling(rules, ceiling))
    run.check()
    sheets = [_Sheet(bid) for bid in sorted(bids, key=lambda bid: bid.key)]
    for left, right in pairwise(sheets):
        if left.bid.key == right.bid.key:
            raise Refusal("rules.doubled_bid", bid=left.bid.key)
    for sheet in sheets:
        check_id(sheet.bid.key, "bid")
        run.admit(sheet)
    return run.finish(sheets)


def recompute(
    claimed: Report,
    rules: RuleSet,
    form: Form,
    *,
    lot: str,
    bids: Sequence[OpenedBid],
    draws: Mapping[str, str],
    alpha: bytes,
    ceiling: int | None = None,
) -> list[Refusal]:
    """Where a claimed report departs from what `evaluate` makes of the same inputs: [] if every byte agrees."""
    own = evaluate(rules, form, lot=lot, bids=bids, draws=draws, alpha=alpha, ceiling=ceiling)
    return list(differences(claimed, own))


class _Run:
    """One evaluation: what is the same for all bids, and the steps in their order."""

    def __init__(
        self, rules: RuleSet, form: Form, lot: str, draws: dict[str, str], alpha: bytes, ceiling: int | None
    ) -> None:
        self.rules, self.form, self.lot, self.alpha, self.ceiling, self.draws = rules, form, lot, alpha, ceiling, draws
        self.questions: dict[str, Question] = {}

    def check(self) -> None:
        """That rule set, form, draws and coin belong together."""
        for refusal in relations(self.rules, self.form):
            raise refusal
        for name, values in self.rules.draws.items():
            if name not in self.draws:
                raise Refusal("rules.draw_missing", draw=name)
            if self.draws[name] not in values:
                raise Refusal("rules.draw_not_listed", draw=name, value=str(self.draws[name])[:64])
        for name in sorted(self.draws.keys() - self.rules.draws.keys()):
            raise Refusal("rules.unknown_draw", draw=name[:64])
        if len(self.alpha) != 32:
            raise Refusal("rules.alpha_length", found=len(self.alpha))
        if self.ceiling is None and self.rules.price is not None and self.rules.price.rule.needs_ceiling:
            raise Refusal("price.no_ceiling", rule=self.rules.price.rule.name)
        check_id(self.lot, "lot")
        for question_id in self.rules.questions:
            question = self.form.question(question_id)
            if question is not None:  # `relations` refused every unknown one
                self.questions[question_id] = question

    def admit(self, sheet: _Sheet) -> None:
        """Form, ceiling and vetoes: all that is wrong with a bid, not only the first thing."""
        self._check_form(sheet)
        self._check_ceiling(sheet)
        for criterion in self.rules.vetoes:
            if criterion.question not in sheet.values:
                continue
            question, value = self.questions[criterion.question], sheet.values[criterion.question]
            inputs = self._inputs(sheet, question)
            passed = criteria.passes(criterion, question, value)
            certificate = certify(criterion.id, "veto", criterion.clause, inputs, (), PASSED if passed else REJECTED)
            if not passed:
                sheet.rejected = True
                answer = cast(str, inputs["answer"])
                refusal = Refusal("rules.vetoed", criterion=criterion.id, question=question.id, answer=answer)
                certificate = with_reason(certificate, refusal.code, refusal.params)
            sheet.certificates.append(certificate)

    def finish(self, sheets: list[_Sheet]) -> Report:
        """Marks, totals and ranks of the bids that are left."""
        valid = [sheet for sheet in sheets if not sheet.rejected]
        if len(valid) < self.rules.min_valid:
            return self._report(sheets, failed=Refusal("rules.too_few", valid=len(valid), wanted=self.rules.min_valid))
        price = self.rules.price
        if price is None:
            return self._report(sheets, ranked=valid)
        pick = partial(drawn_item, self.alpha, self.lot)
        setting = Setting(price.weight, price.params, self.ceiling, self.draws, pick)
        prices = {sheet.bid.key: cast(int, sheet.price) for sheet in valid}
        try:
            benchmark = price.rule.benchmark(setting, prices)
        except Refusal as refusal:  # the rule's precondition does not hold for these prices
            return self._report(sheets, failed=refusal)
        certificate = self._certify_benchmark(price, prices, benchmark)
        for sheet in valid:
            self._mark_criteria(sheet)
            self._mark_price(sheet, price, setting, benchmark, cast(str, certificate["inputs_hash"]))
            self._add_up(sheet)
        return self._report(sheets, benchmark=certificate, ranked=valid)

    def _check_form(self, sheet: _Sheet) -> None:
        for part in sorted({question.part for question in self.questions.values()}):
            answers = sheet.bid.answers.get(part, {})
            values, problems = read_answers(self.form, part, answers, sheet.bid.files.get(part))
            # Every question a rule set reads is required: it has its value, or a problem that rejects the bid.
            sheet.values |= {name: value for name, value in values.items() if name in self.questions}
            for problem in problems:
                inputs: dict[str, Json] = {"part": part, "question": problem.question}
                inputs.update(_shown_answer(answers.get(problem.question)))
                certificate = certify("form", "form", self.rules.clauses["form"], inputs, (), REJECTED)
                sheet.certificates.append(with_reason(certificate, problem.code, problem.params))
                sheet.rejected = True
        sheet.price = cast(int | None, sheet.values.get(self.rules.price_question))

    def _check_ceiling(self, sheet: _Sheet) -> None:
        price = sheet.price
        if self.ceiling is None or price is None:
            return
        inputs: dict[str, Json] = {"price_fen": price, "ceiling_fen": self.ceiling}
        over = price > self.ceiling
        certificate = certify(
            "ceiling", "ceiling", self.rules.clauses["ceiling"], inputs, (), REJECTED if over else PASSED
        )
        if over:
            sheet.rejected = True
            refusal = Refusal("rules.over_ceiling", price=yuan(price), ceiling=yuan(self.ceiling))
            certificate = with_reason(certificate, refusal.code, refusal.params)
        sheet.certificates.append(certificate)

    def _certify_benchmark(self, price: Price, prices: dict[str, int], benchmark: Benchmark) -> Certificate:
        inputs: dict[str, Json] = {"prices_fen": cast(Json, prices)}
        drawn = {name: self.draws[name] for name in price.rule.draws(price.params)}
        if drawn:
            inputs["draws"] = cast(Json, drawn)
        if self.ceiling is not None and price.rule.needs_ceiling:
            inputs["ceiling_fen"] = self.ceiling
        result = exact(benchmark.value)
        return certify("benchmark", price.rule.name, price.clause, inputs, benchmark.steps, result)

    def _mark_criteria(self, sheet: _Sheet) -> None:
        for criterion in self.rules.scored:
            question, value = self.questions[criterion.question], sheet.values[criterion.question]
            steps, mark = criteria.mark(criterion, question, value, self.rules.rounding)
            sheet.marks[criterion.id] = mark
            inputs = self._inputs(sheet, question)
            result = self.rules.rounding.text(mark)
            sheet.certificates.append(certify(criterion.id, criterion.kind, criterion.clause, inputs, steps, result))

    def _mark_price(
        self, sheet: _Sheet, price: Price, setting: Setting, benchmark: Benchmark, benchmark_hash: str
    ) -> None:
        fen = cast(int, sheet.price)
        steps, mark = price.rule.mark(setting, benchmark.value, fen)
        sheet.marks[PRICE] = mark
        inputs: dict[str, Json] = {
            "price_fen": fen,
            "benchmark": exact(benchmark.value),
            "benchmark_inputs_hash": benchmark_hash,
        }
        result = self.rules.rounding.text(mark)
        sheet.certificates.append(certify(PRICE, price.rule.name, price.clause, inputs, steps, result))

    def _add_up(self, sheet: _Sheet) -> None:
        to = self.rules.rounding
        sheet.total = sum(sheet.marks.values(), Fraction(0))
        inputs: dict[str, Json] = {"marks": {name: to.text(mark) for name, mark in sheet.marks.items()}}
        steps = (step("sum", sheet.total, "points", to),)
        sheet.certificates.append(
            certify("total", "total", self.rules.clauses["total"], inputs, steps, to.text(sheet.total))
        )

    def _inputs(self, sheet: _Sheet, question: Question) -> dict[str, Json]:
        answer = cast(str, sheet.bid.answers[question.part][question.id])
        return {"part": question.part, "question": question.id, "answer": answer}

    def _report(
        self,
        sheets: list[_Sheet],
        *,
        failed: Refusal | None = None,
        benchmark: Certificate | None = None,
        ranked: Sequence[_Sheet] = (),
    ) -> Report:
        entries = [Entry(sheet.bid.key, cast(int, sheet.price), sheet.marks, sheet.total) for sheet in ranked]
        ranking = rank(entries, self.rules.ties, self.alpha, self.lot)
        summary: dict[str, Json] = {
            "v": 1,
            "lot": self.lot,
            "rule_set": {"id": self.rules.id, "version": self.rules.version, "sha256": self.rules.sha256},
            "form": {"id": self.form.id, "version": self.form.version, "sha256": self.form.sha256},
            "draws": cast(Json, self.draws),
            "alpha": self.alpha.hex(),
            "outcome": "ranked" if failed is None else "failed",
            "ties": cast(Json, list(ranking.ties)),
            "candidates": cast(Json, [bid for bid, place in ranking.ranks.items() if place <= self.rules.candidates]),
        }
        if self.ceiling is not None:
            summary["ceiling_fen"] = self.ceiling
        if failed is not None:
            summary["reason"] = {"code": failed.code, "params": cast(Json, dict(failed.params))}
        if benchmark is not None:
            summary["benchmark"] = cast(Json, benchmark)
        return Report.of(summary, [self._sheet(sheet, ranking.ranks) for sheet in sheets])

    def _sheet(self, sheet: _Sheet, ranks: Mapping[str, int]) -> dict[str, Json]:
        key = sheet.bid.key
        out: dict[str, Json] = {
            "v": 1,
            "lot": self.lot,
            "bid": key,
            "rules": self.rules.sha256,
            "state": REJECTED if sheet.rejected else ("ranked" if key in ranks else "unranked"),
            "certificates": cast(Json, sheet.certificates),
        }
        if key in ranks:
            out["rank"] = ranks[key]
        if not sheet.rejected:
            out["price_fen"] = cast(int, sheet.price)
        if sheet.total is not None:
            out["total"] = self.rules.rounding.text(sheet.total)
        return out


def _ceiling(rules: RuleSet, lot_ceiling: int | None) -> int | None:
    if rules.ceiling is not None and lot_ceiling is not None and rules.ceiling != lot_ceiling:
        raise Refusal("rules.other_ceiling", wanted=yuan(rules.ceiling), found=yuan(lot_ceiling))
    return lot_ceiling if rules.ceiling is None else rules.ceiling


def _shown_answer(answer: object) -> dict[str, Json]:
    """What a rejection shows of a faulty answer: the answer where it is short, else its hash."""
    if not isinstance(answer, str):
        return {}
    if len(answer) <= MAX_SHOWN:
        return {"answer": answer}
    return {"answer_sha256": H(answer.encode("utf-8", "surrogatepass")).hex()}
