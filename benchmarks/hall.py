"""An announcement in a hall with 2,000 watchers: its p99 over that of a bare `websockets` broadcast of the same bytes.

One process serves both, the hall's server as it is and a bare one beside it; the watchers, on raw sockets, are in
this process. Announcements are made in turns. The time runs from the moment at which the process knows of the
announcement (the ledger's polling is before it, and the same for nobody else) until a watcher has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import IO, Final

import msgspec
from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.ratio import Ratio
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import system_entropy
from tests.support.live_crowd import run
from tests.support.stored import stored
from tests.support.tender_notice import PUBLISHED, TENDER, documents
from tests.support.tenders import Run
from web.live import protocol, ticket
from web.live.book import Look
from web.live.messages import Message, Text
from web.live.protocol import Watch
from web.live.rooms import Room
from web.live.server import Live, Settings

BOUND: Final = 1.5
WATCHERS: Final = 2_000
ROUNDS: Final = 30
LOT: Final = "lot-1"
KEY: Final = bytes(32)
_FILES: Final = 512
_AT_ONCE: Final = 50  # handshakes under way at the same time


class _Names:
    def party(self, uscc: str, before: int) -> Text | None:
        return Text(zh=uscc, en=uscc) if before else None

    def custodian(self, id_: str) -> Text:
        return Text(zh=id_, en=id_)


class Script:
    """A ledger that grows by one announcement whenever it is told to, and notes when it said so."""

    def __init__(self) -> None:
        run = Run()
        pages = {H(data).hex(): data for data in documents("works-2019", [LOT], "works").values()}
        self._room = Room(TENDER, LOT, stored(pages), _Names())
        self._told = [one for place, event in enumerate(run.events) for one in self._room.tell(event, place)]
        self.size = self._room.places = 1
        self.known: list[int] = []

    @property
    def message(self) -> Message:
        """What is announced, under its next number."""
        return msgspec.structs.replace(self._told[0], n=self.size + len(self._told) - 1)

    def look(self) -> Look:
        """As a book does."""
        return Look(self.size, PUBLISHED)

    def open(self, tender: str, lot: str) -> tuple[Room, list[Message]]:
        """As a book does, of the one room there is."""
        if (tender, lot) != (TENDER, LOT):
            raise Refusal("lot.unknown", lot=lot)
        return self._room, list(self._told)

    def follow(self, rooms: Sequence[Room], size: int) -> list[tuple[Room, list[Message] | Refusal]]:
        """One announcement for each step of the size."""
        if not rooms or size == 1:
            return []
        made = self.message
        self._room.places = size
        self.known.append(time.monotonic_ns())
        return [(self._room, [made])]

    def silent(self, tenders: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Nobody is."""
        return dict.fromkeys(tenders, frozenset())


async def _serve(commands: IO[str]) -> None:
    """The server's process: prints both ports, then for each line of input the time at which it announced."""
    script, stop, bare = Script(), asyncio.Event(), set[ServerConnection]()
    most = WATCHERS * 4
    live = Live(
        script, KEY, Settings(poll=0.005, most=most, most_of_address=most, states=3600, first=60, slow=60, ping=3600)
    )

    async def listen(line: ServerConnection) -> None:
        await line.recv()
        bare.add(line)
        await line.wait_closed()

    found: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    hall = asyncio.create_task(live.run(stop, lambda _host, port: found.set_result(port)))
    async with serve(listen, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=1024) as other:
        _say(f"{await found} {other.sockets[0].getsockname()[1]}")
        while command := (await asyncio.to_thread(commands.readline)).strip():
            if command == "count":
                _say(str(len(bare) + sum(one.watchers for one in live.hub.halls.values())))
            elif command == "ours":
                script.size += 1
                while len(script.known) < script.size - 1:  # noqa: ASYNC110 - the source runs in a thread
                    await asyncio.sleep(0.001)
                _say(str(script.known[-1]))
            else:
                data, at = protocol.said([protocol.encode(script.message)]), time.monotonic_ns()
                broadcast(bare, data, text=True)
                _say(str(at))
    stop.set()
    await hall


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class _Ear(asyncio.Protocol):
    """One watcher: notes when something came."""

    def __init__(self, hello: bytes) -> None:
        self._hello, self.ready, self.at = hello, asyncio.Event(), 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        head = "GET /hall HTTP/1.1\nHost: x\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n"
        transport.write(f"{head}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n\n".replace("\n", "\r\n").encode())

    def data_received(self, data: bytes) -> None:
        self.at = time.monotonic_ns()
        if not self.ready.is_set() and self._transport is not None:
            assert data.startswith(b"HTTP/1.1 101"), data
            # A client's frame: final, text, masked with zeros, 16 bits of length.
            self._transport.write(b"\x81\xfe" + len(self._hello).to_bytes(2, "big") + bytes(4) + self._hello)
            self.ready.set()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


@contextlib.asynccontextmanager
async def _crowd(port: int, count: int) -> AsyncIterator[list[_Ear]]:
    """So many watchers of a server."""
    loop, room, ears = asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE), list[_Ear]()

    async def one() -> None:
        async with room:
            made = ticket.issue(KEY, "public", TENDER, LOT, PUBLISHED, system_entropy)
            hello = protocol.encode(Watch(v=1, ticket=made, last=0))
            _, ear = await loop.create_connection(lambda: _Ear(hello), "127.0.0.1", port)
            await ear.ready.wait()
            ears.append(ear)

    await asyncio.gather(*(one() for _ in range(count)))
    try:
        yield ears
    finally:
        for ear in ears:
            ear.close()


async def _measure(server: subprocess.Popen[str], watchers: int, rounds: int) -> tuple[float, float]:
    def ask(command: str) -> str:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(command + "\n")
        server.stdin.flush()
        return server.stdout.readline().strip()

    assert server.stdout is not None
    ports = [int(one) for one in server.stdout.readline().split()]
    found: dict[str, list[float]] = {"ours": [], "bare": []}
    async with _crowd(ports[0], watchers) as ours, _crowd(ports[1], watchers) as bare:
        while int(await asyncio.to_thread(ask, "count")) < 2 * watchers:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)  # what was missed is on its way to the last of them
        ears = {"ours": ours, "bare": bare}
        for number in range(rounds + 1):
            for name in ("ours", "bare") if number % 2 else ("bare", "ours"):
                waiting = ears[name]
                for ear in waiting:
                    ear.at = 0
                at = int(await asyncio.to_thread(ask, name))
                async with asyncio.timeout(60):
                    while not all(ear.at for ear in waiting):  # noqa: ASYNC110 - 2,000 events cost what is measured
                        await asyncio.sleep(0.005)
                if number:  # the first warms up
                    took = sorted((ear.at - at) / 1e9 for ear in waiting)
                    found[name].append(took[max(0, round(len(took) * 0.99) - 1)])
    return statistics.median(found["ours"]), statistics.median(found["bare"])


def ratio(*, watchers: int = WATCHERS, rounds: int = ROUNDS) -> Ratio:
    """p99 of our announcements over that of bare broadcasts, each the median of the rounds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * watchers + _FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard) if hard > 0 else wanted, hard))
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.hall"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        guard = threading.Timer(600, server.kill)
        guard.start()
        try:
            ours, bare = run(_measure(server, watchers, rounds))
        finally:
            guard.cancel()
            assert server.stdin is not None
            server.stdin.close()
            if server.wait(30) != 0:
                raise RuntimeError(f"the server ended with {server.returncode}")
    return Ratio(
        f"p99 of an announcement to {watchers:,} watchers", "a bare broadcast of the same bytes", ours, bare, BOUND
    )


if __name__ == "__main__":
    asyncio.run(_serve(sys.stdin))
