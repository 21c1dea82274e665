"""JSON Schemas of what goes in and comes out, put together from a few words. Objects take no members beyond theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

TEXT: Final[Schema] = {"type": "string"}
WHOLE: Final[Schema] = {"type": "integer"}
FLAG: Final[Schema] = {"type": "boolean"}
ANY: Final[Schema] = {}
ID: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$"}
HASH: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
HEX: Final[Schema] = {"type": "string", "pattern": "^([0-9a-f]{2})*$"}
TIME: Final[Schema] = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"}
MAYBE_TIME: Final[Schema] = {"anyOf": [TIME, {"const": ""}]}
DECIMAL: Final[Schema] = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}


def record(*optional: str, **members: Schema) -> Schema:
    """An object of exactly these members; those named in `optional` may be missing."""
    return {
        "type": "object",
        "properties": dict(members),
        "required": sorted(members.keys() - set(optional)),
        "additionalProperties": False,
    }


def listed(of: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": of}


def mapped(of: Schema) -> Schema:
    """An object with any names and these values."""
    return {"type": "object", "additionalProperties": of}


def ref(name: str) -> Schema:
    """One of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def one_of(*values: str) -> Schema:
    """One of these texts."""
    return {"enum": list(values)}


BOTH: Final = record(zh=TEXT, en=TEXT)
ENVELOPE: Final = record(object={"type": "object"}, key=HASH, signature=HEX)
LOT: Final = record(lot=ID, state=TEXT, bids=WHOLE, winner={"anyOf": [HASH, {"const": ""}]})
_TENDER: Final[Mapping[str, Schema]] = {
    "tender": ID,
    "state": one_of("published", "suspended", "terminated"),
    "party": ID,
    "party_name": BOTH,
    "title": BOTH,
    "category": one_of("works", "goods", "services"),
    "region": TEXT,
    "estimate_fen": WHOLE,
    "published_at": TIME,
    "deadline": TIME,
    "tickets_open": FLAG,
    "lots": listed(LOT),
}
_EVENT: Final = record(
    v={"const": 1},
    stream=TEXT,
    version=WHOLE,
    type=TEXT,
    at=TIME,
    actor=TEXT,
    public={"type": "object"},
    sealed=mapped(HASH),
)
POSTPONED: Final = record(
    lot=ID,
    not_before=TIME,
    before=TIME,
    until=TIME,
    confirmed=listed(ID),
    waiting=listed(ID),
    needed=WHOLE,
    enough=FLAG,
)
COMPONENTS: Final[Mapping[str, Schema]] = {
    "Error": record(error=record(code=TEXT, params={"type": "object"}, words=BOTH)),
    "Envelope": ENVELOPE,
    "Event": record(event=_EVENT, salt=HASH, index=WHOLE),
    "Tender": record(**_TENDER),
    "TenderWithStreams": record(**_TENDER, streams=mapped(WHOLE), postponed=listed(POSTPONED)),
}
