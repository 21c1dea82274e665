"""What changed from one text to the next: by lines, and within a changed line by words. Pure, and bounded.

Whoever publishes a document chooses what is compared here: beyond the bounds a page names hashes instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final, Literal

Kind = Literal["same", "gone", "new", "changed", "fold"]

MAX_BYTES: Final = 64 * 1024
MAX_LINES: Final = 1000
_CONTEXT: Final = 2  # unchanged lines around a change
_MAX_WORDS: Final = 400  # of a line that is compared word by word
# A run of Latin letters and digits, a run of spaces, or one other character: Chinese has no spaces between words.
_WORD: Final = re.compile(r"[A-Za-z0-9_.]+|\s+|.")


@dataclass(frozen=True)
class Piece:
    """A run of text that is the `same`, `gone` or `new`."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Line:
    """A line of a difference. `fold`: so many (`count`) unchanged lines that are not shown; `changed`: its pieces."""

    kind: Kind
    pieces: tuple[Piece, ...] = ()
    count: int = 1


def readable(data: bytes) -> list[str] | None:
    """The lines of a document that people can compare, JSON written out; None for one that is no short text."""
    if len(data) > MAX_BYTES:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if any(char < " " and char not in "\t\n\r" for char in text):
        return None
    with suppress(ValueError, RecursionError):  # no JSON: it stands as it is
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=1, sort_keys=True)
    lines = text.splitlines()
    return lines if len(lines) <= MAX_LINES else None


@lru_cache(maxsize=64)
def between(old: bytes, new: bytes) -> tuple[Line, ...] | None:
    """The difference of two documents, None where one of them is not to be compared as a text; () if they agree."""
    before, after = readable(old), readable(new)
    if before is None or after is None:
        return None
    return tuple(lines(before, after))


def lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    """The difference of two lists of lines, unchanged stretches folded; nothing if they agree."""
    codes = SequenceMatcher(None, before, after).get_opcodes()
    if all(tag == "equal" for tag, *_ in codes):
        return
    for place, (tag, low, high, start, end) in enumerate(codes):
        if tag == "equal":
            yield from _folded(before[low:high], first=place == 0, last=place == len(codes) - 1)
            continue
        pairs = min(high - low, end - start)
        for old, new in zip(before[low : low + pairs], after[start : start + pairs], strict=True):
            yield _changed(old, new)
        yield from (Line("gone", (Piece("gone", one),)) for one in before[low + pairs : high])
        yield from (Line("new", (Piece("new", one),)) for one in after[start + pairs : end])


def _folded(same: Sequence[str], *, first: bool, last: bool) -> Iterator[Line]:
    """The ends of an unchanged stretch that touch a change, and how many lines lie between."""
    head = 0 if first else min(_CONTEXT, len(same))
    tail = 0 if last else min(_CONTEXT, len(same) - head)
    hidden = len(same) - head - tail
    yield from (Line("same", (Piece("same", one),)) for one in same[:head])
    if hidden:
        yield Line("fold", count=hidden)
    yield from (Line("same", (Piece("same", one),)) for one in same[len(same) - tail :])


def _changed(old: str, new: str) -> Line:
    left, right = _WORD.findall(old), _WORD.findall(new)
    if max(len(left), len(right)) > _MAX_WORDS:
        return Line("changed", (Piece("gone", old), Piece("new", new)))
    pieces: list[Piece] = []
    for tag, low, high, start, end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(left[low:high])))
            continue
        pieces += [Piece("gone", "".join(left[low:high]))] if high > low else []
        pieces += [Piece("new", "".join(right[start:end]))] if end > start else []
    return Line("changed", tuple(pieces))
