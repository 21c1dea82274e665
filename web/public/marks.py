"""Why a bid has this mark: a certificate laid out for reading, step by step. Pure; nothing is computed anew.

Everything shown stands in the certificate, in the published rule set or in the form (docs/formats/certificate.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from evaluation.rules import render
from evaluation.rules.exact import exact, near
from web import texts, words
from web.public.record import LONGEST, Record, question_titles, shown_answer
from web.words import Lang

_DEVIATION: Final = ("F3", "F4")
_FEN: Final = ("price_fen", "ceiling_fen")


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


def why(certificate: Mapping[str, Any], record: Record, lang: Lang) -> Why:
    """One certificate of a sheet, or the benchmark's of a report."""
    criterion, rule = str(certificate["criterion"]), str(certificate["rule"])
    reason = certificate.get("reason")
    return Why(
        criterion=criterion,
        title=title(record, criterion, lang),
        clause=str(certificate["clause"]),
        rule=rule,
        line=render(certificate, lang, None, lambda code, params, _: words.say(code, params, lang)),
        formula=formula(record, criterion, rule, lang),
        filled=_filled(certificate, record, lang).replace("= ≈", "≈ "),
        inputs=tuple(_inputs(certificate, record, lang)),
        inputs_hash=str(certificate["inputs_hash"]),
        steps=tuple(_step(one, lang) for one in certificate["steps"]),
        result=_result(certificate, lang),
        reason=words.say(reason["code"], reason["params"], lang) if reason else "",
    )


def title(record: Record, criterion: str, lang: Lang) -> str:
    """What the rule set calls a criterion; what everybody calls those that every rule set has."""
    rules = record.rules
    for one in rules.criteria:
        if one.id == criterion:
            return one.title[lang]
    if criterion == "price" and rules.price is not None:
        return rules.price.title[lang]
    return texts.text(f"why.of.{criterion}", lang)


def formula(record: Record, criterion: str, rule: str, lang: Lang) -> str:
    """The rule of a criterion in words, with the numbers that the rule set fixed."""
    rules = record.rules
    if criterion == "benchmark":
        return texts.text(f"formula.benchmark.{rule}", lang, **_price_words(record, lang))
    if criterion == "price":
        key = "deviation" if rule in _DEVIATION else rule
        return texts.text(f"formula.{key}", lang, **_price_words(record, lang))
    for one in rules.criteria:
        if one.id == criterion:
            return criterion_words(record, criterion, lang)
    return texts.text(f"formula.{rule}", lang)


def criterion_words(record: Record, criterion: str, lang: Lang) -> str:
    """The rule of one of the rule set's own criteria in words."""
    (one,) = [found for found in record.rules.criteria if found.id == criterion]
    body, question = one.body, one.question
    comma, semicolon = texts.text("comma", lang), texts.text("semicolon", lang)
    if one.kind == "veto":
        if "allow" in body:
            allowed = comma.join(f"“{shown_answer(record, question, str(value), lang)}”" for value in body["allow"])
            return texts.text("formula.veto.allow", lang, allowed=allowed)
        return texts.text("formula.veto.range", lang, low=body.get("min", "−∞"), high=body.get("max", "+∞"))
    if one.kind == "choice":
        points = semicolon.join(
            texts.text("formula.gives", lang, answer=shown_answer(record, question, value, lang), points=given)
            for value, given in body["points"].items()
        )
        return texts.text("formula.choice", lang, points=points)
    if one.kind == "bands":
        bands = semicolon.join(
            texts.text("formula.gives", lang, answer=_band(band), points=band["points"]) for band in body["bands"]
        )
        return texts.text("formula.bands", lang, bands=bands)
    if one.kind == "line":
        return texts.text(
            "formula.line",
            lang,
            low=body["from"]["at"],
            start=body["from"]["points"],
            high=body["to"]["at"],
            end=body["to"]["points"],
            rounding=rounding(body["rounding"], lang),
        )
    return texts.text("formula.count", lang, each=body["each"], cap=body["cap"])


def rounding(document: Mapping[str, Any], lang: Lang) -> str:
    """`{mode, places}` in words."""
    return texts.text(f"rounding.{document['mode']}", lang, places=document["places"])


def _band(band: Mapping[str, str]) -> str:
    return f"{'[' + band['from'] if 'from' in band else '(−∞'}, {band.get('below', '+∞')})"


def _price_words(record: Record, lang: Lang) -> dict[str, str]:
    """The parameters of the price rule, for its words."""
    price = record.rules.price
    if price is None:
        return {}
    out: dict[str, str] = {"weight": exact(price.weight)}
    for name, value in price.params.items():
        out[name] = rounding(value, lang) if isinstance(value, dict) else str(value)
    return out


def _filled(certificate: Mapping[str, Any], record: Record, lang: Lang) -> str:
    """The formula with the numbers of this certificate, "" where there is nothing to compute."""
    criterion, rule = certificate["criterion"], certificate["rule"]
    values = {one["name"]: _shown(one["value"], one.get("unit", "")) for one in certificate["steps"]}
    values["result"] = near(str(certificate["result"]))
    inputs = certificate["inputs"]
    for name in _FEN:
        if name in inputs:
            values[name.removesuffix("_fen")] = texts.money(inputs[name])
    if criterion == "total":
        values["marks"] = " + ".join(
            texts.text("filled.part", lang, mark=mark, title=title(record, name, lang))
            for name, mark in inputs["marks"].items()
        )
        return texts.text("filled.total", lang, **values)
    if criterion == "benchmark":
        return _filled_benchmark(rule, values, lang)
    if criterion == "price":
        values |= {"base": _shown(inputs["benchmark"], "yuan"), "weight": _price_words(record, lang)["weight"]}
        if rule in _DEVIATION:
            above = Fraction(next(one["value"] for one in certificate["steps"] if one["name"] == "deviation")) > 0
            params = _price_words(record, lang)
            values |= {"each": params["up"] if above else params["down"], "floor": params["floor"]}
            values["deviation"] = values["deviation"].removeprefix("-")
            return texts.text("filled.deviation", lang, **values)
        return texts.text(f"filled.{rule}", lang, **values)
    if rule in ("line", "count"):
        (one,) = [found for found in record.rules.criteria if found.id == criterion]
        if rule == "count":
            values["each"] = str(one.body["each"])
        else:
            values |= {"low": one.body["from"]["at"], "start": one.body["from"]["points"]}
            values |= {"high": one.body["to"]["at"], "end": one.body["to"]["points"]}
        return texts.text(f"filled.{rule}", lang, **values)
    return texts.text("filled.ceiling", lang, **values) if rule == "ceiling" else ""


def _filled_benchmark(rule: str, values: dict[str, str], lang: Lang) -> str:
    if rule == "F4":
        band = next(name for name in ("c_high", "c_mid", "c_low") if name in values)
        drawn = values[band]
        values |= {"coefficient": f"({drawn}%)" if drawn.startswith("-") else f"{drawn}%"}
        values |= {"band": texts.text(f"band.{band}", lang), "drawn": drawn}
    elif rule == "F3" and "dropped_low" in values:
        return texts.text("filled.benchmark.F3.trimmed", lang, **values)
    return texts.text(f"filled.benchmark.{rule}", lang, **values)


def _inputs(certificate: Mapping[str, Any], record: Record, lang: Lang) -> Iterator[Input]:
    inputs: Mapping[str, Any] = certificate["inputs"]
    if "question" in inputs:
        question = str(inputs["question"])
        label = question_titles(record, lang).get(question, question)
        if "answer" in inputs:
            answer = str(inputs["answer"])
            yield Input(label, shown_answer(record, question, answer, lang)[:LONGEST], "answer")
        else:
            yield Input(label, str(inputs.get("answer_sha256", "—")), "answer")
    if "price_fen" in inputs:
        yield Input(texts.text("why.in.price", lang), _money(inputs["price_fen"], lang), "answer")
    if "prices_fen" in inputs:
        count = len(inputs["prices_fen"])
        yield Input(texts.text("why.in.prices", lang), texts.text("why.in.prices.count", lang, count=count), "answers")
    for name, value in sorted(inputs.get("draws", {}).items()):
        yield Input(texts.text("why.in.draw", lang, name=name), f"{value}%", "draw")
    if "ceiling_fen" in inputs:
        yield Input(texts.text("ceiling", lang), _money(inputs["ceiling_fen"], lang), "notice")
    if "benchmark" in inputs:
        value = f"{_shown(inputs['benchmark'], 'yuan')} {texts.text('yuan', lang)}"
        yield Input(texts.text("why.of.benchmark", lang), value, "benchmark")
    for name, mark in inputs.get("marks", {}).items():
        yield Input(title(record, name, lang), str(mark), "marks")


def _money(fen: int, lang: Lang) -> str:
    return f"{texts.money(fen)} {texts.text('yuan', lang)}"


def _step(one: Mapping[str, Any], lang: Lang) -> Step:
    value = str(one["value"])
    return Step(
        label=texts.text(f"step.{one['name']}", lang),
        value=_shown(value, one.get("unit", "")),
        exact=value if "/" in value else "",
        unit=texts.text(f"unit.{one['unit']}", lang) if "unit" in one else "",
        rounding=rounding(one["rounding"], lang) if "rounding" in one else "",
    )


def _result(certificate: Mapping[str, Any], lang: Lang) -> str:
    result = str(certificate["result"])
    if result in ("passed", "rejected"):
        return texts.text(f"why.result.{result}", lang)
    unit = "yuan" if certificate["criterion"] == "benchmark" else "points"
    return f"{_shown(result, unit)} {texts.text(f'unit.{unit}', lang)}"


def _shown(value: str, unit: str) -> str:
    """An exact value for a reader: `≈` where it does not end, amounts in groups of three digits."""
    text = near(value)
    if unit != "yuan":
        return text
    sign = text[: len(text) - len(text.lstrip("≈-"))]
    whole, point, rest = text.removeprefix(sign).partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"
