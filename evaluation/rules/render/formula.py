"""A certificate's formula with its numbers filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from string import Formatter
from typing import Any, Final

from evaluation.rules.exact import near
from evaluation.rules.render.book import comma, formulas, several
from evaluation.rules.render.steps import said, verdict
from ledger.basics.money import yuan

# (an exact value, its unit or "") → how it is shown; a criterion's or an item's id → what it is called.
Show = Callable[[str, str], str]
Title = Callable[[str], str]

# Marks by deviation are the same for all of these.
DEVIATION: Final = frozenset({"F3", "F4", "F5", "F6", "F7", "F11"})
# Steps of which there may be several.
_MANY: Final = ("outlier", "dropped_low", "dropped_high", "excluded")
_NAMED: Final = ("adjustment", "deduction", "feature")
_UNITS: Final = {
    "adjustment": {"zh": "元", "en": " yuan"}, "deduction": {"zh": "%", "en": " %"}, "feature": {"zh": "分", "en": ""},
}  # fmt: skip


def plainly(value: str, unit: str) -> str:
    """An exact value as it stands, `≈` where no decimal ends."""
    del unit
    return near(value)


def filled(certificate: Mapping[str, Any], lang: str, show: Show = plainly, title: Title = str) -> str:
    """The formula of a certificate's rule with its numbers, in zh or en; "" for a rule this version does not know."""
    pieces = formulas().get(_key(certificate))
    if pieces is None:
        return ""
    values = _values(certificate, lang, show, title)
    shown = [piece[lang].format(**values) for piece in pieces if _fields(piece[lang]) <= values.keys()]
    return comma(lang).join(shown).replace("= ≈", "≈ ")


def _key(certificate: Mapping[str, Any]) -> str:
    criterion, rule = str(certificate["criterion"]), str(certificate["rule"])
    if criterion == "price":
        return "price.deviation" if rule in DEVIATION else f"price.{rule}"
    if criterion == "benchmark":
        return f"benchmark.{rule}"
    if criterion == "abnormally_low":
        return criterion if "explanation" in certificate["inputs"] else f"{criterion}.screen"
    return rule


@cache
def _fields(pattern: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(pattern) if name)


def _values(certificate: Mapping[str, Any], lang: str, show: Show, title: Title) -> dict[str, str]:
    values: dict[str, str] = {}
    several_of: dict[str, list[str]] = {}
    for one in certificate["steps"]:
        base, _, of = str(one["name"]).partition(":")
        text = show(str(one["value"]), str(one.get("unit", "")))
        if base in _NAMED:
            several_of.setdefault(base, []).append(f"{title(of)} {text}{_UNITS[base][lang]}")
        elif base in _MANY:
            several_of.setdefault(base, []).append(text)
        else:
            values[base] = said(str(one["value"]), lang) if base == "band" else text
    values |= {name: several(items, lang) for name, items in several_of.items()}
    for name in ("c_high", "c_mid", "c_low"):
        if name in values:
            values["coefficient"] = f"({values[name]}%)" if values[name].startswith("-") else f"{values[name]}%"
    values |= _inputs(certificate, lang, show, title)
    if certificate["rule"] == "bands":
        values["band"] = f"[{values.get('from', '−∞')}, {values.get('below', '+∞')})"
    result = str(certificate["result"])
    values["result"] = show(result, "")
    if verdict(result, lang):
        values["verdict"] = verdict(result, lang)
    return values


def _inputs(certificate: Mapping[str, Any], lang: str, show: Show, title: Title) -> dict[str, str]:
    inputs: Mapping[str, Any] = certificate["inputs"]
    values = {
        name.removesuffix("_fen"): show(yuan(inputs[name]), "yuan")
        for name in ("price_fen", "ceiling_fen", "floor_fen")
        # The screen's own step `ceiling` is a limit, not the ceiling price.
        if name in inputs and (name == "price_fen" or certificate["rule"] != "F12")
    }
    if certificate["criterion"] == "evaluated_price" and not certificate["steps"]:
        values["bid_price"] = values["price"]
    for name in ("answer", "question"):
        if name in inputs:
            values[name] = str(inputs[name])
    if "benchmark" in inputs:
        values["benchmark"] = show(str(inputs["benchmark"]), "yuan")
    if "explanation" in inputs:
        values["explanation"] = said(str(inputs["explanation"]), lang)
    marks: Mapping[str, str] = inputs.get("marks", {})
    if certificate["rule"] == "expert":
        values["given"] = several([marks[name] for name in sorted(marks)], lang)
    elif marks:
        values["marks"] = " + ".join(_part(mark, title(name), lang) for name, mark in marks.items())
    return values


def _part(mark: str, title: str, lang: str) -> str:
    return f"{mark}（{title}）" if lang == "zh" else f"{mark} ({title})"
