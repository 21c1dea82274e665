"""Findings of the linter as programs and people read them."""

from __future__ import annotations

from typing import Any

from evaluation.rules.lint import ERROR, Finding
from web import texts, words
from web.words import Lang


def shown(finding: Finding) -> dict[str, Any]:
    """`{level, code, params, article, document, path, words}` (docs/formats/lint.md)."""
    return {
        "level": finding.level,
        "code": finding.code,
        "params": dict(finding.params),
        "article": finding.article,
        "document": finding.document,
        "path": finding.path,
        "words": words.both(finding.code, finding.params),
    }


def line(finding: Finding, lang: Lang) -> str:
    """One finding in one line: what is wrong, on what ground, where."""
    mark = "✗" if finding.level == ERROR else "!"
    ground = f" ({texts.article(finding.article, lang)})" if finding.article else ""
    field = f"{finding.document}#{finding.path}" if finding.path else finding.document
    return f"{mark} {words.say(finding.code, finding.params, lang)}{ground} [{finding.code} {field}]"
