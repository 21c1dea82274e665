"""What the running processes write to standard error names no caller and repeats no byte of a request.

Who asked the box, and for what, stands in the sealed access log and nowhere else; the server below the application must
not write it down on its own.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ledger.basics.canonical import Json, canonical
from tests.support.processes import Child, Children
from tests.support.tree import ROOT
from web import platform

SECRET = b"817263.54"
# No program would send these; a scanner or a broken line does.
GARBAGE = (
    b"\x16\x03\x01\x02\x00" + SECRET + b"\r\n\r\n",
    b"GET /box/uploads/" + SECRET + b" HTTP/9.9\r\n\r\n",
    SECRET + b" /box/time HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /box/time HTTP/1.1\r\nHost: x\r\n" + SECRET + b"\r\n\r\n",
    b"GET /box/" + SECRET + b"/" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /box/submissions HTTP/1.1\r\nHost: x\r\nContent-Length: " + SECRET + b"\r\n\r\n",
    b"POST /box/submissions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + SECRET + b"\r\n",
    b"POST /box/submissions HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n" + SECRET,
    b"GET /nowhere/" + SECRET + b"?" + SECRET + b" HTTP/1.1\r\nHost: x\r\nMingjing-Request: " + SECRET + b"\r\n\r\n",
)


@pytest.fixture(params=["box", "office"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Child, str, int]]:
    """A process of the platform, as an operator starts it, and where it listens."""
    path = tmp_path / "platform" / "platform.toml"
    key = {"access_log_key": "09" + "00" * 31}
    config = platform.initialise(path, platform.sections("log.example/platform", demonstration=True, box=dict(key)))
    nobody: dict[str, Json] = {name: [] for name in ("custodians", "contributors", "cas", "supervisors", "witnesses")}
    platform.write_trust(config, canonical({**nobody, "witness_threshold": 0}))
    children = Children(tmp_path)
    try:
        child = children.start(
            ROOT / ".venv/bin/mingjing", "serve", request.param, "--config", path, name=request.param
        )
        where = urlsplit(child.wait_for(r"ready (http://\S+)", 60)[1])
        yield child, str(where.hostname), int(where.port or 0)
    finally:
        children.stop()


def test_a_server_writes_down_neither_address_nor_request(server: tuple[Child, str, int]) -> None:
    child, host, port = server
    before = len(child.output)
    for data in GARBAGE:
        with socket.create_connection((host, port), timeout=10) as line:
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            while line.recv(1 << 16):
                pass
    said = child.output[before:]
    assert SECRET.decode() not in said
    assert "127.0.0.1" not in said
