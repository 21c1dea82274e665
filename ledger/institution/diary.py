"""What an institution's process did: a line for people on standard output, and JSON lines in its folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ledger.basics import clock
from ledger.basics.clock import Clock
from ledger.basics.errors import Param, Refusal


class Diary:
    """Says each thing once: a refusal that comes again is written when it first comes, and when it changes."""

    def __init__(self, path: Path, who: str, now: Clock, say: Callable[[str], None]) -> None:
        self._path = path
        self._who = who
        self._now = now
        self._say = say
        self._last: dict[str, str] = {}

    def did(self, what: str, /, **params: Param) -> None:
        """Something was done (`what`: a word like `released`)."""
        self._write("did", what, params)

    def refused(self, about: str, why: Refusal) -> None:
        """Something was refused or did not work; `about` tells apart what must not be said twice."""
        if self._last.get(about) != str(why):
            if len(self._last) > 1000:
                self._last.clear()
            self._last[about] = str(why)
            self._write("refused", why.code, {"about": about, **why.params})

    def settled(self, about: str) -> None:
        """What was refused under `about` works now; the next refusal is news again."""
        self._last.pop(about, None)

    def _write(self, kind: str, what: str, params: dict[str, Param]) -> None:
        at = clock.text(self._now())
        with self._path.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"at": at, "who": self._who, kind: what, **params}, ensure_ascii=False) + "\n")
        rest = " ".join(f"{name}={_printable(str(value))}" for name, value in params.items())
        self._say(f"{at} {self._who} {'' if kind == 'did' else 'refused '}{what} {rest}".rstrip())


def _printable(text: str) -> str:
    """No control characters and no endless lines: some of it was written by others."""
    return "".join(char if char.isprintable() else "?" for char in text[:200])
