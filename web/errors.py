"""From a `Refusal` to what a caller gets: status, code, parameters and words in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.basics.errors import Param, Refusal
from web import words

# Everything not named here is the caller's mistake in what it sent: 400.
_STATUS: Final[Mapping[str, int]] = {
    "auth.missing": 401,
    "auth.bad_token": 401,
    "auth.forbidden": 403,
    "auth.no_account": 403,
    "auth.other_site": 403,
    "auth.passkey_needed": 403,
    "auth.second_factor": 403,
    "auth.signed_out": 401,
    "auth.stale": 401,
    "auth.wrong_party": 403,
    "signin.wait": 429,
    "http.not_found": 404,
    "http.method": 405,
    "http.too_long": 413,
    "http.rate": 429,
    "check.beyond": 413,
    "check.busy": 503,
    "check.too_long": 413,
    "simulate.beyond": 413,
    "simulate.busy": 503,
    "simulate.too_long": 413,
    "http.busy": 503,
    "http.crowded": 503,
    "http.too_slow": 408,
    "http.unexpected": 500,
    "stream.conflict": 409,
    "log.no_such_tile": 404,
    "log.bad_path": 404,
}
# The last word of a code says its kind, whatever the area.
_ENDINGS: Final[Mapping[str, int]] = {"unknown": 404, "not_found": 404, "conflict": 409}


def status(code: str) -> int:
    """The HTTP status for a code."""
    return _STATUS.get(code) or _ENDINGS.get(code.rsplit(".", 1)[-1], 400)


def body(code: str, params: Mapping[str, Param]) -> dict[str, object]:
    """`{"error": {"code", "params", "words": {"zh", "en"}}}`."""
    return {"error": {"code": code, "params": dict(params), "words": words.both(code, params)}}


def headers(code: str, params: Mapping[str, Param]) -> dict[str, str]:
    """`Retry-After` where the caller is to wait."""
    return {"Retry-After": str(params["seconds"])} if status(code) in (429, 503) and "seconds" in params else {}


def of(refusal: Refusal) -> tuple[dict[str, object], int]:
    """Body and status of a refusal."""
    return body(refusal.code, refusal.params), status(refusal.code)
