"""Articles of law as a page cites them: Chinese as the profile has them, English put together from their parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_NUMBER: Final = re.compile(r"第(\d+)条")
_MARKS: Final = {"；": "; ", "：": ": ", "、": ", ", "（": " (", "）": ")"}


def in_english(article: str, names: Mapping[str, str]) -> str:
    """An article in English; what there are no words for stays as it is: the original is better than nothing.

    `names`: of laws, and what stands beside them, Chinese → English.
    """
    said = article
    # The longest first: the name of a law is how that of its regulations begins.
    for name in sorted(names, key=len, reverse=True):
        said = said.replace(name, names[name])
    said = _NUMBER.sub(lambda found: f" art. {found[1]}", said)
    for mark, plain in _MARKS.items():
        said = said.replace(mark, plain)
    return " ".join(said.split())
