"""The halls' websocket server: lines, tickets, limits, and following the ledger. One process, one event loop.

What blocks (the database, telling a long list) runs in two threads beside the loop: one looks at the ledger and tells
on the halls that are open, the other opens halls, one after the other. So whoever asks for hundreds of old halls holds
up nobody but others who open one. A line that does not take what it is sent costs its own task and its own buffer, and
nobody else's time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from time import monotonic
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Origin

from ledger.basics import clock
from ledger.basics.errors import Refusal
from web.limits import Room as Space
from web.live import protocol
from web.live.book import Look
from web.live.hub import Hall, Hub, Key
from web.live.messages import Message
from web.live.protocol import Audience, Hello
from web.live.rooms import Room
from web.live.ticket import Gate
from web.logs import note

P = ParamSpec("P")
T = TypeVar("T")

LOGGER: Final = logging.getLogger("mingjing.live")
PATH: Final = "/hall"
FULL: Final = 64 * 1024  # bytes in a line's buffer from which on its watcher is behind
_POLICY: Final = 1008  # RFC 6455 §7.4.1: what was sent breaks the rules of this server
_AGAIN: Final = 1013  # try again later
_UNEXPECTED: Final = 1011
_LATER: Final = frozenset({"http.crowded", "live.crowded", "live.unreadable"})


class Source(Protocol):
    """Where halls come from (`web.live.book.Book`); every call may block, and raises `Refusal` where it cannot read."""

    def look(self) -> Look:
        """How far the ledger has come."""
        ...

    def open(self, tender: str, lot: str) -> tuple[Room, list[Message]]:
        """A lot's room, and what it has said so far."""
        ...

    def follow(self, rooms: Sequence[Room], size: int) -> list[tuple[Room, list[Message] | Refusal]]:
        """What these rooms say up to this size of the tree."""
        ...

    def silent(self, tenders: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Tender → custodians that have not proved lately that they can open."""
        ...


@dataclass(frozen=True)
class Settings:
    """Where it listens, whom it serves, and its limits. Times in seconds.

    `origins`: of the pages that may connect; a program that sends no origin may, too. `first`: for a line's first
    message; `slow`: for taking one batch. `halls`: open at the same time. `opening`, `opening_of_address`: halls that
    wait to be opened, in all and for one address. `states`: between two looks at how things stand; `forget`: a hall
    that nobody watches. `proxies`: as in `web.config.Address`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    origins: tuple[str, ...] = ()
    proxies: int = 0
    poll: float = 0.2
    most: int = 6_000
    most_of_address: int = 1_500
    halls: int = 1_000
    opening: int = 64
    opening_of_address: int = 4
    first: float = 5.0
    slow: float = 20.0
    states: float = 2.0
    forget: float = 60.0
    ping: float = 20.0


@dataclass(eq=False)
class Line:
    """A watcher's websocket. `task`: what brings it up where it is behind."""

    socket: ServerConnection
    audience: Audience
    last: int
    hall: Hall[Line] | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Live:
    """The server over a source; `run` until it is told to stop."""

    def __init__(self, source: Source, key: bytes, settings: Settings) -> None:
        """`key`: what the office makes tickets with."""
        self._source, self._key, self._settings = source, key, settings
        self.hub: Hub[Line] = Hub(self, settings.halls)
        self._space = Space(settings.most, settings.most_of_address)
        self._opening: dict[Key, asyncio.Task[Hall[Line]]] = {}
        self._queue = Space(settings.opening, settings.opening_of_address)
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._opener = ThreadPoolExecutor(1, "opening")
        self._look = Look(0, datetime.min.replace(tzinfo=UTC))
        self._looked = 0.0

    async def run(self, stop: asyncio.Event, ready: Callable[[str, int], None] = lambda _host, _port: None) -> None:
        """Serves until `stop` is set; `ready` is told the address once it listens."""
        try:
            await self._see()
            self._gate = Gate(self._key, self._look.now)
            server = await self._listen()
            host, port = server.sockets[0].getsockname()[:2]
            ready(host, port)
            await self._follow(stop)
            server.close()
            await server.wait_closed()
        finally:
            for thread in (self._opener, self._thread):
                thread.shutdown(wait=True, cancel_futures=True)

    async def _listen(self) -> Server:
        at = self._settings
        origins: list[Origin | re.Pattern[str] | None] = [*(Origin(one) for one in at.origins), None]
        return await serve(
            self._serve,
            at.host,
            at.port,
            origins=origins,
            process_request=_only_halls,
            compression=None,
            server_header=None,
            ping_interval=at.ping,
            ping_timeout=at.ping,
            close_timeout=at.first,
            open_timeout=at.first,
            max_size=protocol.MAX_SIZE,
            max_queue=4,
            logger=logging.getLogger("mingjing.live.lines"),
            backlog=1024,
        )

    # --- a line -------------------------------------------------------------------------------------------------------

    async def _serve(self, socket: ServerConnection) -> None:
        """One line, from its first message to its end."""
        try:
            caller = _caller(socket, self._settings.proxies)
            with self._space.hold(caller), contextlib.suppress(ConnectionClosed):
                await self._watched(socket, caller)
        except Refusal as why:
            await socket.close(_AGAIN if why.code in _LATER else _POLICY, why.code)

    async def _watched(self, socket: ServerConnection, caller: str) -> None:
        watch = protocol.read(await self._first(socket))
        ticket = self._gate.take(watch.ticket, self.now())
        key = (ticket.tender, ticket.lot)
        hall = await self._open(key, caller)
        if self.hub.halls.get(key) is not hall:  # it had to make room in the moment between
            raise Refusal("live.crowded")
        line = Line(socket, ticket.audience, watch.last, hall)
        hello = Hello(
            v=1,
            tender=ticket.tender,
            lot=ticket.lot,
            audience=line.audience,
            now=clock.text(self.now()),
            head=hall.head,
        )
        # No waiting from here to `enter`: a hall without watchers may be forgotten meanwhile.
        self.broadcast((line,), protocol.encode(hello))
        try:
            hall.enter(line)
            async for _ in socket:
                raise Refusal("live.unasked")
        finally:
            hall.leave(line)
            if line.task is not None:
                line.task.cancel()

    async def _first(self, socket: ServerConnection) -> str | bytes:
        try:
            async with asyncio.timeout(self._settings.first):
                return await socket.recv()
        except TimeoutError as why:
            raise Refusal("live.silent", seconds=round(self._settings.first)) from why

    async def _open(self, key: Key, caller: str) -> Hall[Line]:
        """The hall of a lot; whoever comes while it is being read waits for the same reading.

        Only who is the first to ask for one stands in the queue: a house full of readers opens its hall once. Raises
        `live.crowded` and `http.crowded`.
        """
        if key in self.hub.halls:
            return self.hub.halls[key]
        self.hub.check_room(key)
        if key not in self._opening:
            self._queue.take(caller)
            self._opening[key] = asyncio.create_task(self._load(key))
            self._opening[key].add_done_callback(lambda _: self._opened(key, caller))
        return await asyncio.shield(self._opening[key])

    def _opened(self, key: Key, caller: str) -> None:
        del self._opening[key]
        self._queue.give_back(caller)

    async def _load(self, key: Key) -> Hall[Line]:
        def read() -> tuple[Room, list[Message], Mapping[str, frozenset[str]]]:
            return *self._source.open(*key), self._source.silent(key[:1])

        room, messages, silent = await asyncio.get_running_loop().run_in_executor(self._opener, read)
        self._cut(self.hub.make_room(key))
        hall = self.hub.open(key, room, messages)
        self._stand(silent, (key,))
        return hall

    # --- what the hub asks for ----------------------------------------------------------------------------------------

    def broadcast(self, watchers: Collection[Line], frame: bytes) -> None:
        """Hands a frame to all lines, and waits for none."""
        broadcast([one.socket for one in watchers], frame, text=True)

    def is_full(self, watcher: Line) -> bool:
        """Whether a line has not taken what it was sent before."""
        return watcher.socket.transport.get_write_buffer_size() > FULL

    def bring_up(self, watcher: Line) -> None:
        """Sends a line what it lacks, at its own pace."""
        watcher.task = asyncio.create_task(self._bring_up(watcher))

    async def _bring_up(self, line: Line) -> None:
        hall = line.hall
        assert hall is not None  # noqa: S101 - only a line in a hall is brought up
        try:
            with contextlib.suppress(ConnectionClosed):
                async with asyncio.timeout(self._settings.slow):
                    await line.socket.drain()
                while (batch := hall.after(line.last)) is not None:
                    async with asyncio.timeout(self._settings.slow):
                        await line.socket.send(batch[0], text=True)
                    line.last = batch[1]
                hall.join(line)
        except TimeoutError:
            # It takes nothing, so it cannot be told so either. Its client comes again and goes on where it was.
            note(LOGGER, "cut a line that takes nothing")
            line.socket.transport.abort()

    # --- the ledger ---------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The database's clock, as it was read last, and what has passed since."""
        return clock.cut(self._look.now + timedelta(seconds=monotonic() - self._looked))

    async def _see(self) -> None:
        self._look = await self._aside(self._source.look)
        self._looked = monotonic()

    async def _follow(self, stop: asyncio.Event) -> None:
        stood = 0.0
        silent: Mapping[str, frozenset[str]] = {}
        while not stop.is_set():
            try:
                await self._see()
                grown = await self._tell()
                if grown or self._looked - stood >= self._settings.states:
                    silent = await self._aside(self._source.silent, sorted({key[0] for key in self.hub.halls}))
                    stood = self._looked
                    self._stand(silent, tuple(self.hub.halls))
            except Refusal as why:
                note(LOGGER, "not read", logging.ERROR, code=why.code)
            self.hub.sweep(self._looked, self._settings.forget)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll):
                    await stop.wait()

    async def _tell(self) -> bool:
        """Tells what is new; whether there was anything.

        Each room knows how far it is: one that was being opened while the others were told on may be behind them.
        """
        size = self._look.size
        rooms = [hall.room for hall in self.hub.halls.values() if hall.room.places < size]
        news = await self._aside(self._source.follow, rooms, size) if rooms else []
        for room, messages in news:
            key = (room.tender, room.lot)
            if isinstance(messages, Refusal):
                note(LOGGER, "room lost", logging.ERROR, code=messages.code)
                self._cut(self.hub.close(key))
            elif (hall := self.hub.halls.get(key)) is not None and hall.room is room:
                hall.add(messages)
        return bool(news)

    @staticmethod
    def _cut(lines: Iterable[Line]) -> None:
        for line in lines:
            line.socket.transport.abort()

    def _stand(self, silent: Mapping[str, frozenset[str]], keys: Iterable[Key]) -> None:
        now = self.now()
        for key in keys:
            hall, away = self.hub.halls[key], silent.get(key[0], frozenset())
            hall.stand(hall.room.state(now, away), hall.room.staff(now, away) if hall.has_staff else None)

    async def _aside(self, what: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs what blocks in the thread that looks at the ledger."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: what(*args, **kwargs))


def _only_halls(connection: ServerConnection, request: Request) -> Response | None:
    """One address, and nothing in it that a log along the way could keep: the ticket comes as a message."""
    if request.path == PATH:
        return None
    return connection.respond(HTTPStatus.NOT_FOUND, "")


def _caller(socket: ServerConnection, proxies: int) -> str:
    """For whom a line counts."""
    from web.delivery import network  # noqa: PLC0415 - only a server needs Flask's room

    address: Any = socket.remote_address
    if proxies and socket.request is not None:
        seen = [one.strip() for one in ",".join(socket.request.headers.get_all("X-Forwarded-For")).split(",")]
        address = (seen[-proxies] if len(seen) >= proxies else "",)
    return network(str(address[0] if address else ""))
