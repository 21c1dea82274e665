"""The running commentary: Chinese first, English below, or one of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from typing import Final

from web.words import LANGS, Lang

_WIDE: Final = range(0x1100, 0x10000)


class Teller:
    """Says what happens. `langs`: the languages, in order."""

    def __init__(self, langs: Sequence[Lang] = LANGS) -> None:
        self.langs = tuple(langs)
        self._start = time.monotonic()

    def step(self, zh: str, en: str) -> None:
        """A new part of the story."""
        spent = f"{time.monotonic() - self._start:5.1f} s"
        self._put(f"\n[{spent}] ", " " * 11, zh, en)

    def say(self, zh: str, en: str) -> None:
        """One thing that happened."""
        self._put("   · ", "     ", zh, en)

    def rows(self, rows: Iterable[Sequence[str]]) -> None:
        """A table: columns as wide as their widest cell."""
        listed = [list(row) for row in rows]
        widths = [max(_width(row[column]) for row in listed) for column in range(len(listed[0]))] if listed else []
        for row in listed:
            cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
            self._line("     " + "  ".join(cells).rstrip())

    def pick(self, zh: str, en: str) -> str:
        """One phrase inside a line: in the one language, or both."""
        found = {"zh": zh, "en": en}
        return " / ".join(found[lang] for lang in self.langs)

    def _put(self, first: str, other: str, zh: str, en: str) -> None:
        said = {"zh": zh, "en": en}
        for number, lang in enumerate(self.langs):
            self._line((other if number else first) + said[lang])

    @staticmethod
    def _line(text: str) -> None:
        sys.__stdout__.write(text + "\n") if sys.__stdout__ else None
        if sys.__stdout__:
            sys.__stdout__.flush()


def _width(text: str) -> int:
    return sum(2 if ord(char) in _WIDE else 1 for char in text)
