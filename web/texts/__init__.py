"""The words of the pages, `web/texts/*.json` (one file an area), and how times and amounts are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any, Final

from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.basics.money import parse_yuan, yuan
from web import words
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
    """A text in a language; a key without one stands for itself, so that a page never breaks over a word."""
    found = book().get(key)
    return found[lang].format(**values) if found else key.rsplit(".", 1)[-1]


def document(name: str, lang: Lang) -> str:
    """What a document of a notice is called, by its file name; the name itself for one of the tenderee's own."""
    kind, _, lot = name.removesuffix(".json").partition("-")
    key = f"document.{kind}"
    return text(key, lang, lot=lot) if key in book() else name


def time(value: str) -> str:
    """`2026-12-01 09:00:00` Beijing time of a time text; empty for an empty one."""
    return f"{clock.parse_time(value) + _BEIJING:%Y-%m-%d %H:%M:%S}" if value else ""


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
    article = value.get("article", "")
    return (f"{said}（{article}）" if lang == "zh" else f"{said} ({article})") if article else said
