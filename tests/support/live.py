"""The halls' server for tests, in this process on a platform's own clock; and watchers of it, as a client is written.

with served(book, key) as live:                    # a thread with its own event loop
    watcher = Watcher(live.url, ticket)            # connects and sends `watch`
    watcher.until(12)                              # frames until message 12 is there
    watcher.numbers, watcher.messages, watcher.hello, watcher.states
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.support.town import Town, town
from tests.support.town_ground import Ground
from tests.support.waiting import wait_until
from web.demo.stage import free_ports
from web.live import protocol
from web.live.book import Book
from web.live.messages import AnyMessage
from web.live.protocol import Hello, Said, Staff, State, Watch
from web.live.server import Live, Settings, Source
from web.services import LIVE_KEY, read_shared_key

QUICK = Settings(poll=0.02, states=0.1)


def free_port() -> int:
    """A port that nobody listens on, and that no line gets which goes out before the server does."""
    return free_ports(1)[0]


@dataclass
class Served:
    """A running server: its address, and itself for looking inside."""

    url: str
    live: Live
    loop: asyncio.AbstractEventLoop

    def within(self, what: Callable[[], object]) -> None:
        """Does something in the server's own loop, and waits until it is done."""
        done: Future[object] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(what()))
        done.result(20)


@contextmanager
def served(source: Source, key: bytes, settings: Settings = QUICK) -> Iterator[Served]:
    """A server in a thread, until the block ends."""
    live = Live(source, key, settings)
    found: list[str] = []
    broken: list[BaseException] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def run() -> None:
        # The runner also ends what a line that came as the server stopped has left behind, before the loop closes.
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            try:
                runner.run(live.run(stop, lambda host, port: found.append(f"ws://{host}:{port}/hall")))
            except BaseException as why:  # noqa: BLE001 - it is raised where the test waits
                broken.append(why)

    thread = threading.Thread(target=run, name="live", daemon=True)
    thread.start()
    try:
        wait_until(lambda: found or broken, "the live server")
        if broken:
            raise broken[0]
        yield Served(found[0], live, loop)
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        assert not thread.is_alive(), "the live server does not end"


@contextmanager
def opened_town(folder: Path, prices: Mapping[str, str], minutes: int) -> Iterator[Town]:
    """A tender with these bids, so many minutes after its opening."""
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        deadline = made.clock.at + timedelta(minutes=10)
        made.publish(deadline)
        made.open_tickets()
        for name, price in prices.items():
            made.bid(name, price)
        made.until(deadline)
        for _ in range(minutes):
            made.wait(timedelta(minutes=1))
        yield made


def book_of(ground: Ground) -> Book:
    """What a platform's live process reads."""
    at = ground.services
    return Book(at.engine, at.documents.read, at.trust, at.challenge_every)


def key_of(ground: Ground) -> bytes:
    """The key that its office makes tickets with."""
    return read_shared_key(ground.config.folders.keys / LIVE_KEY)


@contextmanager
def served_of(
    ground: Ground, settings: Settings = QUICK, port: int = 0, origins: tuple[str, ...] = ()
) -> Iterator[Served]:
    """A platform's halls; its own pages may connect, and those of `origins`."""
    made = replace(settings, port=port, origins=(*settings.origins, *origins, ground.url))
    with served(book_of(ground), key_of(ground), made) as live:
        yield live


@dataclass
class Watcher:
    """One reader of a hall over a real websocket."""

    url: str
    ticket: str
    last: int = 0
    origin: str = ""
    hello: Hello | None = None
    messages: list[AnyMessage] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    staff: list[Staff] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stack = ExitStack()
        origin = Origin(self.origin) if self.origin else None
        line = connect(self.url, origin=origin, compression=None, max_size=None)
        self.socket: ClientConnection = self.stack.enter_context(line)
        self.socket.send(protocol.encode(Watch(v=1, ticket=self.ticket, last=self.last)).decode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stack.close()

    @property
    def numbers(self) -> list[int]:
        """The numbers of the messages, in the order in which they came."""
        return [one.n for one in self.messages]

    def take(self, timeout: float = 20) -> protocol.Frame:
        """The next frame, put where it belongs."""
        data = self.socket.recv(timeout)
        assert isinstance(data, str)
        self.raw.append(data)
        frame = protocol.read_frame(data)
        if isinstance(frame, Hello):
            self.hello = frame
        elif isinstance(frame, Said):
            self.messages += frame.messages
        elif isinstance(frame, State):
            self.states.append(frame)
        else:
            self.staff.append(frame)
        return frame

    def until(self, number: int) -> None:
        """Takes frames until this message is there, and how things stand after it."""
        while not self.messages or self.messages[-1].n < number:
            self.take()

    def for_ever(self) -> None:
        """Takes frames until the line is closed, and raises then."""
        while True:
            self.take()

    def until_state(self) -> State:
        """Takes frames until one says how things stand."""
        while not self.states:
            self.take()
        return self.states[-1]

    def refused(self) -> tuple[int, str]:
        """(code, reason) of the close that comes."""
        with pytest.raises(ConnectionClosed) as closed:
            self.for_ever()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason
