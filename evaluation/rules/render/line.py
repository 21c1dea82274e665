"""One line for a person: clause, title, the formula with its numbers, and the reason where it rejects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evaluation.rules.exact import near
from evaluation.rules.render.book import check_language
from evaluation.rules.render.formula import filled

# Words for the codes of rejections live where codes are shown; a caller that has them passes them in.
Words = Callable[[str, Mapping[str, Any], str], str]


def render(
    certificate: Mapping[str, Any], lang: str, title: Mapping[str, str] | None = None, words: Words | None = None
) -> str:
    """`clause · title: why` in `lang` (zh or en). `words(code, params, lang)` says a rejection's code in words.

    Raises `Refusal("render.language")`; a certificate of a rule this version does not know shows its result.
    """
    check_language(lang)
    head = certificate["clause"] if title is None else f"{certificate['clause']} · {title[lang]}"
    line = filled(certificate, lang) or near(str(certificate["result"]))
    reason = certificate.get("reason")
    if reason is not None:
        line += f" ({_reason(reason, lang, words)})" if lang == "en" else f"（{_reason(reason, lang, words)}）"
    return f"{head}{'：' if lang == 'zh' else ': '}{line}"


def _reason(reason: Mapping[str, Any], lang: str, words: Words | None) -> str:
    if words is not None:
        return words(reason["code"], reason["params"], lang)
    inside = ", ".join(f"{name}={value}" for name, value in sorted(reason["params"].items()))
    return f"{reason['code']}: {inside}"
