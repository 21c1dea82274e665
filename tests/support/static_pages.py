"""The files of web/static under one address on loopback, with the strict policy of the product's pages."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from tests.support.tree import ROOT

POLICY: Final = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; base-uri 'none'"
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".txt": "text/plain; charset=utf-8"}
_PAGE: Final = b"<!doctype html><title>harness</title>"


class _Handler(SimpleHTTPRequestHandler):
    """`/` is an empty page, `/static/…` web/static, `/support/…` the modules of the tests."""

    def translate_path(self, path: str) -> str:
        plain = path.partition("?")[0]
        if plain.startswith("/static/"):
            return super().translate_path(plain.replace("/static/", "/web/static/", 1))
        return super().translate_path(plain.replace("/support/", "/tests/support/js/", 1))

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        return _TYPES.get(Path(path).suffix, "application/octet-stream")

    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: what a test asks for is no news."""


@contextmanager
def served() -> Iterator[str]:
    """The address of a server that ends with the block."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(ROOT))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
