"""The words, read once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final, cast

from ledger.basics.errors import Refusal

LANGUAGES: Final = ("zh", "en")

Said = Mapping[str, str]


def check_language(lang: str) -> None:
    """Raises `Refusal("render.language")` for any but zh and en."""
    if lang not in LANGUAGES:
        raise Refusal("render.language", found=lang[:16])


@cache
def formulas() -> Mapping[str, Sequence[Said]]:
    """Rule → the pieces of its formula; a piece is shown where the certificate has all that it names."""
    return cast(Mapping[str, Sequence[Said]], _read("formulas.json"))


@cache
def words(of: str) -> Mapping[str, Said]:
    """The words of `steps`, `units`, `roundings`, `verdicts` or `values`."""
    return cast(Mapping[str, Mapping[str, Said]], _read("words.json"))[of]


def comma(lang: str) -> str:
    """What stands between pieces."""
    return "，" if lang == "zh" else ", "


def several(items: Sequence[str], lang: str, most: int = 12) -> str:
    """Some things in a row; of very many the first ones and how many there are."""
    if len(items) <= most:
        return ("、" if lang == "zh" else ", ").join(items)
    shown = several(items[:most], lang)
    return f"{shown}等共{len(items)}个" if lang == "zh" else f"{shown} and others, {len(items)} in all"


def _read(name: str) -> object:
    return json.loads(files(__package__ or "").joinpath(name).read_text("utf-8"))
