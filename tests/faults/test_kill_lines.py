"""Worker and box killed at random lines of their own code: the next process finishes what was begun, once."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from ledger.store import tables as ledger
from tests.support.crashing import killed_at, told
from tests.support.sampling import rng_for, sample
from tests.support.town import INTERVAL, LOT, START, Sealed, Town
from tests.support.world_log import Dice
from web import check
from web.blobs import Folder
from web.box.app import create_app as create_box
from web.box.parts import Parts
from web.services import BOX_KEY, compose, read_key
from web.worker import Worker

DEADLINE: Final = START + timedelta(minutes=10)
WORKER: Final = ("/web/worker/", "/bidding/store/", "/ledger/store/", "/web/files.py", "/web/blobs.py")
BOX: Final = ("/web/box/", "/bidding/store/box/", "/ledger/store/engine.py", "/web/blobs.py")
# What happens as often as it happens; everything else in a lot's or a tender's stream happens once.
OFTEN: Final = ("release.recorded", "contribution.recorded", "tender.accounted", "tender.drafted")


class Falling(Town):
    """A town whose worker and box are killed again and again."""

    def __init__(self, root: Path, url: str, dice: random.Random) -> None:
        super().__init__(root, url)
        self.chance, self.kills = dice, Counter[str]()

    def tick(self, rounds: int = 1) -> None:
        """As `Town.tick`, by a worker that was killed now and then and remembers nothing."""
        for _ in range(rounds):
            for _ in range(self.chance.choice((0, 1, 2))):
                self.kills["worker"] += killed_at(self._line(4.5), WORKER, self._work)
            self.worker = Worker(self.worker_services)
            super().tick()

    def submit_through_kills(self, sealed: Sealed, times: int) -> None:
        """Hands a bid in, after the box was killed so many times on the way."""
        for _ in range(times):
            self.kills["box"] += killed_at(self._line(3), BOX, lambda: self._hand_in(sealed))
        done = self.submit(sealed)
        # 200: a killed box had taken it, and only its answer was lost.
        assert done.status_code in (200, 201), done.text
        held = self.call_box(sealed, "GET", f"/box/bids/{self.tender}/{LOT}").get_json()["accepted"]
        assert [one["receipt"] for one in held if one["sha256"] == sealed.sha256] == [done.get_json()["receipt"]]

    def _line(self, digits: float) -> int:
        return int(10 ** self.chance.uniform(0, digits))

    def _work(self) -> None:
        Worker(compose(self.config, self.config.database.worker, now=self.clock, entropy=os.urandom)).step()

    def _hand_in(self, sealed: Sealed) -> None:
        # The child's client sends nonces of its own.
        self.dice = Dice(int.from_bytes(os.urandom(4)))
        services = compose(self.config, self.config.database.box, now=self.clock, entropy=os.urandom)
        key = read_key(self.config.folders.keys / BOX_KEY)
        folder = Folder(self.config.folders.blobs)
        self.box = create_box(Parts(services.engine, folder, os.urandom, key, INTERVAL)).test_client()
        self.submit(sealed)


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Falling]:
    made = Falling(tmp_path, sqlite_url, rng_for(request.node.nodeid))
    made.enrol()
    yield made
    told(made.kills)
    made.close()


@pytest.mark.parametrize("run", range(sample(20, 1)))
def test_a_tender_ends_well_whatever_line_its_processes_die_at(place: Falling, run: int) -> None:
    del run
    place.publish(DEADLINE)
    place.open_tickets()
    prices = {"ann": "800000", "bob": "900000", "cid": "850000"}
    bids = {name: place.seal(place.bidder(name), price) for name, price in prices.items()}
    for sealed in bids.values():
        place.submit_through_kills(sealed, sample(12, 6))
    again = place.seal(place.bidder("ann"), "870000", seq=2)
    place.submit_through_kills(again, sample(12, 6))
    gone = place.seal(place.bidder("dan"), "700000")
    place.submit_through_kills(gone, 2)
    assert place.withdraw(gone, 2).status_code == 201
    place.until(DEADLINE)
    for _ in range(6):
        place.wait(timedelta(minutes=1))
    assert place.types(f"lot/{place.tender}/{LOT}").count("lot.awarded") == 1
    opened = place.events(f"lot/{place.tender}/{LOT}")
    offers = place.whole(f"lot/{place.tender}/{LOT}", "lot.offers_opened")["bids"]
    assert sorted(row["answers"]["price"] for row in offers) == ["850000", "870000", "900000"]
    (roll,) = [one["public"]["roll"]["submissions"] for one in opened if one["type"] == "lot.closed"]
    assert roll == sorted(one.sha256 for one in (again, bids["bob"], bids["cid"]))
    with place.services.engine.connect() as conn:
        table = ledger.events
        rows = conn.execute(sa.select(table.c.stream, table.c.type)).all()
    twice = Counter((row.stream, row.type) for row in rows if row.stream.startswith(("lot/", "tender/")))
    assert [what for what, count in twice.items() if count > 1 and what[1] not in OFTEN] == []
    assert [f"{one.code} {dict(one.params)}" for one in check.run(place.services.engine, place.config).problems] == []
    assert min(place.kills["worker"], place.kills["box"]) >= 5, place.kills
