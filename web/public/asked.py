"""What somebody asks of the list of tenders, read from the address and written into addresses again. Pure.

A value that cannot be read is said beside its field and asks for nothing; the rest of the search stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from bidding.store.search import CATEGORIES, SORTS, STATES, Query, Sort
from ledger.basics import clock
from ledger.basics.errors import Refusal

# In the order in which they stand in an address; of the first kind there may be several.
MANY: Final = ("category", "region", "state")
SINGLE: Final = (
    "q",
    "published_from",
    "published_to",
    "deadline_from",
    "deadline_to",
    "amount_from",
    "amount_to",
    "sort",
    "page",
)
Wrong = Literal["long", "choice", "date", "amount", "order", "page"]

_LONGEST: Final = 100
_MOST: Final = 40  # values of one field: more than there are provinces
_LAST_PAGE: Final = 100_000
_YEARS: Final = range(2000, 2101)
_BEIJING: Final = timedelta(hours=8)
_DAY: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
# `1,200,000.50`, `120万`, `1.2 亿元`: as amounts are written and pasted.
_AMOUNT: Final = re.compile(r"[¥￥]?(\d{1,13}(?:\.\d{1,6})?)(万|亿)?元?")
_TIMES: Final[Mapping[str, int]] = {"": 1, "万": 10_000, "亿": 100_000_000}
_MOST_FEN: Final = 10**17  # what a notice may estimate fits, and so does the database's column


@dataclass(frozen=True)
class Asked:
    """`typed`: every value that was given, as it was typed; `wrong`: (field, what is wrong with it)."""

    query: Query
    page: int
    typed: Mapping[str, tuple[str, ...]]
    wrong: tuple[tuple[str, Wrong], ...]
    untidy: bool

    def value(self, name: str) -> str:
        """The one value of a field, empty if none was given."""
        return next(iter(self.typed.get(name, ())), "")

    def address(self, path: str, lang: str, **changed: Iterable[str]) -> str:
        """The address of the same search at `path`, some fields changed; a changed search begins at its first page."""
        kept = {**self.typed, **({} if "page" in changed else {"page": ()}), **changed}
        pairs = [(name, value) for name in (*MANY, *SINGLE) for value in kept.get(name, ()) if value]
        return f"{path}?{urlencode([*pairs, ('lang', lang)])}"

    def without(self, path: str, lang: str, name: str, value: str) -> str:
        """The address without one value of a field."""
        return self.address(path, lang, **{name: [one for one in self.typed.get(name, ()) if one != value]})


def read(args: MultiDict[str, str]) -> Asked:
    """What an address asks for."""
    typed = {
        name: tuple(dict.fromkeys(value.strip() for value in args.getlist(name) if value.strip()))
        for name in (*MANY, *SINGLE)
    }
    typed = {name: values if name in MANY else values[:1] for name, values in typed.items() if values}
    wrong: list[tuple[str, Wrong]] = []
    query = Query(
        text=_text(typed, wrong),
        categories=_chosen(typed, "category", CATEGORIES, wrong),
        regions=tuple(one[:_LONGEST] for one in typed.get("region", ()))[:_MOST],
        states=_chosen(typed, "state", STATES, wrong),
        published=_days(typed, "published", wrong),
        deadline=_days(typed, "deadline", wrong),
        amount=_amounts(typed, wrong),
        sort=_sort(typed, wrong),
    )
    untidy = any(not value.strip() for name in (*MANY, *SINGLE) for value in args.getlist(name))
    return Asked(query, _page(typed, wrong), typed, tuple(wrong), untidy)


def strict(args: MultiDict[str, str]) -> Asked:
    """The same for programs: `Refusal("search.malformed", field=…)` for the first value that cannot be read."""
    asked = read(args)
    for field, _ in asked.wrong:
        raise Refusal("search.malformed", field=field)
    return asked


def _first(typed: Mapping[str, tuple[str, ...]], name: str) -> str:
    return next(iter(typed.get(name, ())), "")


def _text(typed: Mapping[str, tuple[str, ...]], wrong: list[tuple[str, Wrong]]) -> str:
    text = _first(typed, "q")
    if len(text) > _LONGEST:
        wrong.append(("q", "long"))
    return text[:_LONGEST]


def _chosen(
    typed: Mapping[str, tuple[str, ...]], name: str, known: tuple[str, ...], wrong: list[tuple[str, Wrong]]
) -> tuple[str, ...]:
    values = typed.get(name, ())
    if any(one not in known for one in values):
        wrong.append((name, "choice"))
    return tuple(one for one in values if one in known)


def _sort(typed: Mapping[str, tuple[str, ...]], wrong: list[tuple[str, Wrong]]) -> Sort:
    value = _first(typed, "sort") or SORTS[0]
    if value in SORTS:
        return value
    wrong.append(("sort", "choice"))
    return SORTS[0]


def _page(typed: Mapping[str, tuple[str, ...]], wrong: list[tuple[str, Wrong]]) -> int:
    value = _first(typed, "page") or "1"
    if value.isascii() and value.isdigit() and len(value) <= 6 and 1 <= int(value) <= _LAST_PAGE:
        return int(value)
    wrong.append(("page", "page"))
    return 1


def _days(typed: Mapping[str, tuple[str, ...]], name: str, wrong: list[tuple[str, Wrong]]) -> tuple[str, str]:
    """From and to (exclusive) of days in Beijing, as time texts."""
    days: list[date | None] = []
    for field in (f"{name}_from", f"{name}_to"):
        value = _first(typed, field)
        days.append(_day(value) if value else None)
        if value and days[-1] is None:
            wrong.append((field, "date"))
    start, end = days
    if start and end and start > end:
        wrong.append((f"{name}_to", "order"))
        end = None
    return _midnight(start), _midnight(end + timedelta(days=1) if end else None)


def _day(value: str) -> date | None:
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", value).replace("/", "-"))
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
    return day if day and day.year in _YEARS else None


def _midnight(day: date | None) -> str:
    return clock.text(datetime(day.year, day.month, day.day, tzinfo=UTC) - _BEIJING) if day else ""


def _amounts(typed: Mapping[str, tuple[str, ...]], wrong: list[tuple[str, Wrong]]) -> tuple[int | None, int | None]:
    fen: list[int | None] = []
    for field in ("amount_from", "amount_to"):
        value = _first(typed, field)
        fen.append(_fen(value) if value else None)
        if value and fen[-1] is None:
            wrong.append((field, "amount"))
    least, most = fen
    if least is not None and most is not None and least > most:
        wrong.append(("amount_to", "order"))
        most = None
    return least, most


def _fen(value: str) -> int | None:
    """Fen of an amount as people write it; None for what is none."""
    plain = re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", value))
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        return None
    fen = Decimal(found[1]) * _TIMES[found[2] or ""] * 100
    return int(fen) if fen == fen.to_integral_value() and fen <= _MOST_FEN else None
