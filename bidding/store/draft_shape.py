"""The shape of a draft: a notice without what the platform adds to it."""

from __future__ import annotations

from typing import Any, Final, cast

from bidding import shape
from bidding.procedures.payloads import DOCUMENT, HASH, MAX_LOTS, empty_or, time
from ledger.basics.canonical import MAX_INT, Json
from ledger.basics.errors import Refusal

_LOT: Final = shape.record(
    {
        "lot": shape.identifier,
        "title": shape.title,
        "ceiling_fen": shape.integer(0, MAX_INT),
        "form": HASH,
        "rules": HASH,
        "max_bytes": shape.integer(1, 1 << 50),
        "forms_public": shape.boolean,
    }
)
_SHAPE: Final = shape.record(
    {
        "title": shape.title,
        "category": shape.one_of("works", "goods", "services"),
        "procedure": shape.one_of("open"),
        "estimate_fen": shape.integer(0, MAX_INT),
        "region": shape.text(64),
        "profile": shape.record({"id": shape.identifier, "version": shape.integer(1, 1_000_000), "sha256": HASH}),
        "no_touch": shape.one_of("award", "precheck"),
        "published_for": shape.record({"enquiries_until": time, "objections_until": time, "deadline": time}),
        "custodians": shape.array(shape.identifier, 2, 255),
        "t": shape.integer(2, 255),
        "contributors": shape.array(shape.identifier, 1, 255),
        "lot_limits": shape.record({"bid": shape.integer(0, MAX_LOTS), "win": shape.integer(0, MAX_LOTS)}),
        "lots": shape.array(_LOT, 1, MAX_LOTS),
        "documents": shape.array(DOCUMENT, 1, 2000),
        "replaces": empty_or(shape.identifier),
    }
)


def check(value: dict[str, Json]) -> dict[str, Json]:
    """`value` if it is a draft; `Refusal("shape.*")`, `Refusal("notice.doubled", field=…)`."""
    _SHAPE(value, "draft")
    body = cast(dict[str, Any], value)
    for field, listed in (
        ("lots", [one["lot"] for one in body["lots"]]),
        ("custodians", body["custodians"]),
        ("contributors", body["contributors"]),
        ("documents", [one["name"] for one in body["documents"]]),
    ):
        if len(set(listed)) != len(listed):
            raise Refusal("notice.doubled", field=field)
    return value
