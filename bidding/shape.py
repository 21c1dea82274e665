"""Strict shapes for published documents (forms, rule sets) on the standard library alone.

A shape is a check that says where a document departs from it. The core install has no JSON Schema library;
where a format also has a `.schema.json`, a test holds the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from ledger.basics.errors import Refusal

Shape = Callable[[object, str], None]

MAX_WHOLE_DIGITS: Final = 15
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z", re.ASCII)
_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,10})?\Z", re.ASCII)
_SIGNED: Final = re.compile(r"(?:0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,10})\Z", re.ASCII)


def shown(name: object) -> str:
    """A stranger's name, safe to print and to store: ASCII, 64 characters at most."""
    return ascii(name)[1:-1][:64] if isinstance(name, str) else type(name).__name__


def text(limit: int) -> Shape:
    """A string of 1 to `limit` characters."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, str):
            raise Refusal("shape.type", path=path, wanted="string")
        if not 1 <= len(value) <= limit:
            raise Refusal("shape.length", path=path, low=1, high=limit)

    return check


def _pattern(pattern: re.Pattern[str], wanted: str) -> Shape:
    def check(value: object, path: str) -> None:
        if not isinstance(value, str):
            raise Refusal("shape.type", path=path, wanted="string")
        if not pattern.match(value):
            raise Refusal("shape.value", path=path, wanted=wanted)

    return check


identifier: Final = _pattern(_ID, "id")
decimal: Final = _pattern(_DECIMAL, "decimal")
signed_decimal: Final = _pattern(_SIGNED, "signed decimal")


def integer(low: int, high: int) -> Shape:
    """An int (never a boolean) from `low` to `high`, both included."""

    def check(value: object, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refusal("shape.type", path=path, wanted="integer")
        if not low <= value <= high:
            raise Refusal("shape.value", path=path, wanted=f"{low}…{high}")

    return check


def boolean(value: object, path: str) -> None:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise Refusal("shape.type", path=path, wanted="boolean")


def one_of(*values: str) -> Shape:
    """One of these strings."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, str) or value not in values:
            raise Refusal("shape.value", path=path, wanted="|".join(values))

    return check


def matching(pattern: str, wanted: str) -> Shape:
    """A string that the whole of `pattern` matches."""
    return _pattern(re.compile(rf"(?:{pattern})\Z", re.ASCII), wanted)


def array(item: Shape, low: int, high: int) -> Shape:
    """A list of `low` to `high` items."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, list):
            raise Refusal("shape.type", path=path, wanted="array")
        if not low <= len(value) <= high:
            raise Refusal("shape.length", path=path, low=low, high=high)
        for index, entry in enumerate(value):
            item(entry, f"{path}/{index}")

    return check


def record(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """An object with exactly the `required` members and any of the `optional` ones."""
    allowed = {**required, **(optional or {})}

    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise Refusal("shape.type", path=path, wanted="object")
        if value.keys() != required.keys():
            _members(value, required, allowed, path)
        for name, entry in value.items():
            allowed[name](entry, f"{path}/{name}")

    return check


def _members(
    value: Mapping[object, object], required: Mapping[str, Shape], allowed: Mapping[str, Shape], path: str
) -> None:
    for name in sorted(required.keys() - value.keys()):
        raise Refusal("shape.missing", path=f"{path}/{name}")
    for name in sorted(shown(key) for key in value.keys() - allowed.keys()):
        raise Refusal("shape.unknown", path=f"{path}/{name}")


def mapping(item: Shape, low: int, high: int) -> Shape:
    """An object from `low` to `high` ids to items."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise Refusal("shape.type", path=path, wanted="object")
        if not low <= len(value) <= high:
            raise Refusal("shape.length", path=path, low=low, high=high)
        for name, entry in value.items():
            identifier(name, f"{path}/{shown(name)}")
            item(entry, f"{path}/{name}")

    return check


def tagged(member: str, shapes: Mapping[str, Shape]) -> Shape:
    """An object whose `member` says which of the `shapes` it has."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise Refusal("shape.type", path=path, wanted="object")
        if member not in value:
            raise Refusal("shape.missing", path=f"{path}/{member}")
        tag = value[member]
        if not isinstance(tag, str) or tag not in shapes:
            raise Refusal("shape.value", path=f"{path}/{member}", wanted="|".join(sorted(shapes)))
        shapes[tag](value, path)

    return check


title: Final = record({"zh": text(200), "en": text(200)})
