"""What must hold before a bid is marked: the form, the price with its corrections, ceiling and floor, the vetoes.

All that is wrong with a bid is found, not only the first thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from bidding.form import Form, Question, read_answers
from evaluation.rules import criteria, evaluated
from evaluation.rules.certificate import certify
from evaluation.rules.document import RuleSet
from evaluation.rules.exact import exact
from evaluation.rules.sheet import Sheet, shown_answer
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.basics.money import yuan


@dataclass(frozen=True, slots=True)
class Admission:
    """What is the same for all bids. `questions`: those that the rule set reads; `ceiling`, `floor`: fen or None."""

    rules: RuleSet
    form: Form
    questions: Mapping[str, Question]
    ceiling: int | None
    floor: int | None

    def __call__(self, sheet: Sheet) -> None:
        """Looks at one bid."""
        self._form(sheet)
        self._price(sheet)
        for criterion in self.rules.vetoes:
            if criterion.question not in sheet.values:
                continue
            question, value = self.questions[criterion.question], sheet.values[criterion.question]
            inputs, refusal = sheet.read(question), None
            if not criteria.passes(criterion, question, value):
                answer = cast(str, inputs["answer"])
                refusal = Refusal("rules.vetoed", criterion=criterion.id, question=question.id, answer=answer)
            sheet.check(criterion.id, "veto", criterion.clause, inputs, refusal)

    def _form(self, sheet: Sheet) -> None:
        for part in sorted({question.part for question in self.questions.values()}):
            answers = sheet.bid.answers.get(part, {})
            values, problems = read_answers(self.form, part, answers, sheet.bid.files.get(part))
            # A required question has its value, or a problem that rejects the bid.
            sheet.values |= {name: value for name, value in values.items() if name in self.questions}
            for problem in problems:
                inputs: dict[str, Json] = {"part": part, "question": problem.question}
                inputs.update(shown_answer(answers.get(problem.question)))
                refusal = Refusal(problem.code, **problem.params)
                sheet.check("form", "form", self.rules.clauses["form"], inputs, refusal)

    def _price(self, sheet: Sheet) -> None:
        price = cast(int | None, sheet.values.get(self.rules.price_question))
        if price is None:
            return
        sheet.corrected, sheet.cost = price, Fraction(price, 100)
        if self.rules.evaluated_price and not self._evaluated(sheet, price):
            return
        for name, limit in (("ceiling", self.ceiling), ("floor", self.floor)):
            if limit is not None:
                self._limit(sheet, name, limit)

    def _evaluated(self, sheet: Sheet, price: int) -> bool:
        """What the price counts as; not looked at where an answer to it is missing, which rejects the bid already."""
        document = self.rules.evaluated_price
        read = [self.questions[name] for name in dict.fromkeys(evaluated.questions(document))]
        if any(question.required and question.id not in sheet.values for question in read):
            return False
        given = [question for question in read if question.id in sheet.values]
        inputs: dict[str, Json] = {
            "price_fen": price,
            "answers": {question.id: sheet.read(question)["answer"] for question in given},
        }
        try:
            found = evaluated.priced(document, sheet.values, price)
        except Refusal as refusal:
            sheet.check(evaluated.CRITERION, evaluated.CRITERION, document["clause"], inputs, refusal)
            return False
        sheet.corrected, sheet.cost = found.corrected, found.cost
        sheet.certificates.append(
            certify(
                evaluated.CRITERION, evaluated.CRITERION, document["clause"], inputs, found.steps, exact(found.cost)
            )
        )
        return True

    def _limit(self, sheet: Sheet, name: str, limit: int) -> None:
        price, refusal = sheet.corrected, None
        clause = self.rules.clauses["ceiling"] if name == "ceiling" else self.rules.floor["clause"]
        if name == "ceiling" and price > limit:
            refusal = Refusal("rules.over_ceiling", price=yuan(price), ceiling=yuan(limit))
        elif name == "floor" and price < limit:
            refusal = Refusal("rules.under_floor", price=yuan(price), floor=yuan(limit))
        sheet.check(name, name, clause, {"price_fen": price, f"{name}_fen": limit}, refusal)
