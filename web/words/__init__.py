"""Words for every code, in Chinese and English: `web/words/*.json`, one file an area.

A file is `{"code": {"zh": "…{param}…", "en": "…{param}…"}}`. Only the standard library is used, so that the command
line says the same as the pages and the API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, Literal

Lang = Literal["zh", "en"]
LANGS: Final[tuple[Lang, ...]] = ("zh", "en")

_FIELD: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")

# What is said for a code that nobody has written words for: the code itself, so that it can be looked up.
_UNKNOWN: Final[dict[Lang, str]] = {
    "zh": "请求未被接受(代码 {code})。",
    "en": "The request was not accepted (code {code}).",
}


@cache
def book() -> Mapping[str, Mapping[str, str]]:
    """Every code's words, `{code: {"zh": …, "en": …}}`. Raises ValueError where two files disagree about a code."""
    out: dict[str, dict[str, str]] = {}
    for entry in sorted(resources.files("web.words").iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".json"):
            continue
        for code, words in json.loads(entry.read_text(encoding="utf-8")).items():
            if out.setdefault(code, words) != words:
                raise ValueError(f"two different words for {code} (one in {entry.name})")
    return out


def say(code: str, params: Mapping[str, object], lang: Lang) -> str:
    """The sentence for `code` in `lang`, its parameters filled in; a missing one stays visible as `{name}`."""
    template = book().get(code, {}).get(lang)
    if template is None:
        return _UNKNOWN[lang].format(code=code)
    # Plain `{name}` fields only: a parameter comes from outside and may never be read as a format.
    return _FIELD.sub(lambda field: str(params.get(field[1], field[0])), template)


def both(code: str, params: Mapping[str, object]) -> dict[str, str]:
    """`{"zh": …, "en": …}` of `say`."""
    return {lang: say(code, params, lang) for lang in LANGS}
