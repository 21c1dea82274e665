"""Many watchers of a hall in one event loop, each going on by itself after every break, as a page does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from web.live import protocol
from web.live.protocol import Said, Watch

T = TypeVar("T")

AGAIN = 0.1  # seconds before the next try


@dataclass
class Fan:
    """One watcher. `told`: the messages in the order in which they came; `lines`: how often it connected."""

    url: str
    ticket: Callable[[], str]
    told: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    lines: int = 0
    socket: ClientConnection | None = None

    async def watch(self) -> None:
        """For ever, until it is cancelled."""
        while True:
            with contextlib.suppress(OSError, InvalidHandshake, WebSocketException, TimeoutError):
                await self._once()
            await asyncio.sleep(AGAIN)

    def cut(self) -> None:
        """Its line breaks."""
        if self.socket is not None:
            self.socket.transport.abort()

    async def _once(self) -> None:
        async with connect(self.url, compression=None, max_size=None, open_timeout=30) as line:
            last = self.numbers[-1] if self.numbers else 0
            await line.send(protocol.encode(Watch(v=1, ticket=self.ticket(), last=last)).decode())
            self.lines, self.socket = self.lines + 1, line
            async for data in line:
                frame = protocol.read_frame(data)
                if isinstance(frame, Said):
                    self.numbers += [one.n for one in frame.messages]
                    self.told += [protocol.encode(one) for one in frame.messages]


async def until(look: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Waits for what the loop's other tasks do. AssertionError naming `what` after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while not look():  # noqa: ASYNC110 - what is waited for happens without a sign
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited {seconds} s in vain for {what}") from None


def run(what: Coroutine[object, object, T]) -> T:
    """Runs it in an event loop of its own, in a thread: this one may have a loop that a browser is driven by."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, what).result()
