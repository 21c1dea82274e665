"""The evaluation: rule set, form, opened bids and drawn values in, a report out. Nothing else enters.

The same call makes the report at the evaluation and remakes it for a stranger: there is no button for a mark. Where a
panel marks criteria or an explanation is judged, what was found comes in as data and stands in the certificates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Final, cast

from bidding.form import Form, Question
from evaluation.rules import abnormal, criteria, panel
from evaluation.rules.admission import Admission
from evaluation.rules.certificate import Certificate, certify, step, with_reason
from evaluation.rules.criteria import Criterion
from evaluation.rules.document import PRICE, Price, RuleSet, Stage
from evaluation.rules.exact import Rounding, exact
from evaluation.rules.panel import SAME, ExpertMarks
from evaluation.rules.price.base import Benchmark, Setting
from evaluation.rules.ranking import Entry, Ranking, drawn_item, only, rank
from evaluation.rules.relations import relations
from evaluation.rules.report import Report, differences
from evaluation.rules.sheet import REJECTED, OpenedBid, Sheet
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id
from ledger.basics.money import yuan

NO_COIN: Final = "rules.no_coin"


@dataclass(frozen=True, slots=True)
class Lot:
    """What the lot adds to its rule set.

    `draws`: the drawn value of each coefficient; `alpha`: the opening's coin, 32 bytes, or None where none was thrown
    (ties that only the draw parts then stay, and the report has no `alpha`); `ceiling`, `floor`: fen, the
    rule set's where it names them; `experts`: criterion → bid key → expert → mark; `explanations`: bid key → whether
    the explanation of an abnormally low price was found to hold (no entry: there is none).
    """

    id: str
    draws: Mapping[str, str]
    alpha: bytes | None
    ceiling: int | None = None
    floor: int | None = None
    experts: ExpertMarks = field(default_factory=dict)
    explanations: Mapping[str, bool] = field(default_factory=dict)


def evaluate(rules: RuleSet, form: Form, lot: Lot, bids: Sequence[OpenedBid]) -> Report:
    """The report on a lot.

    `bids`: every bid whose offer opened, in any order, with the answers of each part that the rule set reads.

    A bid's faults are in the report, never raised. Raises `Refusal("rules.*")` only for inputs that do not belong
    together: another form, a value that was not on the list, a bid given twice, a panel that is not complete.
    """
    run = _Run(rules, form, lot)
    return run.finish(run.admitted(bids))


def flagged(rules: RuleSet, form: Form, lot: Lot, bids: Sequence[OpenedBid]) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Whose price F12 wants explained, by bid key: the price as corrected (fen) and the tests it fails.

    `{}` where the rule set screens nobody. `lot.explanations` plays no part. Raises what `evaluate` raises.
    """
    run = _Run(rules, form, lot)
    valid = {sheet.bid.key: sheet.corrected for sheet in run.admitted(bids) if not sheet.rejected}
    if not rules.abnormally_low or not valid:
        return {}
    found = abnormal.screen(rules.abnormally_low, valid, run.ceiling)
    return {key: (valid[key], found.flags[key]) for key in sorted(found.flags)}


def recompute(claimed: Report, rules: RuleSet, form: Form, lot: Lot, bids: Sequence[OpenedBid]) -> list[Refusal]:
    """Where a claimed report departs from what `evaluate` makes of the same inputs: [] if every byte agrees."""
    return list(differences(claimed, evaluate(rules, form, lot, bids)))


class _Run:
    """One evaluation: what is the same for all bids, and the steps in their order."""

    def __init__(self, rules: RuleSet, form: Form, lot: Lot) -> None:
        self.rules, self.form, self.lot = rules, form, lot
        floor: int | None = rules.floor.get("fen")
        self.ceiling = lot.ceiling if rules.ceiling is None else rules.ceiling
        self.floor = lot.floor if floor is None else floor
        self.questions: dict[str, Question] = {}

    def check(self) -> None:
        """That rule set, form, draws and coin belong together."""
        rules, draws = self.rules, self.lot.draws
        for refusal in relations(rules, self.form):
            raise refusal
        for name, values in rules.draws.items():
            if name not in draws:
                raise Refusal("rules.draw_missing", draw=name)
            if draws[name] not in values:
                raise Refusal("rules.draw_not_listed", draw=name, value=str(draws[name])[:64])
        for name in sorted(draws.keys() - rules.draws.keys()):
            raise Refusal("rules.unknown_draw", draw=name[:64])
        if self.lot.alpha is not None and len(self.lot.alpha) != 32:
            raise Refusal("rules.alpha_length", found=len(self.lot.alpha))
        self._check_limits()
        check_id(self.lot.id, "lot")
        for question_id in rules.questions:
            question = self.form.question(question_id)
            if question is not None:  # `relations` refused every unknown one
                self.questions[question_id] = question

    def admitted(self, bids: Sequence[OpenedBid]) -> list[Sheet]:
        """A sheet for each bid, by key, after everything that needs no other bid."""
        self.check()
        sheets = [Sheet(bid) for bid in sorted(bids, key=lambda bid: bid.key)]
        for left, right in pairwise(sheets):
            if left.bid.key == right.bid.key:
                raise Refusal("rules.doubled_bid", bid=left.bid.key)
        admission = Admission(self.rules, self.form, self.questions, self.ceiling, self.floor)
        for sheet in sheets:
            check_id(sheet.bid.key, "bid")
            admission(sheet)
        return sheets

    def _check_limits(self) -> None:
        rules = self.rules
        if self.ceiling is None and rules.price is not None and rules.price.rule.needs_ceiling:
            raise Refusal("price.no_ceiling", rule=rules.price.rule.name)
        for name, found, own in (("ceiling", self.lot.ceiling, self.ceiling), ("floor", self.lot.floor, self.floor)):
            if found is not None and found != own:
                raise _other(name, cast(int, own), found)
        if self.floor is not None and not rules.floor:
            raise Refusal("rules.other_floor", wanted="0.00", found=yuan(self.floor))
        if rules.floor and self.floor is None:
            raise Refusal("rules.no_floor")

    def finish(self, sheets: list[Sheet]) -> Report:
        """Marks, totals and ranks of the bids that are left."""
        extra: dict[str, Json] = {}
        self._screen([sheet for sheet in sheets if not sheet.rejected], extra)
        if (refusal := self._too_few(sheets)) is not None:
            return self._report(sheets, extra, failed=refusal)
        self._mark([sheet for sheet in sheets if not sheet.rejected])
        if (refusal := self._too_few(sheets)) is not None:
            return self._report(sheets, extra, failed=refusal)
        valid = [sheet for sheet in sheets if not sheet.rejected]
        price = self.rules.price
        if price is None:
            if not self.rules.price_question:
                for sheet in valid:
                    self._add_up(sheet)
            return self._report(sheets, extra, ranked=valid)
        setting = Setting(price.weight, price.params, self.ceiling, self.lot.draws, self._pick)
        prices = {sheet.bid.key: int(sheet.cost * 100) for sheet in valid}
        try:
            benchmark = price.rule.benchmark(setting, prices)
        except Refusal as why:  # the rule's precondition does not hold for these prices
            if why.code == NO_COIN:
                raise
            return self._report(sheets, extra, failed=why)
        certificate = self._certify_benchmark(price, prices, benchmark)
        extra["benchmark"] = cast(Json, certificate)
        for sheet in valid:
            self._mark_price(sheet, price, setting, benchmark, cast(str, certificate["inputs_hash"]))
            self._add_up(sheet)
        return self._report(sheets, extra, ranked=valid)

    def _pick(self, name: str, items: Sequence[str]) -> str:
        if self.lot.alpha is None:
            raise Refusal("rules.no_coin", draw=name)
        return drawn_item(self.lot.alpha, self.lot.id, name, items)

    def _too_few(self, sheets: Sequence[Sheet]) -> Refusal | None:
        """Why the lot fails; bids of one brand count as one (87号令 art. 31)."""
        question = self.rules.same_brand.get("question")
        valid = [sheet for sheet in sheets if not sheet.rejected]
        found = len(valid) if question is None else len({sheet.values[question] for sheet in valid})
        wanted = self.rules.min_valid
        return Refusal("rules.too_few", valid=found, wanted=wanted) if found < wanted else None

    def _screen(self, valid: Sequence[Sheet], extra: dict[str, Json]) -> None:
        document, explained = self.rules.abnormally_low, self.lot.explanations
        flags: Mapping[str, tuple[str, ...]] = {}
        if document and valid:
            found = abnormal.screen(document, {sheet.bid.key: sheet.corrected for sheet in valid}, self.ceiling)
            extra[abnormal.CRITERION] = cast(Json, found.certificate)
            flags = found.flags
            for sheet in valid:
                if sheet.bid.key in flags:
                    proved = explained.get(sheet.bid.key)
                    sheet.certificates.append(
                        abnormal.judge(document, found, sheet.bid.key, sheet.corrected, proved=proved)
                    )
                    sheet.rejected = proved is not True
        for bid in sorted(explained.keys() - flags.keys()):
            raise Refusal("rules.explained_unflagged", bid=bid[:64])

    # --- marks --------------------------------------------------------------------------------------------------------

    def _mark(self, valid: Sequence[Sheet]) -> None:
        for criterion in self.rules.scored:
            if criterion.by_experts:
                self._check_experts(criterion, [sheet.bid.key for sheet in valid])
        weighted = {stage.id for stage in self.rules.stages if stage.weight is not None}
        parts = [one.id for one in self.rules.scored if one.stage not in weighted]
        parts += [stage.id for stage in self.rules.stages if stage.id in weighted]
        for sheet in valid:
            for criterion in self.rules.scored:
                (self._mark_by_experts if criterion.by_experts else self._mark_answer)(sheet, criterion)
            for stage in self.rules.stages:
                if self.rules.in_stage(stage):
                    self._mark_stage(sheet, stage)
            if not sheet.rejected:
                sheet.parts = {name: sheet.marks[name] for name in parts}

    def _mark_answer(self, sheet: Sheet, criterion: Criterion) -> None:
        question, value = self.questions[criterion.question], sheet.values[criterion.question]
        steps, mark = criteria.mark(criterion, question, value, self.rules.rounding)
        sheet.marks[criterion.id] = mark
        result = self.rules.rounding.text(mark)
        sheet.certificates.append(
            certify(criterion.id, criterion.kind, criterion.clause, sheet.read(question), steps, result)
        )

    def _check_experts(self, criterion: Criterion, bids: Sequence[str]) -> None:
        """That the panel's marks of a criterion are there, in range, and those of this lot's bids."""
        given, jury = self.lot.experts.get(criterion.id, {}), cast(panel.Panel, self.rules.panel)
        named = {frozenset(given.get(bid, {})) for bid in bids}
        if jury.experts == SAME and len(named) > 1:
            raise Refusal("rules.experts_differ", criterion=criterion.id)
        for bid in bids:
            marks = given.get(bid, {})
            if not jury.least <= len(marks) <= panel.MAX_EXPERTS:
                raise Refusal(
                    "rules.marks_missing", criterion=criterion.id, bid=bid, found=len(marks), wanted=jury.least
                )
            for expert, mark in marks.items():
                panel.check_mark(criterion.id, criterion.body, bid, expert, mark)

    def _mark_by_experts(self, sheet: Sheet, criterion: Criterion) -> None:
        marks = self.lot.experts[criterion.id][sheet.bid.key]
        steps, found = panel.panel_mark(cast(panel.Panel, self.rules.panel), marks)
        more, mark = criteria.scaled(criterion, found)
        sheet.marks[criterion.id] = mark
        inputs: dict[str, Json] = {"marks": dict(marks)}
        if criterion.question in sheet.values:
            inputs.update(sheet.read(self.questions[criterion.question]))
        result = self.rules.rounding.text(mark)
        sheet.certificates.append(
            certify(criterion.id, criterion.kind, criterion.clause, inputs, (*steps, *more), result)
        )

    def _mark_stage(self, sheet: Sheet, stage: Stage) -> None:
        """The sum of a stage, whether it reaches the threshold, and what it weighs in the total."""
        to = self.rules.rounding
        marks = {one.id: sheet.marks[one.id] for one in self.rules.in_stage(stage)}
        total = sum(marks.values(), Fraction(0))
        inputs: dict[str, Json] = {"marks": {name: to.text(mark) for name, mark in marks.items()}}
        steps, refusal = [step("sum", total, "points", to)], None
        if stage.threshold is not None:
            steps.append(step("threshold", stage.threshold, "points"))
            if total < stage.threshold:
                refusal = Refusal(
                    "rules.under_threshold", stage=stage.id, mark=to.text(total), threshold=exact(stage.threshold)
                )
        if refusal is not None:
            sheet.check(stage.id, "stage", stage.clause, inputs, refusal, steps)
            return
        if stage.weight is not None:
            raw, kept = total * stage.weight, cast(Rounding, stage.to)
            total = kept(raw)
            steps += [
                step("weight", stage.weight),
                step("weighted", raw, "points"),
                step("points", total, "points", kept),
            ]
        sheet.marks[stage.id] = total
        sheet.certificates.append(certify(stage.id, "stage", stage.clause, inputs, steps, to.text(total)))

    def _certify_benchmark(self, price: Price, prices: dict[str, int], benchmark: Benchmark) -> Certificate:
        inputs: dict[str, Json] = {"prices_fen": cast(Json, prices)}
        drawn = {name: self.lot.draws[name] for name in price.rule.draws(price.params)}
        if drawn:
            inputs["draws"] = cast(Json, drawn)
        if self.ceiling is not None and price.rule.needs_ceiling:
            inputs["ceiling_fen"] = self.ceiling
        result = exact(benchmark.value)
        return certify("benchmark", price.rule.name, price.clause, inputs, benchmark.steps, result)

    def _mark_price(
        self, sheet: Sheet, price: Price, setting: Setting, benchmark: Benchmark, benchmark_hash: str
    ) -> None:
        fen = int(sheet.cost * 100)
        steps, mark = price.rule.mark(setting, benchmark.value, fen)
        sheet.marks[PRICE] = sheet.parts[PRICE] = mark
        inputs: dict[str, Json] = {
            "price_fen": fen,
            "benchmark": exact(benchmark.value),
            "benchmark_inputs_hash": benchmark_hash,
        }
        result = self.rules.rounding.text(mark)
        sheet.certificates.append(certify(PRICE, price.rule.name, price.clause, inputs, steps, result))

    def _add_up(self, sheet: Sheet) -> None:
        to = self.rules.rounding
        sheet.total = sum(sheet.parts.values(), Fraction(0))
        inputs: dict[str, Json] = {"marks": {name: to.text(mark) for name, mark in sheet.parts.items()}}
        steps = (step("sum", sheet.total, "points", to),)
        sheet.certificates.append(
            certify("total", "total", self.rules.clauses["total"], inputs, steps, to.text(sheet.total))
        )

    def _report(
        self,
        sheets: list[Sheet],
        extra: Mapping[str, Json],
        *,
        failed: Refusal | None = None,
        ranked: Sequence[Sheet] = (),
    ) -> Report:
        ranking = self._rank(ranked)
        summary: dict[str, Json] = {
            "v": 1,
            "lot": self.lot.id,
            "rule_set": {"id": self.rules.id, "version": self.rules.version, "sha256": self.rules.sha256},
            "form": {"id": self.form.id, "version": self.form.version, "sha256": self.form.sha256},
            "draws": cast(Json, dict(self.lot.draws)),
            "outcome": "ranked" if failed is None else "failed",
            "ties": cast(Json, list(ranking.ties)),
            "candidates": cast(Json, [bid for bid, place in ranking.ranks.items() if place <= self.rules.candidates]),
        }
        if self.lot.alpha is not None:
            summary["alpha"] = self.lot.alpha.hex()
        if self.ceiling is not None:
            summary["ceiling_fen"] = self.ceiling
        if failed is not None:
            summary["reason"] = {"code": failed.code, "params": cast(Json, dict(failed.params))}
        summary.update(extra)
        if self.floor is not None:
            summary["floor_fen"] = self.floor
        return Report.of(summary, [self._sheet(sheet, ranking.ranks) for sheet in sheets])

    def _rank(self, ranked: Sequence[Sheet]) -> Ranking:
        entries = [Entry(sheet.bid.key, sheet.corrected, sheet.cost, sheet.marks, sheet.total) for sheet in ranked]
        ranking = rank(entries, self.rules.ties, self.lot.alpha, self.lot.id)
        question = self.rules.same_brand.get("question")
        if question is None:
            return ranking
        brands = {sheet.bid.key: str(sheet.values[question]) for sheet in ranked}
        best: dict[str, str] = {}
        for bid in ranking.ranks:
            best.setdefault(brands[bid], bid)
        for sheet in ranked:
            first = best[brands[sheet.bid.key]]
            if first != sheet.bid.key:
                sheet.doubled = True
                refusal = Refusal("rules.same_brand", brand=brands[first][:64], first=first)
                inputs = sheet.read(self.questions[question])
                made = certify("same_brand", "same_brand", self.rules.same_brand["clause"], inputs, (), "set_aside")
                sheet.certificates.append(with_reason(made, refusal.code, refusal.params))
        return only(ranking, set(best.values()))

    def _sheet(self, sheet: Sheet, ranks: Mapping[str, int]) -> dict[str, Json]:
        key = sheet.bid.key
        out: dict[str, Json] = {
            "v": 1,
            "lot": self.lot.id,
            "bid": key,
            "rules": self.rules.sha256,
            "state": _state(sheet, is_ranked=key in ranks),
            "certificates": cast(Json, sheet.certificates),
        }
        if key in ranks:
            out["rank"] = ranks[key]
        if not sheet.rejected and self.rules.price_question:
            out["price_fen"] = sheet.corrected
        if sheet.total is not None:
            out["total"] = self.rules.rounding.text(sheet.total)
        return out


def _state(sheet: Sheet, *, is_ranked: bool) -> str:
    if sheet.rejected:
        return REJECTED
    return "same_brand" if sheet.doubled else "ranked" if is_ranked else "unranked"


def _other(name: str, wanted: int, found: int) -> Refusal:
    if name == "ceiling":
        return Refusal("rules.other_ceiling", wanted=yuan(wanted), found=yuan(found))
    return Refusal("rules.other_floor", wanted=yuan(wanted), found=yuan(found))
