"""The HTTP client: the server's own refusals, bounded answers, and a line that breaks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ledger.basics.errors import Refusal
from ledger.http import HttpClient
from tests.support.log import refused


@contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """A server that gives one raw answer a connection, in turn, and closes it."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/log/"
    finally:
        listener.close()
        thread.join()


def raw(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def test_a_body_and_its_headers_come_back() -> None:
    with answering(raw("200 OK", b"hello", "X-Kind: greeting")) as base:
        answer = HttpClient(base).exchange("GET", "checkpoint")
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (200, b"hello", "greeting")


def test_the_servers_own_refusal_is_raised_with_its_params() -> None:
    body = b'{"error": {"code": "late", "params": {"deadline": "noon", "by": 3, "odd": [1]}}}'
    with answering(raw("409 Conflict", body)) as base, refused("late", deadline="noon", by=3):
        HttpClient(base).post("x", b"{}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"error": 3}',
        b'{"error": {"code": "Not A Code"}}',
        b'{"error": {"code": "x", "params": 3}}',
    ],
)
def test_any_other_failure_is_its_status(body: bytes) -> None:
    with answering(raw("502 Bad Gateway", body)) as base, refused("http.status", status=502, address="tile/0/000"):
        HttpClient(base).get("tile/0/000")


def test_a_redirect_is_not_followed() -> None:
    away = raw("302 Found", b"", "Location: http://elsewhere.example/")
    with answering(away) as base, refused("http.status", status=302):
        HttpClient(base).get("checkpoint")


def test_an_answer_that_is_too_long_is_cut_off() -> None:
    with answering(raw("200 OK", b"x" * 101)) as base, refused("http.answer_too_long", limit=100):
        HttpClient(base).get("checkpoint", most=100)


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"])
def test_a_broken_answer_is_unreachable(answer: bytes) -> None:
    with answering(answer) as base, refused("http.unreachable"):
        HttpClient(base).get("checkpoint")


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with answering() as base:
        pass
    with refused("http.unreachable", address=base.rstrip("/"), error="ConnectionRefusedError"):
        HttpClient(base).get("checkpoint")


def test_a_kept_connection_that_the_server_closed_is_opened_again() -> None:
    with answering(raw("200 OK", b"one"), raw("200 OK", b"two")) as base:
        client = HttpClient(base)
        assert client.get("a") == b"one"
        assert client.get("b") == b"two"
        client.close()


@pytest.mark.parametrize("base", ["ftp://host", "file:///etc/passwd", "http://", "host:80", "http://host/?q", ""])
def test_an_address_must_be_http(base: str) -> None:
    with refused("http.bad_address"):
        HttpClient(base)


@pytest.mark.parametrize("path", ["a b", "a\r\nHost: x", "é"])
def test_a_path_cannot_carry_another_header(path: str) -> None:
    with refused("http.bad_address"):
        HttpClient("http://127.0.0.1:1").get(path)


def test_a_pause_that_a_server_asks_for_is_kept_without_asking_again() -> None:
    body = b'{"error": {"code": "http.crowded", "params": {"seconds": 9}}}'
    with answering(raw("503 Service Unavailable", body, "Retry-After: 7")) as base:
        client = HttpClient(base)
        with refused("http.crowded", seconds=7):
            client.get("x")
        # Nobody listens any more: what is refused now was not asked.
        with refused("http.rate", seconds=7):
            client.get("x")


@pytest.mark.parametrize(
    ("status", "said", "wanted"),
    [
        ("429 Too Many Requests", "3", ("http.rate", {"seconds": 3})),
        ("429 Too Many Requests", "999999999", ("http.rate", {"seconds": 60})),
        ("429 Too Many Requests", "Mon, 23 Nov 2026 10:00:00 GMT", ("http.status", {"status": 429})),
        ("429 Too Many Requests", "0", ("http.status", {"status": 429})),
        ("404 Not Found", "3", ("http.status", {"status": 404})),
    ],
)
def test_a_front_servers_pause_is_one_too(status: str, said: str, wanted: tuple[str, dict[str, int]]) -> None:
    code, params = wanted
    with answering(raw(status, b"<html>", f"Retry-After: {said}")) as base, refused(code, **params):
        HttpClient(base).get("x")


def test_a_refusal_that_comes_before_all_of_a_body_was_sent_is_heard() -> None:
    body = b'{"error": {"code": "late", "params": {}}}'
    with answering(raw("409 Conflict", body)) as base, refused("late"):
        HttpClient(base).post("x", bytes(16 << 20))


def test_a_body_that_did_not_all_arrive_was_not_taken_whatever_the_answer() -> None:
    with answering(raw("200 OK", b"{}")) as base, pytest.raises(Refusal) as caught:
        HttpClient(base).post("x", bytes(16 << 20))
    assert caught.value.code == "http.unreachable"
