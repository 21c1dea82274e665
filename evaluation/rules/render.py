"""One line for a person: why this mark. Everything shown stands in the certificate; nothing is computed anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from evaluation.rules.exact import near
from ledger.basics.errors import Refusal
from ledger.basics.money import yuan

LANGUAGES: Final = ("zh", "en")

# Words for the codes of rejections live where codes are shown; a caller that has them passes them in.
Words = Callable[[str, Mapping[str, Any], str], str]

_LINES: Final[Mapping[str, Mapping[str, str]]] = {
    "veto": {"zh": "答“{answer}”：{verdict}", "en": "answer “{answer}”: {verdict}"},
    "choice": {"zh": "答“{choice}”，得{points}分", "en": "answer “{choice}” gives {points} points"},
    "bands": {
        "zh": "{value}落在{band}，得{points}分",
        "en": "{value} lies in {band}: {points} points",
    },
    "line": {
        "zh": "{value}（按{clamped}计）在直线上为{on_line}，取{points}分",
        "en": "{value} (taken as {clamped}) is {on_line} on the line: {points} points",
    },
    "count": {
        "zh": "{count}项合{uncapped}分，上限{cap}分，得{points}分",
        "en": "{count} items make {uncapped} points, capped at {cap}: {points} points",
    },
    "F1": {
        "zh": "最低价{benchmark}元 ÷ 报价{price}元 = {ratio}，乘满分得{weighted}，取{mark}分",
        "en": "lowest price {benchmark} ÷ bid {price} yuan = {ratio}; times the full mark {weighted}: {mark} points",
    },
    "deviation": {
        "zh": "报价{price}元，基准价{benchmark}元，偏差{deviation}%，扣{loss}分，得{mark}分",
        "en": "bid {price}, benchmark {benchmark} yuan, deviation {deviation} %, {loss} points off: {mark} points",
    },
    "benchmark": {"zh": "评标基准价{result}元：{steps}", "en": "benchmark price {result} yuan: {steps}"},
    "ceiling": {
        "zh": "报价{price}元，最高投标限价{ceiling}元：{verdict}",
        "en": "bid {price}, ceiling price {ceiling} yuan: {verdict}",
    },
    "form": {"zh": "问题“{question}”的答案：{verdict}", "en": "answer to “{question}”: {verdict}"},
    "total": {"zh": "合计{marks} = {result}分", "en": "total {marks} = {result} points"},
}
_VERDICTS: Final = {"passed": {"zh": "通过", "en": "passed"}, "rejected": {"zh": "否决投标", "en": "bid rejected"}}
_STEPS: Final[Mapping[str, Mapping[str, str]]] = {
    "count_all": {"zh": "有效报价{}家", "en": "{} valid bids"},
    "count": {"zh": "参与计算{}家", "en": "{} bids counted"},
    "lowest": {"zh": "最低价{}", "en": "lowest {}"},
    "dropped_low": {"zh": "去掉最低价{}", "en": "lowest {} dropped"},
    "dropped_high": {"zh": "去掉最高价{}", "en": "highest {} dropped"},
    "sum": {"zh": "合计{}", "en": "sum {}"},
    "mean": {"zh": "平均{}", "en": "mean {}"},
    "average": {"zh": "取整后平均价{}", "en": "rounded average {}"},
    "share_of_ceiling": {"zh": "为最高投标限价的{}%", "en": "{} % of the ceiling"},
    "c_high": {"zh": "用高段系数{}%", "en": "coefficient of the high band {} %"},
    "c_mid": {"zh": "用中段系数{}%", "en": "coefficient of the middle band {} %"},
    "c_low": {"zh": "用低段系数{}%", "en": "coefficient of the low band {} %"},
    "base": {"zh": "基准价{}", "en": "benchmark {}"},
}


def render(
    certificate: Mapping[str, Any], lang: str, title: Mapping[str, str] | None = None, words: Words | None = None
) -> str:
    """`clause · title: why` in `lang` (zh or en). `words(code, params, lang)` says a rejection's code in words.

    Raises `Refusal("render.language")`; a certificate of a rule this version does not know shows its result.
    """
    if lang not in LANGUAGES:
        raise Refusal("render.language", found=lang[:16])
    head = certificate["clause"] if title is None else f"{certificate['clause']} · {title[lang]}"
    line = _line(certificate, lang)
    reason = certificate.get("reason")
    if reason is not None:
        line += f" ({_reason(reason, lang, words)})" if lang == "en" else f"（{_reason(reason, lang, words)}）"
    return f"{head}{'：' if lang == 'zh' else ': '}{line}"


def _line(certificate: Mapping[str, Any], lang: str) -> str:
    rule, result = certificate["rule"], certificate["result"]
    verdict = _VERDICTS.get(result, {}).get(lang, result)
    inputs: Mapping[str, Any] = certificate["inputs"]
    values: dict[str, Any] = {step["name"]: near(step["value"]) for step in certificate["steps"]}
    values.update(result=near(result), verdict=verdict)
    if certificate["criterion"] == "benchmark":
        values["steps"] = ("，" if lang == "zh" else ", ").join(_steps(certificate, lang))
        return _LINES["benchmark"][lang].format(**values)
    for name in ("price_fen", "ceiling_fen"):
        if name in inputs:
            values[name.removesuffix("_fen")] = yuan(inputs[name])
    for name in ("answer", "question"):
        if name in inputs:
            values[name] = inputs[name]
    if "benchmark" in inputs:
        values["benchmark"] = near(inputs["benchmark"])
    if rule == "bands":
        values["band"] = f"[{values.get('from', '−∞')}, {values.get('below', '+∞')})"
    if rule == "total":
        values["marks"] = " + ".join(f"{mark} ({name})" for name, mark in inputs["marks"].items())
    line = _LINES.get("deviation" if "deviation" in values else rule)
    return result if line is None else line[lang].format(**values)


def _steps(certificate: Mapping[str, Any], lang: str) -> list[str]:
    return [
        _STEPS[step["name"]][lang].format(near(step["value"]))
        for step in certificate["steps"]
        if step["name"] in _STEPS
    ]


def _reason(reason: Mapping[str, Any], lang: str, words: Words | None) -> str:
    if words is not None:
        return words(reason["code"], reason["params"], lang)
    inside = ", ".join(f"{name}={value}" for name, value in sorted(reason["params"].items()))
    return f"{reason['code']}: {inside}"
