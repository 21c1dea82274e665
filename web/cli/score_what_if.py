"""`mingjing score --what-if`: had a bid answered otherwise, which marks and ranks would be others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from rich.table import Table

from bidding.form import Form, Question, read_answer
from evaluation.inputs.bids import LotRows
from evaluation.inputs.table import SHOWN, Faults, Place
from evaluation.rules import RuleSet
from evaluation.rules.exact import near
from evaluation.rules.moves import Move, Moves
from evaluation.rules.render import verdict
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from web import words
from web.cli.score_text import STATES, clean, drawn, titles_of
from web.words import Lang

OPTION: Final = "--what-if"
# Lot → bid key → question → answer.
Changes = dict[str, dict[str, dict[str, str]]]

_NAMES: Final = {
    "abnormally_low": "score.part_abnormally_low",
    "benchmark": "score.part_benchmark",
    "ceiling": "score.part_ceiling",
    "evaluated_price": "score.part_evaluated_price",
    "floor": "score.part_floor",
    "form": "score.part_form",
    "same_brand": "score.part_same_brand",
    "total": "score.head_total",
}


def read(asked: Sequence[str], lots: Sequence[LotRows], form: Form, faults: Faults, *, as_opened: bool) -> Changes:
    """The answers to try, `[LOT/]BID=QUESTION:ANSWER` each; what cannot be tried is a fault, all told at once.

    The lot may be left out where one lot alone has that bid. As in a table an answer that the form refuses is a
    fault, unless it is taken `as_opened`.
    """
    found: Changes = {}
    for text in asked:
        try:
            lot, bid, question, answer = _read(text, lots, form)
            if not as_opened:
                read_answer(question, answer)
            answers = found.setdefault(lot, {}).setdefault(bid, {})
            if question.id in answers:
                raise Refusal("score.what_if_doubled", bid=bid, question=question.id)  # noqa: TRY301 - noted here
            answers[question.id] = answer
        except Refusal as why:
            faults.add(Place(f"{OPTION} {text[:SHOWN]}"), why)
    return found


def _read(text: str, lots: Sequence[LotRows], form: Form) -> tuple[str, str, Question, str]:
    named, equals, change = text.partition("=")
    name, colon, answer = change.partition(":")
    if not (equals and colon):
        raise Refusal("score.what_if", found=text[:SHOWN])
    lot_id, slash, bid = named.rpartition("/")
    having = [lot.id for lot in lots if bid in lot.keys and (not slash or lot.id == lot_id)]
    if not having:
        raise Refusal("rules.what_if_bid", bid=named[:SHOWN])
    if len(having) > 1:
        raise Refusal("score.what_if_lot", bid=bid, lots="|".join(having)[:SHOWN])
    question = form.question(name)
    if question is None:
        raise Refusal("score.what_if_question", question=name[:SHOWN])
    return having[0], bid, question, answer


def shown(lot: str, changed: Mapping[str, Mapping[str, str]], found: Moves) -> Json:
    """What `--json` adds for a lot: docs/formats/score-inputs.md."""
    asked = {bid: dict(answers) for bid, answers in changed.items()}
    made = {"lot": lot, "changed": asked, "marks": _rows(found.marks), "ranks": _rows(found.ranks)}
    return cast(Json, {**made, "report_sha256": found.after.sha256})


def _rows(moved: Sequence[Move]) -> list[dict[str, str]]:
    return [{"bid": one.bid, "criterion": one.criterion, "before": one.before, "after": one.after} for one in moved]


def lines(rules: RuleSet, lot: str, found: Moves, lang: Lang) -> Iterator[str]:
    """The same for a person."""
    yield words.say("score.what_if_title", {"lot": lot}, lang)
    if not (found.marks or found.ranks):
        yield words.say("score.what_if_nothing", {}, lang)
        return
    titles = {name: title[lang] for name, title in titles_of(rules).items()}
    names = {name: words.say(code, {}, lang) for name, code in _NAMES.items()} | titles
    heads = ("score.head_bid", "score.head_moved", "score.head_before", "score.head_after")
    table = Table(*(words.say(head, {}, lang) for head in heads))
    moved = [(one, names.get(one.criterion, one.criterion)) for one in found.marks]
    moved += [(one, words.say("score.head_rank", {}, lang)) for one in found.ranks]
    for one, title in moved:
        table.add_row(*map(clean, (one.bid, title, _said(one.before, lang), _said(one.after, lang))))
    yield from drawn(table)


def _said(result: str, lang: Lang) -> str:
    """A result as certificates have it, in words where it is a state."""
    each = dict.fromkeys(result.split())  # a form has a result for each question
    return (
        " ".join(words.say(STATES[one], {}, lang) if one in STATES else verdict(one, lang) or near(one) for one in each)
        or "–"
    )
