"""Signed requests: who asks is a key, not an account (docs/formats/box.md, docs/formats/custody.md).

The header `Mingjing-Request` carries the envelope of TYPE request over `{method, path, body_sha256, at, nonce}`. For a
bid key `at` is the box's own Date header as the client last received it: a client's clock would be a fingerprint.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Request

from bidding.store.box.lots import REQUEST_WINDOW
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, members, parse_object, unhex
from ledger.basics.errors import Refusal

HEADER: Final = "Mingjing-Request"
TICKET_HEADER: Final = "Mingjing-Ticket"
_MAX_HEADER: Final = 6000


@dataclass(frozen=True)
class Signed:
    """A request whose signature holds. `body_sha256` (hex) is still to be held against the body as it is read."""

    key: str
    body_sha256: str
    at: datetime
    nonce: str
    envelope: dict[str, Json]


def signed(request: Request, now: datetime) -> Signed:
    """The signed request of this HTTP request; refuses other paths, other methods and times outside the window."""
    envelope = _header(request, HEADER)
    obj = members(signing.verify("request", envelope), "method path body_sha256 at nonce")
    if obj["method"] != request.method or obj["path"] != request.path:
        raise Refusal("request.not_this")
    at = clock.parse_time(obj["at"], "at")
    if at.microsecond or abs(now - at) > REQUEST_WINDOW:
        raise Refusal("request.out_of_time", at=clock.text(at), now=clock.text(now))
    return Signed(
        key=str(envelope["key"]),
        body_sha256=unhex(obj["body_sha256"], 32, "body_sha256").hex(),
        at=at,
        nonce=unhex(obj["nonce"], 16, "nonce").hex(),
        envelope=envelope,
    )


def ticket(request: Request) -> dict[str, Json]:
    """The ticket header: `{tender, lot, ticket: {prefix, signature}}`."""
    return members(_header(request, TICKET_HEADER), "tender lot ticket")


def _header(request: Request, name: str) -> dict[str, Json]:
    raw = request.headers.get(name, "")
    if not raw or len(raw) > _MAX_HEADER:
        raise Refusal("request.header_missing", header=name, limit=_MAX_HEADER)
    try:
        data = base64.b64decode(raw + "=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Refusal("request.header_missing", header=name, limit=_MAX_HEADER) from exc
    return parse_object(data)
