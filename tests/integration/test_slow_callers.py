"""Slow callers over real sockets: whoever holds lines, heads, bodies or answers, others are served.

Another bidder's bid goes in at the box, and the office answers others and witnesses.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final, Self
from urllib.parse import urlsplit

import pytest

from bidding.store.box import lots as box_lots
from bidding.submission import BoxLot, Submission, object_of
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.http import HttpClient
from ledger.sealed import blindrsa, tickets
from ledger.sealed.seal import Content, seal_secret
from ledger.store.engine import create_engine, transaction
from tests.support.boxes import issuer, spki
from tests.support.processes import Children
from tests.support.waiting import wait_until
from tests.vectors.fixed import fixed, keyset_of
from web import config as configuration
from web import platform
from web.box.parts import PIECES
from web.cli.bid.lines import Box

TENDER, LOT = "t-1", "lot-1"
THREADS: Final = 8
SOON: Final = 15  # seconds: less than a slow caller is given by the defaults
BINARY: Final = Path(sys.executable).with_name("mingjing")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder of a platform whose box takes bids for one lot."""
    folder = tmp_path / "platform"
    config = platform.initialise(folder / "platform.toml", platform.sections("slow.example/log"))
    engine = create_engine(config.database.owner)
    with transaction(engine) as conn:
        kids = {part: keyset_of(part)[0].kid.hex() for part in ("identity", "offer")}
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        box_lots.put_lot(conn, BoxLot(TENDER, LOT, "open", tomorrow, "aa" * 32, spki(), kids, 5, 64 << 20))
    engine.dispose()
    return folder


def serving(place: Path, processes: Children, process: str = "box", **members: int) -> str:
    """The address of its box (or office), with these members of its configuration."""
    path, section = place / "platform.toml", f"[{process}]\n"
    added, said = "".join(f"{name} = {members[name]}\n" for name in members), path.read_text()
    path.write_text(said.replace(section, section + added) if section in said else said + section + added)
    child = processes.start(BINARY, "serve", process, "--config", path, name=process)
    return child.wait_for(rf"^{process} ready (http://\S+)$").group(1)


class Bidder:
    """A bid key with a ticket, and the lines it opens."""

    def __init__(self, url: str, label: str, folder: Path) -> None:
        self.url, self.label, self.folder = url, label, folder
        secret = fixed(f"secret {label}")
        self.key = tickets.bid_key(secret, TENDER, LOT)
        self.public = signing.public_bytes(self.key)
        asked = tickets.request(secret, TENDER, LOT, spki())
        self.ticket = asked.finalize(blindrsa.blind_sign(issuer(), asked.blinded))
        self.box = Box(url, self.key, TENDER, LOT, pause=lambda _: None)

    def head(self, method: str, path: str, body: bytes, **headers: str) -> bytes:
        """The head of a signed request for a body that has yet to come."""
        at = clock.parse_time(json.loads(HttpClient(self.url).get("/box/time"))["at"]).replace(microsecond=0)
        what: dict[str, Json] = {
            "method": method,
            "path": path,
            "body_sha256": H(body).hex(),
            "at": clock.text(at),
            "nonce": fixed(f"{self.label}{path}{monotonic()}", 16).hex(),
        }
        signed = base64.urlsafe_b64encode(canonical(signing.sign("request", what, self.key))).decode().rstrip("=")
        given = {"Host": "box", "Content-Length": str(len(body)), "Mingjing-Request": signed, **headers}
        return b"".join(
            line.encode() + b"\r\n"
            for line in (f"{method} {path} HTTP/1.1", *(f"{n.replace('_', '-')}: {v}" for n, v in given.items()), "")
        )

    def announce(self, data: bytes) -> str:
        """Announces an upload; its place."""
        named = "sha256 " + base64.b64encode(H(data).hex().encode()).decode()
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(data)), "Upload-Metadata": named}
        return self.box.ask("POST", "/box/uploads", headers=headers, ticket=self.ticket).headers["location"]

    def piece(self, place: str, data: bytes, offset: int) -> bytes:
        """The head of a piece."""
        media = {"Content_Type": "application/offset+octet-stream"}
        return self.head("PATCH", place, data, Tus_Resumable="1.0.0", Upload_Offset=str(offset), **media)

    def bid(self) -> dict[str, Json]:
        """Uploads four ciphertexts and hands them in; the receipt."""
        seals: dict[str, Any] = {}
        for part in ("identity", "offer"):
            held = []
            for kind in ("form", "files"):
                data = fixed(f"{self.label}{part}{kind}", 5000)
                (self.folder / f"{H(data).hex()}.bin").write_bytes(data)
                held.append(Content(len(data), H(data)))
            secret, n16 = fixed(f"s{self.label}{part}"), fixed(f"n{self.label}{part}", 16)
            seals[part] = seal_secret(keyset_of(part)[0], self.public, secret, n16, *held)
        obj = object_of(TENDER, LOT, self.public.hex(), self.ticket, 1, "aa" * 32, seals)
        submission = Submission.parse(signing.sign("submission", obj, self.key))
        for _, _, content in submission.contents():
            self.box.upload(self.folder / f"{content.sha256.hex()}.bin", content, self.ticket, lambda _: None)
        return self.box.submit(submission)


class Lines:
    """Open lines, closed at the end."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.address = (str(parts.hostname), int(parts.port or 0))
        self.open: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for line in self.open:
            line.close()

    def say(self, data: bytes, source: str = "127.0.0.1", *, takes: int = 0) -> socket.socket:
        """A new line from `source` that has said this and no more; `takes`: bytes that it takes of an answer unread."""
        line = socket.socket()
        self.open.append(line)
        if takes:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
        line.settimeout(SOON)
        line.bind((source, 0))
        line.connect(self.address)
        line.sendall(data)
        return line

    @property
    def held(self) -> int:
        """How many are neither answered nor cut."""
        count = 0
        for line in self.open:
            line.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                line.recv(1, socket.MSG_PEEK)
                continue
            count += 1
        return count


@pytest.fixture
def url(place: Path, processes: Children) -> str:
    return serving(place, processes, threads=THREADS)


@pytest.fixture
def lines(url: str) -> Iterator[Lines]:
    with Lines(url) as made:
        yield made


def soon(bidder: Bidder) -> None:
    """The bidder's whole bid goes in before any slow caller is cut."""
    began, receipts = monotonic(), list[Any]()
    work = threading.Thread(target=lambda: receipts.append(bidder.bid()), daemon=True)
    work.start()
    work.join(SOON)
    assert receipts, f"no receipt after {monotonic() - began:.0f} s"


def test_lines_that_say_nothing_or_half_a_head_keep_nobody_out(lines: Lines, url: str, tmp_path: Path) -> None:
    for _ in range(2 * THREADS):
        lines.say(b"")
        lines.say(b"GET /box/time HTTP/1.1\r\nHost: box\r\nX-More: ")
    soon(Bidder(url, "ninth", tmp_path))
    assert lines.held >= 2 * THREADS


def test_requests_that_come_together_or_in_pieces_are_answered_in_turn(lines: Lines) -> None:
    ask = b"GET /box/time HTTP/1.1\r\nHost: box\r\n\r\n"
    line = lines.say(b"\r\n" + ask + ask + b"\r\n" + ask[:20])
    for _ in range(2):
        assert answer(line) == 200
    line.sendall(ask[20:])
    assert answer(line) == 200
    line.sendall(b"POST /box/submissions HTTP/1.1\r\nHost: box\r\nContent-Length: 2\r\n\r\n{")
    line.sendall(b"}" + ask)
    assert (answer(line), answer(line)) == (400, 200)


def answer(line: socket.socket) -> int:
    """The status of the next answer of a line, which is read to its end and no further."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += line.recv(1)
    (length,) = [int(one.partition(b":")[2]) for one in head.split(b"\r\n") if one.startswith(b"Content-Length:")]
    while length:
        length -= len(line.recv(length))
    return int(head.split()[1])


def test_callers_that_do_not_hang_up_keep_nobody_out(lines: Lines, url: str, tmp_path: Path) -> None:
    for _ in range(4 * THREADS):
        lines.say(b"GET /box/time HTTP/1.0\r\nHost: box\r\n\r\n")
    soon(Bidder(url, "ninth", tmp_path))


def test_bodies_of_strangers_keep_nobody_out(lines: Lines, url: str, tmp_path: Path) -> None:
    stranger = Bidder(url, "stranger", tmp_path)
    for _ in range(THREADS):
        lines.say(b"POST /box/submissions HTTP/1.1\r\nHost: box\r\nContent-Length: 900\r\n\r\n{")
        lines.say(stranger.head("POST", "/box/withdrawals", b"x" * 900))
    soon(Bidder(url, "ninth", tmp_path))
    assert lines.held, "one of them is still being read"


def test_all_the_slow_bodies_of_one_bidder_keep_nobody_out(lines: Lines, url: str, tmp_path: Path) -> None:
    greedy = Bidder(url, "greedy", tmp_path)
    for number in range(2 * THREADS):
        data = fixed(f"greedy {number}", 9000)
        lines.say(greedy.piece(greedy.announce(data), data, 0) + data[:10])
    soon(Bidder(url, "ninth", tmp_path))
    assert lines.held == PIECES


def test_who_finds_no_room_hears_it_and_comes_again(lines: Lines, url: str, tmp_path: Path) -> None:
    for number in range(THREADS):
        greedy, data = Bidder(url, f"greedy {number}", tmp_path), fixed(f"greedy {number}", 9000)
        lines.say(greedy.piece(greedy.announce(data), data, 0) + data[:10])
    data, path, moved = bytes(20 << 20), tmp_path / "big", list[int]()
    path.write_bytes(data)
    waited: list[int] = []

    def wait(seconds: int) -> None:
        waited.append(seconds)
        over = monotonic() + seconds
        for line in lines.open:
            line.close()
        wait_until(lambda: monotonic() > over, "the end of the pause")

    late = Bidder(url, "late", tmp_path)
    late.box = Box(url, late.key, TENDER, LOT, pause=no_failure, wait=wait)
    late.box.upload(path, Content(len(data), H(data)), late.ticket, moved.append)
    assert sum(moved) == len(data)
    assert waited, "there was room for everybody"
    assert set(waited) == {2}


def no_failure(failed: int) -> None:
    raise AssertionError(f"a line was cut instead of told: {failed}")


def test_a_body_that_is_too_slow_is_cut_and_its_upload_goes_on(place: Path, processes: Children) -> None:
    url = serving(place, processes, threads=THREADS, slow_after_s=1, min_bytes_per_s=1000)
    bidder, data = Bidder(url, "slow", place), fixed("slow data", 9000)
    where = bidder.announce(data)
    with Lines(url) as lines:
        sent = lines.say(bidder.piece(where, data[:3000], 0) + data[:3000])
        assert sent.recv(12) == b"HTTP/1.1 204"
        slow = lines.say(bidder.piece(where, data[3000:], 3000) + data[3000:3100])
        slow.settimeout(0.05)
        said, until = b"", monotonic() + 20
        while not said and monotonic() < until:
            slow.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                said = slow.recv(1 << 16)
        slow.settimeout(20)
        while more := slow.recv(1 << 16):
            said += more
    assert said.startswith(b"HTTP/1.1 408"), said
    assert json.loads(said.partition(b"\r\n\r\n")[2])["error"]["code"] == "http.too_slow"
    path = place / "data.bin"
    path.write_bytes(data)
    moved: list[int] = []
    bidder.box.upload(path, Content(len(data), H(data)), bidder.ticket, moved.append)
    assert moved[0] == 3000, "what was acknowledged is not sent again"
    assert sum(moved) == len(data)


def test_answers_that_one_address_takes_slowly_keep_nobody_out(place: Path, processes: Children) -> None:
    nobody: dict[str, Json] = {who: [] for who in ("witnesses", "custodians", "contributors", "cas", "supervisors")}
    config = configuration.read(place / "platform.toml")
    platform.write_trust(config, json.dumps({**nobody, "witness_threshold": 0}).encode())
    # The large one is an answer that is there at once, and more than the lines' buffers hold.
    for name, size in (("entries", 16 << 20), ("0", 8192)):
        tile = config.folders.log / "tile" / name / "000"
        tile.parent.mkdir(parents=True)
        tile.write_bytes(bytes(size))
    with Lines(serving(place, processes, "office", threads=THREADS)) as lines:
        slow = [lines.say(get("/log/tile/entries/000"), takes=4096) for _ in range(2 * THREADS)]
        begun = [line.recv(12) for line in slow]
        assert set(begun) == {b"HTTP/1.1 200", b"HTTP/1.1 503"}
        assert 1 < begun.count(b"HTTP/1.1 200") <= THREADS // 2
        assert answer(lines.say(get("/api/time"), "127.0.0.2")) == 200
        # And who shares the address with them has the room of institutions.
        assert answer(lines.say(get("/log/tile/0/000"))) == 200


def get(path: str) -> bytes:
    """A plain request."""
    return f"GET {path} HTTP/1.1\r\nHost: office\r\n\r\n".encode()
