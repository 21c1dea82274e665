"""A log for tests: keys, a policy, and a static server over a list of entries that can also lie."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint, merkle, tiles
from ledger.basics.errors import Refusal
from ledger.checkpoint import Checkpoint, Note, Policy, Signature, log_key, witness_key
from ledger.tiles import ENTRIES

ORIGIN: Final = "log.example/mingjing"
NOON: Final = datetime(2026, 12, 1, 4, tzinfo=UTC)


def key(number: int) -> Ed25519PrivateKey:
    """The same key for the same number, every time."""
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


LOG: Final = key(1)
WITNESSES: Final = {"witness.example/a": key(11), "witness.example/b": key(12), "witness.example/c": key(13)}


def policy(threshold: int = 2) -> Policy:
    """The log, three witnesses, and how many must have cosigned."""
    return Policy(log_key(ORIGIN, LOG), tuple(witness_key(name, one) for name, one in WITNESSES.items()), threshold)


def entry(number: int) -> bytes:
    """An event's entry: 32 bytes that depend on the number."""
    return merkle.leaf_hash(b"entry %d" % number)


def note_over(entries: Sequence[bytes], witnesses: int = 2, at: datetime = NOON, origin: str = ORIGIN) -> str:
    """The checkpoint over these entries, signed by the log and cosigned by the first `witnesses`."""
    head = Checkpoint(origin, len(entries), merkle.root_of_entries(entries))
    note = checkpoint.parse_note(checkpoint.sign(head, LOG).encode())
    lines = [checkpoint.cosign(head.body(), name, one, at) for name, one in list(WITNESSES.items())[:witnesses]]
    return Note(note.body, (*note.signatures, *map(Signature.parse, lines))).text()


@contextmanager
def refused(code: str, **params: str | int) -> Iterator[None]:
    """The block must raise `Refusal(code)` with at least these params."""
    with pytest.raises(Refusal) as caught:
        yield
    assert caught.value.code == code, str(caught.value)
    assert {name: caught.value.params.get(name) for name in params} == params


class FakeLog:
    """What a log serves, from a list of entries; tests change `entries`, `note`, `pending` as a bad log would."""

    def __init__(self, count: int = 0) -> None:
        self.entries = [entry(number) for number in range(count)]
        self.signed = count
        self.note = ""
        self.posted: list[str] = []
        self.missing: set[str] = set()

    def sign(self, witnesses: int = 2) -> str:
        """Signs what is there; it is served as the newest checkpoint, pending and witnessed alike."""
        self.signed = len(self.entries)
        self.note = note_over(self.entries, witnesses)
        return self.note

    def grow(self, count: int, witnesses: int = 2) -> str:
        """More entries, and a checkpoint over all."""
        self.entries += [entry(number) for number in range(len(self.entries), len(self.entries) + count)]
        return self.sign(witnesses)

    def get(self, path: str) -> bytes | None:
        """The file at a path, None if there is none."""
        if path in self.missing:
            return None
        if path in ("checkpoint", "checkpoint.pending"):
            return self.note.encode()
        try:
            tile = tiles.parse_path(path)
        except Refusal:
            return None
        if tile.width > tiles.width_at(tile.level, tile.index, len(self.entries)):
            return None
        if tile.level == ENTRIES:
            return tiles.encode_bundle(self.entries[tile.first : tile.first + tile.width])
        nodes = merkle.nodes_of([merkle.leaf_hash(one) for one in self.entries])
        return b"".join(nodes(8 * tile.level, index) for index in range(tile.first, tile.first + tile.width))


@contextmanager
def serving(get: Callable[[str], bytes | None], post: Callable[[str], None] | None = None) -> Iterator[str]:
    """The address of an HTTP server on loopback that answers with `get` and hands cosignatures to `post`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = get(self.path.removeprefix("/log/"))
            self._answer(404 if found is None else 200, found or b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                if post is not None:
                    post(body.decode())
                self._answer(200, b"")
            except Refusal as refusal:
                self._answer(409, b'{"error": {"code": "%s", "params": {}}}' % refusal.code.encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/log"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
