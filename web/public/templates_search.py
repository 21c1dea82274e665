"""What somebody asks of the gallery of templates, read from the address and written into addresses again. Pure.

As in the list of tenders, a value that cannot be read is said beside its field and asks for nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from evaluation.rules.templates import CATALOGUE, Entry
from web import texts
from web.words import LANGS

KINDS: Final = tuple(dict.fromkeys(one.kind for one in CATALOGUE))
LAWS: Final = tuple(dict.fromkeys(one.law for one in CATALOGUE))
# Who marks: nobody but the machine, or experts as well.
MARKERS: Final = ("machine", "panel")
LONGEST: Final = 100

_PATH: Final = "/templates"


def marker(entry: Entry) -> str:
    """Which of `MARKERS` marks by a template."""
    return MARKERS[entry.experts]


# Field of the address → what it may say, and what of a template it asks about.
FACETS: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Entry], str]]]] = {
    "kind": (KINDS, lambda entry: entry.kind),
    "law": (LAWS, lambda entry: entry.law),
    "by": (MARKERS, marker),
}


@dataclass(frozen=True)
class Sought:
    """`text`: the words; `chosen`: field → values, as they were typed; `wrong`: field → what is wrong with it."""

    text: str
    chosen: Mapping[str, tuple[str, ...]]
    wrong: Mapping[str, str]
    untidy: bool

    def address(self, lang: str, **changed: Iterable[str]) -> str:
        """The address of the same search, some fields changed."""
        kept: dict[str, Iterable[str]] = {"q": (self.text,), **self.chosen, **changed}
        pairs = [(name, value) for name, values in kept.items() for value in values if value]
        return f"{_PATH}?{urlencode([*pairs, ('lang', lang)])}"

    def without(self, lang: str, name: str, value: str) -> str:
        """The address without one value of a field."""
        return self.address(lang, **{name: [one for one in self.chosen[name] if one != value]})

    def known(self, name: str) -> tuple[str, ...]:
        """The values of a field that there are."""
        return tuple(one for one in self.chosen[name] if one in FACETS[name][0])

    def found(self, *, but: str = "") -> list[Entry]:
        """The templates that fit, in the order of the catalogue. `but`: a field that is not asked about."""
        words = _plain(self.text).split()
        return [
            entry
            for entry in CATALOGUE
            if all(word in _said(entry) for word in words)
            and all(name == but or not self.known(name) or of(entry) in self.known(name) for name, (_, of) in _fields())
        ]

    def counts(self, name: str) -> dict[str, int]:
        """Value of a field → how many templates it would leave, whatever is chosen of it now."""
        values, of = FACETS[name]
        found = [of(entry) for entry in self.found(but=name)]
        return {value: found.count(value) for value in values}


def read(args: MultiDict[str, str]) -> Sought:
    """What an address asks for."""
    chosen = {
        name: tuple(dict.fromkeys(value.strip()[:LONGEST] for value in args.getlist(name) if value.strip()))
        for name in FACETS
    }
    text = " ".join(args.get("q", "").split())
    wrong = {name: "choice" for name, values in chosen.items() if set(values) - set(FACETS[name][0])}
    if len(text) > LONGEST:
        wrong["q"] = "long"
    untidy = any(not value.strip() for name in ("q", *FACETS) for value in args.getlist(name))
    return Sought(text[:LONGEST], chosen, wrong, untidy)


def _fields() -> Iterable[tuple[str, tuple[tuple[str, ...], Callable[[Entry], str]]]]:
    return FACETS.items()


def _said(entry: Entry) -> str:
    """All that a page says of a template in a list, in both languages: who reads one may search in the other."""
    found = [entry.name, entry.rule, *entry.title.values(), *entry.summary.values()]
    for lang in LANGS:
        found.append(texts.text(f"gallery.kind.{entry.kind}", lang))
        found.append(texts.text(f"gallery.law.{entry.law}", lang))
        found.append(texts.text(f"gallery.by.{marker(entry)}", lang))
    return _plain(" ".join(found))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
