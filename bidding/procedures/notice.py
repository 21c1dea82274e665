"""The notice of a tender, read: its structure only. Whether it is lawful is judged when it is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, cast

from bidding import shape
from bidding.procedures.payloads import DOCUMENT, ENVELOPE, HASH, KEY, MAX_LOTS, anything, empty_or, time
from ledger.basics.canonical import MAX_INT, Json
from ledger.basics.clock import parse_time
from ledger.basics.errors import Refusal
from ledger.sealed import keyset as keysets
from ledger.sealed.keyset import Keyset

PARTS: Final = ("coin", "identity", "offer")

_LOT: Final = shape.record(
    {
        "lot": shape.identifier,
        "title": shape.title,
        "ceiling_fen": shape.integer(0, MAX_INT),
        "form": HASH,
        "rules": HASH,
        "spki": shape.matching("(?:[0-9a-f]{2}){100,1000}", "SPKI in DER, hex"),
        "keysets": shape.array(
            shape.record({"keyset": anything, "signatures": shape.array(ENVELOPE, 0, 255)}), 1, len(PARTS)
        ),
        "max_bytes": shape.integer(1, 1 << 50),
        "forms_public": shape.boolean,
    }
)
_SHAPE: Final = shape.record(
    {
        "tender": shape.identifier,
        "party": shape.identifier,
        "title": shape.title,
        "category": shape.one_of("works", "goods", "services"),
        "procedure": shape.one_of("open"),
        "estimate_fen": shape.integer(0, MAX_INT),
        "region": shape.text(64),
        "profile": shape.record({"id": shape.identifier, "version": shape.integer(1, 1_000_000), "sha256": HASH}),
        "no_touch": shape.one_of("award", "precheck"),
        "published_for": shape.record({"enquiries_until": time, "objections_until": time, "deadline": time}),
        "interval_ms": shape.integer(1, 3_600_000),
        "custodians": shape.array(shape.record({"id": shape.identifier, "key": KEY}), 2, 255),
        "t": shape.integer(2, 255),
        "contributors": shape.array(shape.record({"party": shape.identifier, "key": KEY}), 1, 255),
        "lot_limits": shape.record({"bid": shape.integer(0, MAX_LOTS), "win": shape.integer(0, MAX_LOTS)}),
        "lots": shape.array(_LOT, 1, MAX_LOTS),
        "documents": shape.array(DOCUMENT, 1, 2000),
        "replaces": empty_or(shape.identifier),
    }
)


@dataclass(frozen=True)
class NoticeLot:
    """One lot as published. `keysets`: `{keyset, signatures}` as they stand in the notice."""

    lot: str
    title: Mapping[str, str]
    ceiling_fen: int
    form: str
    rules: str
    spki: bytes
    keysets: tuple[dict[str, Any], ...]
    max_bytes: int
    forms_public: bool

    @cached_property
    def parts(self) -> Mapping[str, Keyset]:
        """The key sets by part, each parsed. Raises `Refusal("sealed.*")`, `Refusal("notice.part_twice")`."""
        found: dict[str, Keyset] = {}
        for item in self.keysets:
            one = keysets.parse(item["keyset"])
            if one.purpose.part in found:
                raise Refusal("notice.part_twice", lot=self.lot, part=one.purpose.part)
            found[one.purpose.part] = one
        return found

    def keyset(self, part: str) -> Keyset:
        """The key set of a part. Raises `Refusal("notice.keyset_missing")`."""
        if part not in self.parts:
            raise Refusal("notice.keyset_missing", lot=self.lot, part=part)
        return self.parts[part]

    @property
    def kids(self) -> Mapping[str, str]:
        """The key sets' ids by part, hex."""
        return {part: one.kid.hex() for part, one in self.parts.items()}


@dataclass(frozen=True)
class Notice:
    """A notice that was read. Times UTC, money fen; `raw` is the object itself; a limit of 0 means none."""

    tender: str
    party: str
    title: Mapping[str, str]
    category: str
    procedure: str
    estimate_fen: int
    region: str
    profile_id: str
    profile_version: int
    profile_sha256: str
    no_touch: str
    enquiries_until: datetime
    objections_until: datetime
    deadline: datetime
    interval: timedelta
    custodians: Mapping[str, str]
    t: int
    contributors: Mapping[str, str]
    bid_limit: int
    win_limit: int
    lots: tuple[NoticeLot, ...]
    documents: Mapping[str, tuple[str, int]]
    replaces: str
    raw: dict[str, Json] = field(repr=False, compare=False)

    @classmethod
    def parse(cls, value: object) -> Notice:
        """The notice of an object. Raises `Refusal("shape.*")` and `Refusal("notice.doubled")` with the field."""
        _SHAPE(value, "notice")
        got = cast(dict[str, Any], value)
        profile, until, limits = got["profile"], got["published_for"], got["lot_limits"]
        lots = tuple(_lot(item) for item in got["lots"])
        documents = {item["name"]: (item["sha256"], item["size"]) for item in got["documents"]}
        custodians = {item["id"]: item["key"] for item in got["custodians"]}
        contributors = {item["party"]: item["key"] for item in got["contributors"]}
        for name, found, listed in (
            ("lots", {lot.lot for lot in lots}, lots),
            ("documents", documents, got["documents"]),
            ("custodians", custodians, got["custodians"]),
            ("custodians.key", set(custodians.values()), got["custodians"]),
            ("contributors", contributors, got["contributors"]),
            ("contributors.key", set(contributors.values()), got["contributors"]),
        ):
            if len(found) != len(listed):
                raise Refusal("notice.doubled", field=name)
        return cls(
            tender=got["tender"],
            party=got["party"],
            title=got["title"],
            category=got["category"],
            procedure=got["procedure"],
            estimate_fen=got["estimate_fen"],
            region=got["region"],
            profile_id=profile["id"],
            profile_version=profile["version"],
            profile_sha256=profile["sha256"],
            no_touch=got["no_touch"],
            enquiries_until=parse_time(until["enquiries_until"], "enquiries_until"),
            objections_until=parse_time(until["objections_until"], "objections_until"),
            deadline=parse_time(until["deadline"], "deadline"),
            interval=timedelta(milliseconds=got["interval_ms"]),
            custodians=custodians,
            t=got["t"],
            contributors=contributors,
            bid_limit=limits["bid"],
            win_limit=limits["win"],
            lots=lots,
            documents=documents,
            replaces=got["replaces"],
            raw=got,
        )

    def lot(self, lot: str) -> NoticeLot:
        """The lot of this id. Raises `Refusal("lot.unknown")`."""
        for one in self.lots:
            if one.lot == lot:
                return one
        raise Refusal("lot.unknown", lot=lot)


def _lot(got: Mapping[str, Any]) -> NoticeLot:
    return NoticeLot(
        lot=got["lot"],
        title=got["title"],
        ceiling_fen=got["ceiling_fen"],
        form=got["form"],
        rules=got["rules"],
        spki=bytes.fromhex(got["spki"]),
        keysets=tuple(got["keysets"]),
        max_bytes=got["max_bytes"],
        forms_public=got["forms_public"],
    )
