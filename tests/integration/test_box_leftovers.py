"""What was never finished goes when its lot is closed; nothing that anybody handed in goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from bidding.store.box.tables import submissions, uploads
from ledger.basics.hashing import H
from ledger.store.engine import create_engine, reading
from tests.support.boxes import BoxWorld, Caller, code
from tests.support.crashing import killed_at
from web.blobs import Folder
from web.worker import leftovers

DATA = bytes(range(256)) * 40
LINES = ("/web/worker/leftovers.py", "/bidding/store/box/uploads.py", "/web/blobs.py")


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[BoxWorld]:
    """A lot with one bid, and two others' uploads of which not all came."""
    made = BoxWorld(database_url, tmp_path)
    assert made.caller("ann").bid().status_code == 201
    for label in ("bob", "cid"):
        begun(made.caller(label))
    yield made
    made.close()


def begun(caller: Caller) -> str:
    """An upload that stops on its way; its place."""
    path = caller.create(DATA + caller.label.encode()).headers["Location"]
    assert caller.patch(path, DATA[:1000], 0).status_code == 204
    return str(path)


def partial(world: BoxWorld) -> int:
    return len(list((world.folder / "blobs" / "partial").iterdir()))


def rows(world: BoxWorld, *where: sa.ColumnElement[bool]) -> int:
    with reading(world.engine) as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(uploads).where(*where)).scalar_one())


def clear(world: BoxWorld) -> None:
    """As a worker that has just started."""
    engine = create_engine(world.url)
    try:
        leftovers.clear(engine, Folder(world.folder / "blobs"))
    finally:
        engine.dispose()


def whole(world: BoxWorld) -> bool:
    """The bid is there with every byte."""
    with reading(world.engine) as conn:
        handed_in = conn.execute(sa.select(sa.func.count()).select_from(submissions)).scalar_one()
    blobs = world.caller("ann").seals()[1]
    return handed_in == 1 and rows(world, uploads.c.complete == 1) == 4 and all(map(world.blobs.holds, blobs))


@pytest.mark.parametrize("state", ["waiting", "open", "suspended"])
def test_nothing_goes_before_the_lot_is_closed(world: BoxWorld, state: str) -> None:
    world.put(state=state)
    clear(world)
    assert (rows(world), partial(world)) == (6, 2)


def test_what_was_not_finished_goes_and_the_bid_stays(world: BoxWorld) -> None:
    late = world.caller("dan")
    path = begun(late)
    world.put(state="closed")
    clear(world)
    assert (rows(world), partial(world), whole(world)) == (4, 0, True)
    assert code(late.patch(path, DATA[1000:], 1000)) == "upload.unknown"
    assert code(late.create(DATA)) == "submission.late"


def test_an_upload_that_became_whole_meanwhile_stays(world: BoxWorld) -> None:
    caller = world.caller("dan")
    path = begun(caller)
    world.put(state="closed")

    class Meanwhile(Folder):
        """The box finishes just when the worker has looked."""

        def discard(self, upload_id: str) -> None:
            if path.endswith(upload_id):
                assert caller.patch(path, DATA[1000:] + b"dan", 1000).status_code == 204
            super().discard(upload_id)

    leftovers.clear(world.engine, Meanwhile(world.folder / "blobs"))
    assert world.blobs.holds(H(DATA + b"dan").hex())
    assert (rows(world), rows(world, uploads.c.complete == 1), partial(world)) == (5, 5, 0)


def test_a_worker_that_is_killed_leaves_nothing_that_the_next_does_not_clear(world: BoxWorld) -> None:
    world.put(state="closed")
    clear(world)
    kills = 0
    for line in count(1, 2):
        world.put(state="open")
        for label in ("bob", "cid"):
            begun(world.caller(label))
        world.put(state="closed")
        world.engine.dispose()  # the killed one opens its own
        killed = killed_at(line, LINES, lambda: clear(world))
        clear(world)
        assert (rows(world), partial(world), whole(world)) == (4, 0, True), f"killed at line {line}"
        if not killed:
            break
        kills += 1
    assert kills > 10
