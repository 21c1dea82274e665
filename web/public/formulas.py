"""The rules of a rule set in words, with the numbers that it fixed and none of any bid. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evaluation.rules.criteria import Criterion
from evaluation.rules.document import RuleSet, Stage
from evaluation.rules.evaluated import price_weight
from evaluation.rules.exact import exact
from evaluation.rules.render import rounding as say_rounding
from evaluation.rules.render.formula import DEVIATION
from web import texts
from web.public.record import Papers, question_titles, shown_answer
from web.words import Lang


def formula(papers: Papers, criterion: str, rule: str, lang: Lang) -> str:
    """The rule of a criterion in words, with the numbers that the rule set fixed."""
    rules = papers.rules
    if criterion == "benchmark":
        return benchmark(rules, rule, lang)
    if criterion == "price":
        key = "deviation" if rule in DEVIATION else rule
        return texts.text(f"formula.{key}", lang, **_price_words(rules, lang))
    for one in rules.criteria:
        if one.id == criterion:
            return criterion_words(papers, one, lang)
    for stage in rules.stages:
        if stage.id == criterion:
            return stage_words(stage, lang)
    if criterion == "evaluated_price":
        return evaluated_words(papers, lang)
    if criterion == "abnormally_low":
        return abnormal_words(rules, lang)
    return texts.text(f"formula.{rule}", lang)


def benchmark(rules: RuleSet, rule: str, lang: Lang) -> str:
    """How the benchmark price comes about."""
    words = _price_words(rules, lang)
    variant = f".{words['variant']}" if "variant" in words else ""
    return texts.text(f"formula.benchmark.{rule}{variant}", lang, **words)


def draw_title(rules: RuleSet, name: str, lang: Lang) -> str:
    """Which coefficient of the price rule is drawn under a name, "" where none is."""
    params = rules.price.params if rules.price else {}
    for parameter, value in params.items():
        if value == name:
            return texts.text(f"band.{parameter}", lang)
    return ""


def criterion_words(papers: Papers, one: Criterion, lang: Lang) -> str:
    """The rule of one of the rule set's own criteria in words."""
    body, question = one.body, one.question
    if one.kind == "veto":
        if "allow" in body:
            answers = (f"“{shown_answer(papers, question, str(value), lang)}”" for value in body["allow"])
            return texts.text("formula.veto.allow", lang, allowed=texts.text("comma", lang).join(answers))
        ends = "range" if {"min", "max"} <= body.keys() else "least" if "min" in body else "most"
        return texts.text(f"formula.veto.{ends}", lang, low=body.get("min", ""), high=body.get("max", ""))
    if one.kind == "choice":
        return texts.text("formula.choice", lang, points=_gives(papers, question, body["points"], lang))
    if one.kind == "bands":
        bands = (_band(band, lang) for band in body["bands"])
        return texts.text("formula.bands", lang, bands=_listed(bands, lang))
    if one.kind == "line":
        return texts.text(
            "formula.line",
            lang,
            low=body["from"]["at"],
            start=body["from"]["points"],
            high=body["to"]["at"],
            end=body["to"]["points"],
            rounding=say_rounding(body["rounding"], lang),
        )
    if one.kind == "expert":
        return _expert(papers.rules, body, lang)
    return texts.text("formula.count", lang, each=body["each"], cap=body["cap"])


def stage_words(stage: Stage, lang: Lang) -> str:
    """What the marks of a stage must reach, and what they weigh."""
    said = [texts.text("formula.stage", lang)]
    if stage.threshold is not None:
        said.append(texts.text("formula.stage.threshold", lang, threshold=exact(stage.threshold)))
    if stage.weight is not None and stage.to is not None:
        how = say_rounding(stage.to.document(), lang)
        said.append(texts.text("formula.stage.weight", lang, weight=exact(stage.weight), rounding=how))
    return _listed(said, lang)


def evaluated_words(papers: Papers, lang: Lang) -> str:
    """What a price counts as, step by step."""
    document, titles = papers.rules.evaluated_price, question_titles(papers, lang)
    said = []
    for one in document.get("corrections", ()):
        names = one["questions"] if one["kind"] == "items" else [one["question"]]
        asked = texts.text("comma", lang).join(titles.get(name, name) for name in names)
        said.append(texts.text(f"formula.correction.{one['kind']}", lang, asked=asked))
    for one in document.get("adjustments", ()):
        if one["kind"] == "each":
            said.append(
                texts.text(
                    "formula.adjustment.each", lang, title=one["title"][lang], free=one["free"], yuan=one["yuan"]
                )
            )
        else:
            shares = _shares(papers, one["question"], one["per_cent"], lang)
            said.append(texts.text("formula.adjustment.share", lang, title=one["title"][lang], shares=shares))
    for one in document.get("deductions", ()):
        shares = _shares(papers, one["question"], one["per_cent"], lang)
        said.append(texts.text("formula.deduction", lang, title=one["title"][lang], shares=shares))
    if len(document.get("deductions", ())) > 1:
        said.append(texts.text("formula.deduction.largest", lang))
    for one in document.get("features", ()):
        points = _gives(papers, one["question"], one["points"], lang)
        said.append(texts.text("formula.feature", lang, title=one["title"][lang], points=points))
    if "features" in document:
        said.append(texts.text("formula.feature.divide", lang, weight=exact(price_weight(document))))
    if "rounding" in document:
        said.append(say_rounding(document["rounding"], lang))
    return _listed([*said, texts.text("formula.evaluated.contract", lang)], lang)


def abnormal_words(rules: RuleSet, lang: Lang) -> str:
    """When a price counts as abnormally low, and what happens then."""
    document = rules.abnormally_low
    limits = [
        texts.text(f"formula.abnormal.{name}", lang, per_cent=document[name])
        for name in ("mean", "second", "ceiling")
        if name in document
    ]
    return texts.text("formula.abnormal", lang, limits=_listed(limits, lang), minutes=document["minutes"])


def _expert(rules: RuleSet, body: Mapping[str, Any], lang: Lang) -> str:
    panel, limits = rules.panel, body["range"]
    said = [texts.text("formula.expert", lang, low=limits["min"], high=limits["max"], step=body["step"])]
    if panel is not None:
        if panel.drop:
            said.append(texts.text("formula.expert.drop", lang, drop=panel.drop, start=panel.dropped_from))
        said.append(texts.text("formula.expert.mean", lang, rounding=say_rounding(panel.mean.document(), lang)))
        if panel.outlier is not None:
            said.append(texts.text("formula.expert.outlier", lang, per_cent=exact(panel.outlier)))
    if "factor" in body:
        how = say_rounding(body["factor"]["rounding"], lang)
        said.append(texts.text("formula.expert.factor", lang, by=body["factor"]["by"], rounding=how))
    anchors = [
        texts.text("formula.expert.anchor", lang, title=one["title"][lang], points=one["points"])
        for one in body["anchors"]
    ]
    if anchors:
        said.append(texts.text("formula.expert.anchors", lang, anchors=texts.text("comma", lang).join(anchors)))
    return _listed(said, lang)


def _listed(said: Iterable[str], lang: Lang) -> str:
    return texts.text("semicolon", lang).join(said)


def _gives(papers: Papers, question: str, points: Mapping[str, str], lang: Lang) -> str:
    return _listed(
        (
            texts.text("formula.gives", lang, answer=shown_answer(papers, question, value, lang), points=given)
            for value, given in _in_order(papers, question, points)
        ),
        lang,
    )


def _shares(papers: Papers, question: str, shares: Mapping[str, str], lang: Lang) -> str:
    return texts.text("comma", lang).join(
        f"{shown_answer(papers, question, value, lang)} {share}%"
        for value, share in _in_order(papers, question, shares)
    )


def _in_order(papers: Papers, question: str, given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Answers with what each gives, in the form's order: a published rule set has them by their ids."""
    asked = papers.form.question(question)
    order = [*(asked.choices if asked else ()), "yes", "no"]
    return sorted(given.items(), key=lambda one: order.index(one[0]) if one[0] in order else len(order))


def _band(band: Mapping[str, str], lang: Lang) -> str:
    ends = "between" if {"from", "below"} <= band.keys() else "from" if "from" in band else "below"
    start, below = band.get("from", ""), band.get("below", "")
    return texts.text(f"formula.band.{ends}", lang, start=start, below=below, points=band["points"])


def _price_words(rules: RuleSet, lang: Lang) -> dict[str, str]:
    """The parameters of the price rule, for its words."""
    price = rules.price
    if price is None:
        return {}
    out: dict[str, str] = {"weight": exact(price.weight)}
    drawn = set(price.rule.draws(price.params))
    for name, value in price.params.items():
        if isinstance(value, dict):
            out[name] = say_rounding(value, lang)
        else:
            out[name] = texts.text(f"band.{name}", lang) if value in drawn else str(value)
    return out
