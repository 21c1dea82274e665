"""Asking a platform that may lie, err, hang or flood: a call has a size and a time, and ends in a value or a Refusal.

Redirects are not followed and no answer is cached; what an answer is worth is decided elsewhere.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import system_entropy
from ledger.http import HttpClient
from ledger.log_client import LogClient

MAX_JSON: Final = 8 << 20


class Platform:
    """A platform's base address, e.g. `https://host:8000`; `timeout`: seconds a whole call may take."""

    def __init__(self, url: str, timeout: float = 20.0) -> None:
        """Raises `Refusal("http.bad_address")`."""
        self.url: Final = url.rstrip("/")
        self._timeout = timeout
        self._http = HttpClient(self.url, timeout, whole=timeout)

    def log(self) -> LogClient:
        """The platform's log."""
        return LogClient(f"{self.url}/log", self._timeout)

    def get(self, path: str, limit: int, headers: Mapping[str, str] | None = None) -> bytes:
        """The body of GET `path`, at most `limit` bytes. Raises `http.*` and whatever code the platform gave."""
        return self._http.get(path, most=limit, headers=headers)

    def get_signed(self, path: str, query: str, key: Ed25519PrivateKey, at: datetime) -> Json:
        """The JSON of GET `path?query`, asked as the holder of `key` at `at` (docs/formats/custody.md)."""
        asked: dict[str, Json] = {
            "method": "GET",
            "path": path,
            "body_sha256": H(b"").hex(),
            "at": clock.text(at.replace(microsecond=0)),
            "nonce": system_entropy(16).hex(),
        }
        envelope = canonical(signing.sign("request", asked, key))
        header = base64.urlsafe_b64encode(envelope).decode("ascii").rstrip("=")
        return read_json(self.get(f"{path}?{query}", MAX_JSON, {"Mingjing-Request": header}))

    def get_json(self, path: str, limit: int = MAX_JSON) -> Json:
        """The JSON of GET `path`; `Refusal("institution.not_json")` besides those of `get`."""
        return read_json(self.get(path, limit))

    def post_json(self, path: str, value: Json) -> None:
        """POST a JSON value, the same bytes for the same value; refusals as in `get`."""
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        headers = {"Content-Type": "application/json"}
        self._http.ask("POST", path, body, headers=headers, most=MAX_JSON)

    def put(self, path: str, body: bytes) -> None:
        """PUT raw bytes; refusals as in `get`."""
        headers = {"Content-Type": "application/octet-stream"}
        self._http.ask("PUT", path, body, headers=headers, most=MAX_JSON)


def segment(text: str) -> str:
    """A piece of a path, quoted; slashes stand."""
    return quote(text, safe="/")


def read_json(data: bytes) -> Json:
    """Any JSON with distinct member names and no floats; `Refusal("institution.not_json")`.

    Looser than canonical JSON in its spelling only; what is hashed or signed is brought into canonical form first.
    """
    try:
        value: Json = json.loads(
            data, object_pairs_hook=_object, parse_float=_never, parse_constant=_never, parse_int=_integer
        )
    except (ValueError, RecursionError) as exc:
        raise Refusal("institution.not_json") from exc
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("doubled member")
    return out


def _never(_: str) -> object:
    raise ValueError("not one of ours")


def _integer(digits: str) -> int:
    if len(digits) > 17:
        raise ValueError("too long")
    return int(digits)
