"""What the room's scripts say, in the page's language: the same for everybody, and no more than they can say."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from web import assets, compress, texts, words
from web.delivery import json_response
from web.words import Lang

# Whose codes office, box and the lists of an opening can give a browser: all of these areas are in the book. Of the
# others there are those that a module refuses with itself.
_GIVEN: Final = frozenset(
    (
        *("auth", "bid", "blob", "box", "canonical", "cms", "enquiry", "form", "http", "id", "letter", "lot"),
        *("objection", "party", "request", "shape", "signature", "statement", "submission", "tender", "ticket"),
        *("tickets", "time", "upload", "uscc"),
    )
)
# What the office answers of signing blindly comes from the sealing, whose other codes no browser meets.
_BLIND: Final = frozenset(("sealed.bad_blinded_message", "sealed.signing_failure"))
_SCRIPTS: Final = ("js/bid/", "js/parts/", "js/sealed/")
_CODE: Final = re.compile(rb'"([a-z_]+\.[a-z0-9_]+)"')


@dataclass(frozen=True)
class Book:
    """`said`: `{texts, words}`, by key and by code; `version` changes with any of it."""

    said: Mapping[str, Mapping[str, str]]
    version: str


@cache
def of(lang: Lang) -> Book:
    """The book of a language, made once for each process."""
    own = _own() | _BLIND
    told = {code: one[lang] for code, one in words.book().items() if code.split(".")[0] in _GIVEN or code in own}
    found = {"texts": {key: one[lang] for key, one in texts.book().items() if key.startswith("bid.")}, "words": told}
    return Book(found, hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16])


@cache
def packed(lang: Lang, how: str) -> bytes:
    """The book as an answer's body, by one of the packings of `web.compress.best`; made once for each process."""
    return compress.packed_best(json_response(of(lang).said).get_data(), how)


def _own() -> frozenset[str]:
    """The codes that stand in the room's modules."""
    modules = [data for name, data in assets.tree().files.items() if name.startswith(_SCRIPTS)]
    return frozenset(code.decode() for data in modules for code in _CODE.findall(data))
