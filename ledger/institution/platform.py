"""Asking a platform that may lie, err, hang or flood: a call has a size and a time, and ends in a value or a Refusal.

Redirects are not followed and no answer is cached; what an answer is worth is decided elsewhere.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal

MAX_JSON: Final = 8 << 20
_AGENT: Final = "mingjing-institution/1"


@dataclass(frozen=True)
class Platform:
    """A platform's base address, e.g. `https://host:8000`; `timeout`: seconds a whole call may take."""

    url: str
    timeout: float = 20.0

    def __post_init__(self) -> None:
        """Raises `Refusal("platform.bad_url")`."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise Refusal("platform.bad_url", url=self.url[:200])

    def get(self, path: str, limit: int) -> bytes:
        """The body of GET `path`, at most `limit` bytes.

        Raises `Refusal`: `platform.unreachable`, `platform.timeout`, `platform.answered` (a status other than 2xx),
        `platform.too_big`.
        """
        return self._call("GET", path, b"", "", limit)

    def get_json(self, path: str, limit: int = MAX_JSON) -> Json:
        """The JSON of GET `path`; `Refusal("platform.not_json")` besides those of `get`."""
        return read_json(self.get(path, limit))

    def post_json(self, path: str, value: Json) -> None:
        """POST a JSON value; refusals as in `get`."""
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        self._call("POST", path, body, "application/json", MAX_JSON)

    def put(self, path: str, body: bytes) -> None:
        """PUT raw bytes; refusals as in `get`."""
        self._call("PUT", path, body, "application/octet-stream", MAX_JSON)

    def _call(self, method: str, path: str, body: bytes, kind: str, limit: int) -> bytes:
        link = self._connection()
        late = threading.Event()
        open_sockets: list[socket.socket] = []

        def cut() -> None:
            late.set()
            # A timeout of the socket only bounds one read; a server that drips bytes must end too.
            for one in open_sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

        watchdog = threading.Timer(self.timeout, cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            headers = {"User-Agent": _AGENT, "Connection": "close"} | ({"Content-Type": kind} if kind else {})
            link.connect()
            open_sockets.append(link.sock)
            link.request(method, urlsplit(self.url).path.rstrip("/") + path, body or None, headers)
            answer = link.getresponse()
            data = answer.read(limit + 1)
            # A body cut by the watchdog can look complete where its length was not told.
            if late.is_set():
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as exc:
            if late.is_set() or isinstance(exc, TimeoutError):
                raise Refusal("platform.timeout", path=path[:200], seconds=round(self.timeout)) from exc
            raise Refusal("platform.unreachable", path=path[:200], reason=type(exc).__name__) from exc
        finally:
            watchdog.cancel()
            link.close()
        if len(data) > limit:
            raise Refusal("platform.too_big", path=path[:200], limit=limit)
        if not 200 <= answer.status < 300:
            raise Refusal("platform.answered", path=path[:200], status=answer.status, error=_error(data))
        return data

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            return http.client.HTTPSConnection(
                host, parts.port, timeout=self.timeout, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, parts.port, timeout=self.timeout)


def segment(text: str) -> str:
    """A piece of a path, quoted; slashes stand."""
    return quote(text, safe="/")


def read_json(data: bytes) -> Json:
    """Any JSON with distinct member names and no floats; `Refusal("platform.not_json")`.

    Looser than canonical JSON in its spelling only; what is hashed or signed is brought into canonical form first.
    """
    try:
        value: Json = json.loads(
            data, object_pairs_hook=_object, parse_float=_never, parse_constant=_never, parse_int=_integer
        )
    except (ValueError, RecursionError) as exc:
        raise Refusal("platform.not_json") from exc
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


def _error(data: bytes) -> str:
    """The error code an answer carries, for the log; "" where there is none."""
    try:
        value = read_json(data[:65536])
    except Refusal:
        return ""
    error = value.get("error") if isinstance(value, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code[:64] if isinstance(code, str) and code.isascii() and code.isprintable() else ""
