"""A platform for custodians on loopback: it keeps a true log, and a test may make it lie about anything."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.events import Event, leaf, slot_entry, unblinded
from tests.support.custody_names import BEFORE, LOT, TENDER, counted
from tests.support.log import FakeLog, note_over


@dataclass
class Answer:
    """What a test wants served at a path instead of the truth."""

    status: int = 200
    body: bytes = b""
    drip: float = 0.0  # seconds between single bytes; 0 sends at once
    endless: bool = False


class FakePlatform:
    """A platform with a true log. `override` answers for a path (without query) whatever a liar would."""

    def __init__(self) -> None:
        self.log = FakeLog()
        self.streams: dict[str, list[dict[str, Any]]] = {}
        self.leaves: dict[tuple[str, int], bytes] = {}
        self.requests: list[dict[str, Json]] = []
        self.documents: dict[str, bytes] = {}
        self.forms: dict[str, bytes] = {}
        self.submissions: dict[str, bytes] = {}
        self.tenders: list[str] = []
        self.override: dict[str, Answer] = {}
        self.posted: list[tuple[str, bytes]] = []
        self.put: list[tuple[str, bytes]] = []
        self.asked: list[str] = []
        self.url = ""
        self.stopping = threading.Event()
        self._salt = counted(b"salts")

    def append(
        self, stream: str, type_: str, public: dict[str, Json], actor: str = "platform", *, in_log: bool = True
    ) -> bytes:
        """One more event of a stream; its leaf. `in_log=False`: served, but never written into the tree."""
        before = self.streams.setdefault(stream, [])
        event = Event(stream, len(before) + 1, type_, BEFORE, actor, public)
        salt = self._salt(32)
        entry = leaf(salt, event.encode())
        before.append({"event": event.object(), "salt": salt.hex(), "index": len(self.log.entries) + 1})
        if in_log:
            self.log.entries += [slot_entry(stream, event.version, entry), entry]
        return entry

    def roll(self, submissions: Sequence[str] = (), tender: str = TENDER, lot: str = LOT) -> bytes:
        """A raw roll entry; its hash."""
        value: Json = {"tender": tender, "lot": lot, "submissions": list(submissions)}
        self.log.entries.append(unblinded("roll", {"lot": lot, "tender": tender}, value))
        return H(canonical(value))

    def sign(self, at: datetime, witnesses: int = 2) -> None:
        """A checkpoint over everything, cosigned at `at`."""
        self.log.note = note_over(self.log.entries, witnesses, at)

    def ask(self, id_: str, kind: str, body: Json) -> None:
        """One more request in the mailbox."""
        self.requests.append({"id": id_, "kind": kind, "body": body})

    def answers(self, id_: str) -> list[Any]:
        """What was posted to a request."""
        return [json.loads(body) for path, body in self.posted if path == f"/custody/answers/{id_}"]

    def releases(self) -> list[bytes]:
        """The bodies of all releases that were posted."""
        return [body for path, body in self.posted if path == "/custody/releases"]

    def get(self, target: str) -> bytes | None:
        """The truth at a path."""
        parts = urlsplit(target)
        path, query = parts.path, parse_qs(parts.query)
        if path.startswith("/log/"):
            return self.log.get(path.removeprefix("/log/"))
        if path == "/custody/requests":
            return json.dumps({"requests": self.requests}).encode()
        if path.startswith("/api/streams/"):
            rows = self.streams.get(path.removeprefix("/api/streams/"), [])
            after = int(query.get("after", ["0"])[0])
            return json.dumps({"events": [one for one in rows if one["event"]["version"] > after][:50]}).encode()
        if path == "/api/tenders":
            page = int(query.get("page", ["1"])[0])
            return json.dumps({"tenders": [{"tender": one} for one in self.tenders[page - 1 : page]]}).encode()
        for prefix, held in (
            ("/api/documents/", self.documents),
            ("/api/forms/", self.forms),
            ("/api/submissions/", self.submissions),
        ):
            if path.startswith(prefix):
                return held.get(path.removeprefix(prefix))
        return None

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve on loopback; `url` is set meanwhile."""
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # head and body in one packet

            def do_GET(self) -> None:
                platform.asked.append(self.path)
                liar = platform.override.get(urlsplit(self.path).path)
                if liar is not None:
                    self._lie(liar)
                    return
                found = platform.get(self.path)
                self._answer(404 if found is None else 200, found or b"")

            def do_POST(self) -> None:
                self._take(platform.posted)

            def do_PUT(self) -> None:
                self._take(platform.put)

            def _take(self, into: list[tuple[str, bytes]]) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                into.append((self.path, body))
                liar = platform.override.get(self.path)
                self._answer(liar.status if liar else 200, liar.body if liar else b"{}")

            def _lie(self, liar: Answer) -> None:
                if not liar.drip and not liar.endless:
                    self._answer(liar.status, liar.body)
                    return
                self.send_response(liar.status)
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    while not platform.stopping.wait(liar.drip):
                        self.wfile.write(b" " * (65536 if liar.endless else 1))
                        self.wfile.flush()
                except OSError:
                    self.close_connection = True

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield
        finally:
            self.stopping.set()
            server.shutdown()
            server.server_close()
            thread.join()
