"""Forms as browsers send them, read as strictly as JSON: size, encoding, no field twice, none that is not asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from flask import request

from ledger.basics.canonical import MAX_BYTES
from ledger.basics.errors import Refusal

T = TypeVar("T")

_KIND: Final = "application/x-www-form-urlencoded"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def form(names: str) -> dict[str, str]:
    """The fields of the request's form: exactly those of the space-separated `names`, empty where one was not sent.

    Line ends are `\\n`. Raises `http.too_long`, `http.bad_form`.
    """
    data = request.get_data(cache=False)
    if len(data) > MAX_BYTES:
        raise Refusal("http.too_long", limit=MAX_BYTES)
    return parse(request.mimetype, data, names)


def parse(kind: str, data: bytes, names: str) -> dict[str, str]:
    """As `form`, of a body of the media type `kind`."""
    wanted = names.split()
    if kind != _KIND and data:
        raise Refusal("http.bad_form")
    try:
        pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=len(wanted))
    except ValueError as exc:
        raise Refusal("http.bad_form") from exc
    found = {name: value.replace("\r\n", "\n") for name, value in pairs}
    if len(found) != len(pairs) or found.keys() - set(wanted) or any(map(_CONTROL.search, found.values())):
        raise Refusal("http.bad_form")
    return {name: found.get(name, "") for name in wanted}


class Problems(dict[str, Refusal]):
    """What is wrong with a form: field → refusal, in the order of the fields."""

    def check(self, field: str, what: Callable[[], T], otherwise: T) -> T:
        """What `what` gives; if it refuses, that is noted for the field and `otherwise` given."""
        try:
            return what()
        except Refusal as why:
            self.setdefault(field, why)
            return otherwise

    def required(self, given: Mapping[str, str], names: str) -> None:
        """Notes those of the space-separated `names` that are empty (`field.required`)."""
        for name in names.split():
            if not given[name].strip():
                self.setdefault(name, Refusal("field.required"))
