"""Every step of a certificate in words: what it is, its value, its unit, how it was rounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation.rules.exact import near
from evaluation.rules.render.book import check_language, words


def steps(certificate: Mapping[str, Any], lang: str) -> list[str]:
    """The steps in order, one text each. Raises `Refusal("render.language")`."""
    check_language(lang)
    return [_step(str(certificate["rule"]), one, lang) for one in certificate["steps"]]


def label(rule: str, name: str, lang: str, title: str = "") -> str:
    """What a step of a rule is called; `adjustment:late` is one of several: `title`, or its id, stands behind.

    A step of a later version is called by its name.
    """
    base, _, one = name.partition(":")
    found = words("steps").get(f"{rule}.{base}") or words("steps").get(base)
    if found is None:
        return name
    colon = "：" if lang == "zh" else ": "
    return found[lang] if not one else f"{found[lang]}{colon}{title or one}"


def said(value: str, lang: str) -> str:
    """A noted value in words, where it has any: the band that was drawn, what was found of an explanation."""
    return words("values").get(value, {}).get(lang, value)


def unit(name: str, lang: str) -> str:
    """`yuan`, `percent`, `points`, `bids`, `items` in words."""
    return words("units").get(name, {}).get(lang, name)


def verdict(result: str, lang: str) -> str:
    """`passed`, `rejected`, `explained`, `set_aside` in words; "" for a result that is a number."""
    return words("verdicts").get(result, {}).get(lang, "")


def rounding(document: Mapping[str, Any], lang: str) -> str:
    """`{mode, places}` in words."""
    return words("roundings")[document["mode"]][lang].format(places=document["places"])


def _step(rule: str, one: Mapping[str, Any], lang: str) -> str:
    value, name = str(one["value"]), str(one["name"])
    text = said(value, lang) if name == "band" else near(value)
    of = f" {unit(one['unit'], lang)}" if "unit" in one else ""
    colon, open_, close = ("：", "（", "）") if lang == "zh" else (": ", " (", ")")
    how = f"{open_}{rounding(one['rounding'], lang)}{close}" if "rounding" in one else ""
    return f"{label(rule, name, lang)}{colon}{text}{of}{how}"
