"""A page of the office asks the box from its own origin, in a real browser; no other page can, and no cookie comes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from tests.support.boxes import BoxWorld
from web.box.app import Surroundings

ASK = """async (box) => {
  try {
    const got = await fetch(`${box}/box/uploads/aaaa`, {
      method: "PATCH", body: "x", credentials: "omit",
      headers: {"Content-Type": "application/offset+octet-stream", "Mingjing-Request": "e30", "Tus-Resumable": "1.0.0",
                "Upload-Offset": "0"},
    });
    const date = got.headers.get("date") !== null;
    return {status: got.status, date, code: (await got.json()).error.code};
  } catch (error) {
    return {refused: error.name};
  }
}"""


@contextmanager
def page_server() -> Iterator[str]:
    """An origin with an empty page that sets a cookie, which every port of its host would get."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "0")
            self.send_header("Set-Cookie", "session=secret; HttpOnly; SameSite=Lax")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def served(world: BoxWorld, seen: list[dict[str, Any]]) -> Iterator[str]:
    """The box on loopback; `seen`: every request's method and cookie."""

    def noting(environ: dict[str, Any], start: Any) -> Any:
        seen.append({"method": environ["REQUEST_METHOD"], "cookie": environ.get("HTTP_COOKIE", "")})
        return world.app(environ, start)

    server = make_server("127.0.0.1", 0, noting, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("own", [True, False])
def test_only_the_offices_pages_may_ask_and_they_bring_no_cookie(
    browser: Browser, sqlite_url: str, tmp_path: Path, *, own: bool
) -> None:
    seen: list[dict[str, Any]] = []
    with page_server() as office:
        around = Surroundings(origin=office if own else "https://bids.example.gov.cn")
        world = BoxWorld(sqlite_url, tmp_path, around=around)
        with served(world, seen) as box:
            context = browser.new_context()
            page = context.new_page()
            page.goto(office)
            got = page.evaluate(ASK, box)
            context.close()
        world.close()
    if own:
        assert got == {"status": 400, "date": True, "code": "canonical.missing_member"}
        assert [one["method"] for one in seen] == ["OPTIONS", "PATCH"]
    else:
        assert got == {"refused": "TypeError"}
        assert [one["method"] for one in seen] == ["OPTIONS"]
    assert {one["cookie"] for one in seen} == {""}


@pytest.mark.parametrize("origin", ["https://bids.example.gov.cn", ""])
def test_every_answer_says_the_same_to_everybody(sqlite_url: str, tmp_path: Path, origin: str) -> None:
    world = BoxWorld(sqlite_url, tmp_path, around=Surroundings(origin=origin))
    client = world.app.test_client()
    for sent in ({}, {"Origin": "https://evil.example"}, {"Origin": origin or "null"}):
        for method, path in (("GET", "/box/time"), ("POST", "/box/submissions"), ("GET", "/nowhere")):
            headers = client.open(path, method=method, headers=sent).headers
            assert headers.get("Access-Control-Allow-Origin", "") == origin
            assert "Access-Control-Allow-Credentials" not in headers
    world.close()


def test_asking_what_may_be_asked_is_not_asking(sqlite_url: str, tmp_path: Path) -> None:
    world = BoxWorld(sqlite_url, tmp_path, around=Surroundings(origin="https://bids.example.gov.cn"))
    headers = {"Origin": "https://bids.example.gov.cn", "Access-Control-Request-Method": "POST"}
    got = world.app.test_client().open("/box/submissions", method="OPTIONS", headers=headers)
    assert (got.status_code, got.get_data()) == (204, b"")
    # tus asks without a browser's header, and is told what is spoken here.
    assert world.app.test_client().open("/box/uploads", method="OPTIONS").headers["Tus-Version"] == "1.0.0"
    world.close()
