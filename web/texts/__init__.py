"""The words of the pages, `web/texts/*.json` (one file an area), and how times and amounts are shown."""

from __future__ import annotations

import json
from calendar import month_name
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final

from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.basics.money import parse_yuan, yuan
from web import words
from web.texts import articles
from web.words import Lang

_BEIJING: Final = timedelta(hours=8)


@cache
def book() -> Mapping[str, Mapping[str, str]]:
    """Every text: `{key: {"zh", "en"}}`. Raises ValueError where two areas have the same key."""
    found: dict[str, Mapping[str, str]] = {}
    for entry in sorted(resources.files("web.texts").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".json"):
            area: dict[str, Mapping[str, str]] = json.loads(entry.read_text(encoding="utf-8"))
            if twice := sorted(area.keys() & found.keys()):
                raise ValueError(f"{entry.name} has keys of another area: {twice}")
            found |= area
    return found


def text(key: str, lang: Lang, **values: object) -> str:
    """A text in a language; a key without one stands for itself, so that a page never breaks over a word.

    Without values it stays the pattern that it is: a page's script fills that in.
    """
    found = book().get(key)
    if not found:
        return key.rsplit(".", 1)[-1]
    return found[lang].format(**values) if values else found[lang]


@cache
def article(value: str, lang: Lang) -> str:
    """An article of law as its profile cites it, in Chinese; put into English where a page is English."""
    if lang == "zh":
        return value
    names = {said["zh"]: said["en"] for key, said in book().items() if key.startswith("article.")}
    return articles.in_english(value, names)


def document(name: str, lang: Lang) -> str:
    """What a document of a notice is called, by its file name; the name itself for one of the tenderee's own."""
    kind, _, lot = name.removesuffix(".json").partition("-")
    key = f"document.{kind}"
    return text(key, lang, lot=lot) if key in book() else name


def time(value: str) -> str:
    """`2026-12-01 09:00:00` Beijing time of a time text; empty for an empty one."""
    return f"{clock.parse_time(value) + _BEIJING:%Y-%m-%d %H:%M:%S}" if value else ""


def moment(value: str, lang: Lang, *, seconds: bool = False) -> str:
    """A time text as a person writes it, in Beijing time: `2026年12月1日 09:00`, `1 December 2026, 09:00`."""
    if not value:
        return ""
    at = clock.parse_time(value) + _BEIJING
    clock_face = f"{at:%H:%M:%S}" if seconds else f"{at:%H:%M}"
    return f"{day(at.date(), lang)} {clock_face}" if lang == "zh" else f"{day(at.date(), lang)}, {clock_face}"


def day(value: date, lang: Lang) -> str:
    """`2026年12月1日`, `1 December 2026`."""
    if lang == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {month_name[value.month]} {value.year}"


def amount(fen: int, lang: Lang) -> str:
    """An amount with its unit: `12,980,000.00 元`, `CNY 12,980,000.00`."""
    return f"{money(fen)} 元" if lang == "zh" else f"CNY {money(fen)}"


def region(code: str, lang: Lang) -> str:
    """A region (ISO 3166-2:CN by number) by its name; what has none as it was written."""
    key = f"region.{code}"
    return text(key, lang) if key in book() else code


def money(fen: int) -> str:
    """`12,980,000.00`."""
    whole, _, cents = yuan(fen).partition(".")
    return f"{int(whole):,}.{cents}"


def price(value: str) -> str:
    """A price that a bidder wrote, as `money`; as it was written where it is no amount."""
    try:
        return money(parse_yuan(value, "price"))
    except Refusal:
        return value


def reason(value: Mapping[str, Any], lang: Lang) -> str:
    """A reason `{code, article, params}` in words, with its article; empty for none."""
    if not value:
        return ""
    said = words.say(value["code"], value["params"], lang)
    cited = article(value.get("article", ""), lang)
    return (f"{said}（{cited}）" if lang == "zh" else f"{said} ({cited})") if cited else said
