"""The live process is killed in the middle of an opening: every watcher goes on by itself, nothing missing or twice."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from ledger.basics.clock import system_clock
from ledger.basics.ids import system_entropy
from tests.support.live import book_of, free_port, key_of, opened_town
from tests.support.live_crowd import Fan, run, until
from tests.support.processes import Child, Children
from tests.support.town import LOT, Town
from web.live import protocol, ticket

MINGJING = (sys.executable, "-c", "from web.cli.main import main; main()")
FANS = 40
KILLS = 2
STEPS = 12


class Ledger:
    """A played ledger that is shown to the live process little by little: as far as its tree is said to go."""

    def __init__(self, place: Town, path: Path) -> None:
        self._path = path
        self.size = int(self._ask("SELECT size FROM tree"))
        self.start = int(
            self._ask(
                "SELECT entries.idx FROM events JOIN entries ON entries.id = events.entry_id "
                "WHERE events.type = 'tickets.opened'"
            )
        )
        self.whole = [protocol.encode(one) for one in book_of(place).open(place.tender, LOT)[1]]

    def show(self, size: int) -> None:
        """The tree has this size now."""
        with contextlib.closing(sqlite3.connect(self._path, timeout=30)) as line, line:
            line.execute("UPDATE tree SET size = ?", (size,))

    def _ask(self, question: str) -> str:
        with contextlib.closing(sqlite3.connect(self._path, timeout=30)) as line:
            return str(line.execute(question).fetchone()[0])


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Ledger]]:
    folder = tmp_path_factory.mktemp("kill")
    with opened_town(folder, {"ann": "900000.50", "bob": "800000", "cid": "1000000"}, 3) as made:
        yield made, Ledger(made, folder / "town.db")


@asynccontextmanager
async def crowd(fans: list[Fan]) -> AsyncIterator[Callable[[Fan], None]]:
    """All of them watch until the block ends; gives what lets one more in."""
    tasks = [asyncio.create_task(fan.watch()) for fan in fans]

    def enter(fan: Fan) -> None:
        fans.append(fan)
        tasks.append(asyncio.create_task(fan.watch()))

    try:
        yield enter
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def test_every_watcher_has_every_message_once_however_often_the_process_dies(
    played: tuple[Town, Ledger], processes: Children, rng: random.Random, tmp_path: Path
) -> None:
    place, ledger = played
    port, config = free_port(), place.path.with_name("live.toml")
    config.write_text(f"{place.path.read_text()}\n[live]\nport = {port}\npoll_ms = 20\n")
    key = key_of(place)

    def give() -> str:
        return ticket.issue(key, "public", place.tender, LOT, system_clock(), system_entropy)

    def serve() -> Child:
        child = processes.start(*MINGJING, "serve", "live", "--config", config, name="live")
        child.wait_for(r"^live ready ws://\S+$", 60)
        return child

    def back(killed: int) -> bool:
        return all(fan.lines > killed for fan in fans[:FANS])

    async def play() -> None:
        ledger.show(ledger.start)
        child, killed = await asyncio.to_thread(serve), 0
        kills = set(rng.sample(range(2, STEPS), KILLS))
        async with crowd(fans) as enter:
            await until(lambda: all(fan.numbers for fan in fans), "everybody to be there")
            for step in range(1, STEPS + 1):
                ledger.show(ledger.start + (ledger.size - ledger.start) * step // STEPS)
                if step in kills:
                    child.kill()
                    child, killed = await asyncio.to_thread(serve), killed + 1
                    await until(partial(back, killed), "everybody to be back")
                for fan in rng.sample(fans, 3):
                    fan.cut()
                enter(Fan(url, give))
            await until(lambda: all(len(fan.numbers) >= len(ledger.whole) for fan in fans), "everybody to have all")

    url = f"ws://127.0.0.1:{port}/hall"
    fans = [Fan(url, give) for _ in range(FANS)]
    run(play())
    assert len(fans) == FANS + STEPS
    for fan in fans:
        assert fan.numbers == list(range(1, len(ledger.whole) + 1))
        assert fan.told == ledger.whole
