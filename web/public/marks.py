"""Why a bid has this mark: a certificate laid out for reading, step by step. Pure; nothing is computed anew.

Everything shown stands in the certificate, in the published rule set or in the form (docs/formats/certificate.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from evaluation.rules.exact import exact, near
from evaluation.rules.render import filled, label, render, rounding, said, unit
from web import texts, words
from web.public.formulas import draw_title, formula
from web.public.record import LONGEST, Papers, question_titles, shown_answer
from web.words import Lang

# Nothing is computed: the answer and what became of it say all.
_PLAIN: Final = ("veto", "choice", "bands", "form", "same_brand")
_NAMED: Final = ("adjustments", "deductions", "features")
# Bid key → what the bid is called where it is shown.
Called = Callable[[str], str]


@dataclass(frozen=True)
class Input:
    """Something that went in: what it is, its value, where it came from (`source`: the last part of a text's key)."""

    label: str
    value: str
    source: str


@dataclass(frozen=True)
class Step:
    """One step: its words, its value as shown, its exact value where that is another, unit and rounding in words."""

    label: str
    value: str
    exact: str
    unit: str
    rounding: str


@dataclass(frozen=True)
class Why:
    """A certificate for reading. `formula`: the rule in words; `filled`: the same with the numbers of this bid.

    `line`: all of it in one sentence; `reason`: why it rejects, else "".
    """

    criterion: str
    title: str
    clause: str
    rule: str
    line: str
    formula: str
    filled: str
    inputs: tuple[Input, ...]
    inputs_hash: str
    steps: tuple[Step, ...]
    result: str
    reason: str


def short(key: str) -> str:
    """A bid by the beginning of its key, where nobody knows what it is called."""
    return f"{key[:16]}…" if len(key) > 16 else key


def why(certificate: Mapping[str, Any], papers: Papers, lang: Lang, called: Called = short) -> Why:
    """One certificate of a sheet, or the benchmark's of a report. `called`: what other bids are called."""
    criterion, rule = str(certificate["criterion"]), str(certificate["rule"])
    reason = certificate.get("reason")
    return Why(
        criterion=criterion,
        title=title(papers, criterion, lang),
        clause=str(certificate["clause"]),
        rule=rule,
        line=render(certificate, lang, None, lambda code, params, _: _reason(code, params, papers, lang, called)),
        formula=formula(papers, criterion, rule, lang),
        filled=_filled(certificate, papers, lang).replace("= ≈", "≈ "),
        inputs=tuple(_inputs(certificate, papers, lang)),
        inputs_hash=str(certificate["inputs_hash"]),
        steps=tuple(_step(one, rule, criterion, papers, lang) for one in certificate["steps"]),
        result=_result(certificate, lang),
        reason=_reason(reason["code"], reason["params"], papers, lang, called) if reason else "",
    )


def _reason(code: str, params: Mapping[str, Any], papers: Papers, lang: Lang, called: Called) -> str:
    """Why a bid is out; tests, stages, criteria, questions, answers and other bids by what they are called."""
    named = dict(params)
    if "tests" in named:
        named["tests"] = texts.text("comma", lang).join(said(one, lang) for one in str(named["tests"]).split(", "))
    for name in ("stage", "criterion"):
        if name in named:
            named[name] = title(papers, str(named[name]), lang)
    if "question" in named:
        question = str(named["question"])
        named["question"] = question_titles(papers, lang).get(question, question)
        if "answer" in named:
            named["answer"] = shown_answer(papers, question, str(named["answer"]), lang)[:LONGEST]
    for name in ("price", "ceiling", "floor"):
        if name in named:
            named[name] = texts.price(str(named[name]))
    if "first" in named:
        named["first"] = called(str(named["first"]))
        named["brand"] = shown_answer(papers, str(papers.rules.same_brand["question"]), str(named["brand"]), lang)
    return words.say(code, named, lang)


def title(papers: Papers, criterion: str, lang: Lang) -> str:
    """What the rule set calls a criterion, a stage or what changes a price; else what everybody calls it."""
    rules = papers.rules
    titles = {one.id: one.title for one in rules.criteria} | {one.id: one.title for one in rules.stages}
    if criterion in titles:
        return titles[criterion][lang]
    for item in (item for name in _NAMED for item in rules.evaluated_price.get(name, ())):
        if item["id"] == criterion:
            return str(item["title"][lang])
    if criterion == "price" and rules.price is not None:
        return rules.price.title[lang]
    return texts.text(f"why.of.{criterion}", lang)


def columns(papers: Papers) -> list[str]:
    """What has a figure of its own, in the order of a sheet: by stage, each with its subtotal behind it."""
    rules = papers.rules
    found = [one.id for one in rules.scored if not one.stage]
    for stage in rules.stages:
        scored = rules.in_stage(stage)
        found += [*(one.id for one in scored), *([stage.id] if scored else [])]
    return [*found, *(["evaluated_price"] if rules.evaluated_price else []), *(["price"] if rules.price else [])]


def column(papers: Papers, criterion: str, lang: Lang) -> str:
    """The heading of one of `columns`: the mark for the price is not headed as the price itself."""
    if criterion == "price":
        return texts.text("why.of.price", lang)
    found = title(papers, criterion, lang)
    if any(stage.id == criterion for stage in papers.rules.stages):
        return texts.text("rules.stage.subtotal", lang, title=found)
    return found


def figure(certificate: Mapping[str, Any]) -> str:
    """A certificate's result as a table shows it."""
    result = str(certificate["result"])
    return _grouped(near(result, 2)) if certificate["criterion"] == "evaluated_price" else result


def _filled(certificate: Mapping[str, Any], papers: Papers, lang: Lang) -> str:
    """The formula with the numbers of this certificate, "" where there is nothing to compute."""
    criterion, rule = str(certificate["criterion"]), str(certificate["rule"])
    if rule in _PLAIN:
        return ""
    values = {one["name"]: _shown(one["value"], one.get("unit", "")) for one in certificate["steps"]}
    price = papers.rules.price
    if criterion == "price" and price is not None and (rule == "F1" or "rounded_ratio" in values):
        inputs = certificate["inputs"]
        values |= {"price": texts.money(inputs["price_fen"]), "base": _shown(inputs["benchmark"], "yuan")}
        values |= {"weight": exact(price.weight)}
        if rule == "F1":
            return texts.text("filled.F1", lang, **values)
        above = Fraction(next(one["value"] for one in certificate["steps"] if one["name"] == "deviation")) > 0
        values |= {"each": price.params["up"] if above else price.params["down"], "floor": price.params["floor"]}
        values["deviation"] = values["deviation"].removeprefix("-")
        return texts.text("filled.deviation", lang, **values)
    if rule in ("line", "count"):
        (one,) = [found for found in papers.rules.criteria if found.id == criterion]
        if rule == "count":
            values["each"] = str(one.body["each"])
        else:
            values |= {"low": one.body["from"]["at"], "start": one.body["from"]["points"]}
            values |= {"high": one.body["to"]["at"], "end": one.body["to"]["points"]}
        return texts.text(f"filled.{rule}", lang, **values)
    return filled(certificate, lang, _shown, lambda name: title(papers, name, lang))


def _inputs(certificate: Mapping[str, Any], papers: Papers, lang: Lang) -> Iterator[Input]:
    inputs: Mapping[str, Any] = certificate["inputs"]
    if "question" in inputs:
        question = str(inputs["question"])
        asked = question_titles(papers, lang).get(question, question)
        if "answer" in inputs:
            answer = str(inputs["answer"])
            yield Input(asked, shown_answer(papers, question, answer, lang)[:LONGEST], "answer")
        else:
            yield Input(asked, str(inputs.get("answer_sha256", "—")), "answer")
    titles = question_titles(papers, lang) if "answers" in inputs else {}
    for question, answer in inputs.get("answers", {}).items():
        shown = shown_answer(papers, question, str(answer), lang)
        yield Input(titles.get(question, question), shown[:LONGEST], "answer")
    if "price_fen" in inputs and certificate["criterion"] == "price" and papers.rules.evaluated_price:
        name = texts.text("why.of.evaluated_price", lang)
        yield Input(name, _money(inputs["price_fen"], lang), "evaluated")
    elif "price_fen" in inputs:
        yield Input(texts.text("why.in.price", lang), _money(inputs["price_fen"], lang), "answer")
    if "prices_fen" in inputs:
        count = len(inputs["prices_fen"])
        yield Input(texts.text("why.in.prices", lang), texts.text("why.in.prices.count", lang, count=count), "answers")
    for name, value in sorted(inputs.get("draws", {}).items()):
        yield Input(
            texts.text("why.in.draw", lang, name=draw_title(papers.rules, name, lang) or name), f"{value}%", "draw"
        )
    if "ceiling_fen" in inputs:
        yield Input(texts.text("ceiling", lang), _money(inputs["ceiling_fen"], lang), "notice")
    if "benchmark" in inputs:
        value = f"{_shown(inputs['benchmark'], 'yuan')} {texts.text('yuan', lang)}"
        yield Input(texts.text("why.of.benchmark", lang), value, "benchmark")
    if "floor_fen" in inputs:
        yield Input(texts.text("why.of.floor", lang), _money(inputs["floor_fen"], lang), "notice")
    if "explanation" in inputs:
        yield Input(texts.text("why.in.explanation", lang), said(str(inputs["explanation"]), lang), "explanation")
    yield from _inputs_of_marks(certificate, papers, lang)


def _inputs_of_marks(certificate: Mapping[str, Any], papers: Papers, lang: Lang) -> Iterator[Input]:
    order = columns(papers)
    given: Mapping[str, Any] = certificate["inputs"].get("marks", {})
    for name, mark in sorted(given.items(), key=lambda one: order.index(one[0]) if one[0] in order else -1):
        if certificate["rule"] == "expert":
            yield Input(texts.text("why.in.expert", lang, name=name), str(mark), "expert")
        else:
            yield Input(title(papers, name, lang), str(mark), "marks")


def _money(fen: int, lang: Lang) -> str:
    return f"{texts.money(fen)} {texts.text('yuan', lang)}"


def _step(one: Mapping[str, Any], rule: str, criterion: str, papers: Papers, lang: Lang) -> Step:
    value, name = str(one["value"]), str(one["name"])
    _, _, of = name.partition(":")
    return Step(
        label=label(rule, name, lang, title(papers, of, lang) if of else ""),
        value=_value(one, rule, criterion, papers, lang),
        exact=value if "/" in value else "",
        unit=unit(one["unit"], lang) if "unit" in one else "",
        rounding=rounding(one["rounding"], lang) if "rounding" in one else "",
    )


def _value(one: Mapping[str, Any], rule: str, criterion: str, papers: Papers, lang: Lang) -> str:
    value, name = str(one["value"]), str(one["name"])
    if name == rule == "choice":
        (asked,) = [found.question for found in papers.rules.criteria if found.id == criterion]
        return shown_answer(papers, asked, value, lang)
    return said(value, lang) if name == "band" else _shown(value, one.get("unit", ""))


def _result(certificate: Mapping[str, Any], lang: Lang) -> str:
    result, criterion = str(certificate["result"]), str(certificate["criterion"])
    if result in ("passed", "rejected", "explained", "set_aside"):
        return texts.text(f"why.result.{result}", lang)
    if criterion == "abnormally_low":
        return texts.text("why.result.flagged", lang, count=result)
    of = "yuan" if criterion in ("benchmark", "evaluated_price") else "points"
    return f"{_shown(result, of)} {unit(of, lang)}"


def _shown(value: str, of: str) -> str:
    """An exact value for a reader: `≈` where it does not end, amounts in groups of three digits."""
    return _grouped(near(value)) if of == "yuan" else near(value)


def _grouped(text: str) -> str:
    sign = text[: len(text) - len(text.lstrip("≈-"))]
    whole, point, rest = text.removeprefix(sign).partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"
