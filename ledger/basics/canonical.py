"""Canonical JSON: RFC 8785 over a subset in which a value has exactly one spelling (docs/formats/sealing.md §1).

Allowed: objects with ASCII member names, arrays, strings without surrogates, booleans, integers within
±(2^53 − 1). No floats, no null, no minus zero. At most 1 MiB (a document 64 MiB), nested at most 16 deep.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, TypeAlias, cast

from ledger.basics.errors import Refusal

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json]"

MAX_BYTES: Final = 1 << 20
# A document that an event names by its hash: the rows of thousands of bids.
MAX_DOCUMENT: Final = 64 << 20
MAX_DEPTH: Final = 16
MAX_INT: Final = (1 << 53) - 1

_SPELL: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)


def canonical(value: object, limit: int = MAX_BYTES) -> bytes:
    """The one spelling of `value`, UTF-8, at most `limit` bytes. Raises `Refusal("canonical.*")` for what has none."""
    _check(value, 1)
    try:
        data = _SPELL.encode(value).encode("utf-8")
    except UnicodeEncodeError as exc:
        raise Refusal("canonical.surrogate") from exc
    if len(data) > limit:
        raise Refusal("canonical.too_long", limit=limit, found=len(data))
    return data


def parse(data: bytes, limit: int = MAX_BYTES) -> Json:
    """The value whose canonical spelling is `data`; refuses every other bytes."""
    value = read(data, limit)
    if canonical(value, limit) != data:
        _load(data, _object)
        raise Refusal("canonical.not_canonical")
    return cast(Json, value)


def read(data: bytes, limit: int = MAX_BYTES) -> object:
    """The value of JSON bytes, for who spells it again and holds that against `data`, as `parse` does.

    What has no spelling (a float, null) or another one (a doubled member, a space) shows there, not here.
    """
    if len(data) > limit:
        raise Refusal("canonical.too_long", limit=limit, found=len(data))
    return _load(data)


def read_strictly(data: bytes, limit: int = MAX_BYTES) -> object:
    """The value of JSON bytes in any spelling, but no member twice: what a person typed, to be spelled anew."""
    if len(data) > limit:
        raise Refusal("canonical.too_long", limit=limit, found=len(data))
    return _load(data, _object)


def _load(data: bytes, pairs: Callable[[list[tuple[str, object]]], object] | None = None) -> object:
    try:
        value: object = json.loads(data.decode("utf-8"), object_pairs_hook=pairs)
    except (ValueError, RecursionError) as exc:
        raise Refusal("canonical.not_json") from exc
    return value


def parse_object(data: bytes, limit: int = MAX_BYTES) -> dict[str, Json]:
    """`parse`, and the value must be an object."""
    value = parse(data, limit)
    if not isinstance(value, dict):
        raise Refusal("canonical.not_object")
    return value


def members(value: object, names: str, optional: str = "") -> dict[str, Json]:
    """`value` if it is an object with exactly the space-separated `names` (and any of `optional`)."""
    if not isinstance(value, dict):
        raise Refusal("canonical.not_object")
    wanted = _split(names)
    if value.keys() == wanted:
        return cast(dict[str, Json], value)
    allowed = wanted | _split(optional)
    for name in sorted(wanted - value.keys()):
        raise Refusal("canonical.missing_member", member=name)
    for name in sorted(str(key) for key in value.keys() - allowed):
        # A stranger's name: escaped, for it is printed on terminals and stored in events.
        raise Refusal("canonical.unknown_member", member=ascii(name)[1:-1][:64])
    return cast(dict[str, Json], value)


@lru_cache(maxsize=1024)
def _split(names: str) -> frozenset[str]:
    return frozenset(names.split())


def unhex(value: object, length: int | None = None, field: str = "hex") -> bytes:
    """The bytes of a lower-case hex string of `length` bytes (any length if None)."""
    if isinstance(value, str) and (length is None or len(value) == 2 * length):
        try:
            data = bytes.fromhex(value)
        except ValueError:
            data = b""
        # fromhex takes capitals and spaces, too; there is one spelling.
        if data.hex() == value:
            return data
    raise Refusal("canonical.bad_hex", field=field, length=-1 if length is None else length)


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Refusal("canonical.too_deep", limit=MAX_DEPTH)
    if isinstance(value, dict):
        for name in value:
            if not isinstance(name, str) or not name.isascii():
                raise Refusal("canonical.member_name")
        _check_all(value.values(), depth + 1)
    elif isinstance(value, list):
        _check_all(value, depth + 1)
    elif isinstance(value, int):  # booleans are integers here, and in range
        if abs(value) > MAX_INT:
            raise Refusal("canonical.integer_range", limit=MAX_INT)
    elif not isinstance(value, str):
        raise Refusal("canonical.bad_type", found=type(value).__name__)


def _check_all(items: Iterable[object], depth: int) -> None:
    # Most values are strings, and cost no call here. Surrogates show when the whole is encoded.
    for item in items:
        if type(item) is not str or depth > MAX_DEPTH:
            _check(item, depth)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise Refusal("canonical.doubled_member")
    return out
