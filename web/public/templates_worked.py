"""A template for reading: its rules in words, and its worked example, marked here by the engine. Pure.

Nothing of an example's result is taken from its document: the marks are computed from its bids each time a process
starts, and every one has its certificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from bidding.form import Form, check_form
from evaluation.rules import Lot, OpenedBid, Report, check_rule_set, evaluate, templates
from evaluation.rules.document import RuleSet
from evaluation.rules.exact import exact
from evaluation.rules.lint import PANEL, TOUCHLESS, Finding, lint
from evaluation.rules.templates import Entry
from web import texts
from web.public import marks, rulewords
from web.public.record import Papers, question_titles, shown_answer
from web.public.rulewords import Rules
from web.words import Lang

LOT: Final = "example"
# No example rests on the coin (docs/formats/template.md): whatever it shows, the ranks are these.
_COIN: Final = bytes(32)


@dataclass(frozen=True)
class Template:
    """The documents of a template, as `Papers`."""

    rules: RuleSet
    form: Form
    form_document: Mapping[str, Any]


@dataclass(frozen=True)
class Bid:
    """A bid of an example. `rank` 0, `total` "" where it has none; `figures`: criterion → its mark as a table shows it.

    `answers`: (question, answer) in words; `out`: why it is not ranked.
    """

    key: str
    name: str
    state: str
    rank: int
    price: str
    total: str
    figures: Mapping[str, str]
    answers: tuple[tuple[str, str], ...]
    certificates: tuple[marks.Why, ...]
    out: tuple[str, ...]


@dataclass(frozen=True)
class Worked:
    """An example, marked. `columns`: (criterion, heading); `draws`: (name, what it is for, value in per cent).

    `bids`: by rank, those without one last; `benchmark`, `screen`: None where the rules have none.
    """

    how: str
    ceiling_fen: int
    draws: tuple[tuple[str, str, str], ...]
    columns: tuple[tuple[str, str], ...]
    bids: tuple[Bid, ...]
    benchmark: marks.Why | None
    screen: marks.Why | None

    @property
    def winner(self) -> Bid:
        """The first of the ranking."""
        return self.bids[0]


@cache
def entry(name: str) -> Entry:
    """What the catalogue says of a template. Raises `Refusal("rules.unknown_template")`."""
    templates.load(name)
    return next(one for one in templates.CATALOGUE if one.name == name)


@cache
def paper(name: str) -> Template:
    """The rule set and form of a template. Raises as `entry`."""
    rules, form = templates.load(name)
    checked = check_form(form)
    return Template(check_rule_set(rules, checked), checked, form)


@cache
def rules(name: str, lang: Lang) -> Rules:
    """A template's rules in words. Raises as `entry`."""
    return rulewords.rules(paper(name), lang)


@cache
def price_words(name: str, lang: Lang) -> str:
    """How the price counts, in one sentence for somebody who has never seen a formula. Raises as `entry`."""
    found = paper(name).rules
    if found.price is None:
        return texts.text(f"gallery.rule.{'evaluated' if found.evaluated_price else 'lowest'}", lang)
    params = {key: str(value) for key, value in found.price.params.items() if not isinstance(value, dict)}
    params["weight"] = exact(found.price.weight)
    said = texts.text(f"gallery.rule.{found.price.rule.name}", lang, **params)
    return said + texts.text("gallery.rule.deducted", lang) if found.evaluated_price.get("deductions") else said


@cache
def findings(name: str) -> tuple[Finding, ...]:
    """What the linter says of a template at its example's ceiling. Raises as `entry`."""
    touch = PANEL if entry(name).experts else TOUCHLESS
    return tuple(lint(*templates.load(name), cast(int, templates.example(name)["ceiling_fen"]), touch=touch))


@cache
def worked(name: str, lang: Lang) -> Worked:
    """A template's example, marked by the engine and put into words. Raises as `entry`."""
    at, given = paper(name), cast(dict[str, Any], templates.example(name))
    report = _marked(at, given)
    uses = {one.name: one.use for one in rules(name, lang).draws}
    benchmark, screen = (report.summary.get(one) for one in ("benchmark", "abnormally_low"))
    bids = [_bid(one, report, at, lang) for one in given["bids"]]
    return Worked(
        how=given["how"][lang],
        ceiling_fen=given["ceiling_fen"],
        draws=tuple((one, uses[one], str(value)) for one, value in given["draws"].items()),
        columns=tuple((one, marks.column(at, one, lang)) for one in marks.columns(at)),
        bids=tuple(sorted(bids, key=lambda one: (one.rank or len(bids) + 1, one.key))),
        benchmark=marks.why(benchmark, at, lang) if benchmark else None,
        screen=marks.why(screen, at, lang) if screen else None,
    )


def bid_name(key: str, lang: Lang) -> str:
    """What a bid of an example is called: 甲, 乙, …; A, B, …."""
    return texts.text(f"gallery.bid.{key}", lang)


def _marked(at: Template, given: Mapping[str, Any]) -> Report:
    bids = [OpenedBid(one["bid"], {"offer": one["offer"]}, _files(at, one["offer"])) for one in given["bids"]]
    lot = Lot(
        LOT,
        given["draws"],
        _COIN,
        ceiling=given["ceiling_fen"],
        experts=given["experts"],
        explanations=given["explanations"],
    )
    return evaluate(at.rules, at.form, lot, bids)


def _files(at: Template, offer: Mapping[str, str]) -> dict[str, list[str]]:
    """The files of a bid: those that its answers name."""
    asked = {one.id for one in at.form.parts["offer"] if one.kind == "file"}
    return {"offer": [answer for question, answer in offer.items() if question in asked]}


def _bid(one: Mapping[str, Any], report: Report, at: Papers, lang: Lang) -> Bid:
    key, titles = str(one["bid"]), question_titles(at, lang)
    sheet = report.sheets[key]
    found = [marks.why(each, at, lang, lambda other: bid_name(other, lang)) for each in sheet["certificates"]]
    state = "opened" if sheet["state"] in ("ranked", "unranked") else str(sheet["state"])
    return Bid(
        key=key,
        name=bid_name(key, lang),
        state=state,
        rank=sheet.get("rank", 0),
        price=texts.price(one["offer"][at.rules.price_question]),
        total=sheet.get("total", ""),
        figures={each["criterion"]: marks.figure(each) for each in sheet["certificates"] if state != "rejected"},
        answers=tuple(
            (titles[question], shown_answer(at, question, answer, lang)) for question, answer in one["offer"].items()
        ),
        certificates=tuple(found),
        out=tuple(each.reason for each in found if each.reason),
    )
