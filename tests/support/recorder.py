"""A wire between clients and one server that writes down what the server acknowledged, whoever dies on either side.

It hands bytes on as they come: a client that is cut cuts its request, a server that is cut cuts its answer.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

_PIECE: Final = 1 << 16
_KEPT: Final = 1 << 20  # bytes of a request that are kept
_HOP: Final = frozenset({"connection", "transfer-encoding", "keep-alive"})


@dataclass(frozen=True)
class Acknowledged:
    """A request that changes something (or asks for an upload's offset), and the answer of status 2xx it was given."""

    method: str
    path: str
    request: bytes
    status: int
    headers: Mapping[str, str]
    answer: bytes

    def json(self) -> dict[str, Any]:
        """The answer."""
        return dict(json.loads(self.answer))

    def asked(self) -> dict[str, Any]:
        """The request."""
        return dict(json.loads(self.request))


class Recorder:
    """Listens on a port of its own and passes everything on to `port` of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.acknowledged: list[Acknowledged] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.recorder = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    """A thread a connection."""

    daemon_threads = True
    request_queue_size = 64
    recorder: Recorder

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A side that was cut is what this wire is for: nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def _pass(self) -> None:
        recorder = self.server.recorder
        self.close_connection = True
        kept, upstream = bytearray(), http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=120)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _HOP:
                    upstream.putheader(name, value)
            upstream.putheader("Connection", "close")
            upstream.endheaders()
            left = int(self.headers.get("Content-Length") or 0)
            while left:
                piece = self.rfile.read1(min(left, _PIECE))
                if not piece:
                    return
                left -= len(piece)
                kept += piece[: _KEPT - len(kept)]
                upstream.send(piece)
            response = upstream.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException):
            return
        finally:
            upstream.close()
        headers = {name.lower(): value for name, value in response.getheaders()}
        if response.status < 300 and self.command != "GET":
            recorder.acknowledged.append(
                Acknowledged(self.command, self.path, bytes(kept), response.status, headers, answer)
            )
        self._answer(response, answer)

    def _answer(self, response: http.client.HTTPResponse, answer: bytes) -> None:
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in _HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer)

    def __getattr__(self, name: str) -> Any:
        """Every method (`do_GET`, …) is passed on alike."""
        if name.startswith("do_"):
            return self._pass
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        """No access log."""
