"""A small HTTP client for institutions and bidders: standard library, one connection, bounded answers, no redirects.

An answer with a status of 400 or more whose body is `{"error": {"code", "params"}}` is raised as that `Refusal`.
Where a server asks for a pause (`Retry-After` with 429 or 503), requests are refused here until it is over.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import re
import socket
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from ledger.basics.errors import Param, Refusal

MAX_ANSWER: Final = 64 * 1024 * 1024
# A server may ask for a pause of so many seconds and no more: what is due must not wait for its word.
LONGEST_PAUSE: Final = 60
_CODE: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\Z")
_PATH: Final = re.compile(r"[!-~]*\Z", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,9}\Z", re.ASCII)


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class HttpClient:
    """Asks one server, whose `base` is `http(s)://host[:port][/prefix]`. Not for use by several threads at once."""

    def __init__(self, base: str, timeout: float = 20.0, whole: float | None = None) -> None:
        """`timeout`: seconds, for connecting and for each read; `whole`: for a whole exchange, None for no limit.

        A server that sends a byte now and then outlives every `timeout`; `whole` ends it. Raises
        `Refusal("http.bad_address")`.
        """
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise Refusal("http.bad_address", address=base[:200])
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.base = base.rstrip("/")
        self._prefix = parts.path.rstrip("/")
        self._whole = whole
        self._pause_until = 0.0
        self._connection = kind(parts.hostname, parts.port, timeout=timeout)
        weakref.finalize(self, self._connection.close)

    def get(self, path: str, *, most: int = MAX_ANSWER, headers: Mapping[str, str] | None = None) -> bytes:
        """The body of an answer below 300; else a `Refusal`: the server's own, `http.status` or as `exchange`."""
        return self.ask("GET", path, most=most, headers=headers).body

    def post(self, path: str, body: bytes, content_type: str = "application/json") -> Answer:
        """Posts bytes; refuses as `get` does."""
        return self.ask("POST", path, body, headers={"Content-Type": content_type})

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        most: int = MAX_ANSWER,
    ) -> Answer:
        """The answer to one request, if its status is below 300; else a `Refusal`.

        `Refusal("http.rate", seconds=…)` without asking while the server wants a pause; its own refusal tells the same
        `seconds`.
        """
        left = self._pause_until - time.monotonic()
        if left > 0:
            raise Refusal("http.rate", seconds=math.ceil(left))
        answer = self.exchange(method, path, body, headers=headers, most=most)
        if answer.status >= 300:
            pause = _pause(answer)
            self._pause_until = time.monotonic() + pause
            raise _refusal(answer, path, pause)
        return answer

    def exchange(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        most: int = MAX_ANSWER,
    ) -> Answer:
        """The answer whatever its status; `Refusal("http.unreachable")`, `Refusal("http.answer_too_long")`."""
        if not _PATH.match(path):
            raise Refusal("http.bad_address", address=path[:200])
        target = f"{self._prefix}/{path.lstrip('/')}"
        # A kept connection may have been closed by the server meanwhile: that says nothing, one fresh try does. Only
        # requests that may safely arrive twice are tried again.
        tries = 2 if self._connection.sock is not None and method in ("GET", "HEAD") else 1
        for left in reversed(range(tries)):
            try:
                return self._once(method, target, body, dict(headers or {}), most)
            except (OSError, http.client.HTTPException) as exc:
                self._connection.close()
                if not left:
                    raise Refusal("http.unreachable", address=self.base[:200], error=type(exc).__name__) from exc
            except Refusal:
                self._connection.close()
                raise
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        """Closes the connection (as letting go of the client does); the next request opens it again."""
        self._connection.close()

    def _once(self, method: str, target: str, body: bytes | None, headers: dict[str, str], most: int) -> Answer:
        if method not in ("GET", "HEAD"):
            self._connection.close()
        with self._patience():
            cut = None
            try:
                self._connection.request(method, target, body, headers)
            except (BrokenPipeError, ConnectionResetError) as exc:
                if body is None:
                    raise
                # Who refuses a body before all of it came has mostly said why.
                cut = exc
            with self._connection.getresponse() as response:
                if cut is not None and response.status < 300:
                    raise cut
                data = response.read(most + 1)
                if len(data) > most:
                    raise Refusal("http.answer_too_long", address=target[:200], limit=most)
                if response.length:
                    # read(n) is silent about a body that ends early.
                    raise http.client.IncompleteRead(data, response.length)
                names = {name.lower(): value for name, value in response.getheaders()}
                answer = Answer(response.status, names, data)
        return answer

    @contextlib.contextmanager
    def _patience(self) -> Iterator[None]:
        """Cuts the connection when the block has taken `whole` seconds: TimeoutError."""
        if self._whole is None:
            yield
            return
        if self._connection.sock is None:
            self._connection.connect()
        # http.client forgets the socket of an answer that closes the connection, so it is held here.
        held, late = self._connection.sock, threading.Event()

        def cut() -> None:
            late.set()
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._whole, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
        # A body whose length was not told looks complete when it is cut.
        if late.is_set():
            raise TimeoutError


def _pause(answer: Answer) -> int:
    """The seconds for which the server wants no more requests."""
    said = answer.headers.get("retry-after", "").strip()
    return min(int(said), LONGEST_PAUSE) if answer.status in (429, 503) and _SECONDS.match(said) else 0


def _refusal(answer: Answer, path: str, pause: int) -> Refusal:
    """The server's own refusal if it gave one, else `http.rate` where it wants a pause, else `http.status`."""
    plain = Refusal("http.status", status=answer.status, address=path[:200])
    if pause:
        plain = Refusal("http.rate", seconds=pause)
    try:
        error = json.loads(answer.body)["error"]
        code, params = error["code"], error.get("params", {})
    except (ValueError, KeyError, TypeError, RecursionError):
        return plain
    if not isinstance(code, str) or not _CODE.match(code) or not isinstance(params, dict):
        return plain
    kept: dict[str, Param] = {
        str(name): value for name, value in params.items() if isinstance(value, str | int) and str(name).isidentifier()
    }
    if pause:
        kept["seconds"] = pause
    return Refusal(code, **kept)  # codes: relayed
