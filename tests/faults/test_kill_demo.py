"""SIGKILL at random moments of the demonstration: what was acknowledged stays, nothing is done twice, the award stands.

A short run kills one demonstration about ten times; a long one thirty demonstrations, three hundred kills in all.
That `check` finds no difference and `verify` no failure is part of every demonstration (`web.demo.proof`). What the
deduction, the draws and the tie of lot 3 came to is read from the bundle's report.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from ledger.store.engine import create_engine, reading
from tests.support import kill_audit, killing, third_lot
from tests.support.kill_audit import Books
from tests.support.recorder import Acknowledged
from tests.support.sampling import rng_for, sample
from tests.support.third_lot import ThirdLot
from web.demo.notice import LOTS

RUNS: Final = sample(30, 1)
KILLS: Final = 10


@pytest.mark.parametrize("run", range(RUNS))
def test_whatever_is_killed_the_tender_ends_as_if_nothing_had_been(tmp_path: Path, run: int) -> None:
    seed = rng_for(f"kill {run}").randrange(1 << 32)
    killed = killing.play(tmp_path / "demo", seed, KILLS, bids=sample(13, 5), bidding_seconds=sample(60, 35))
    assert len(killed.kills) >= KILLS // 2, "hardly anything was killed"
    engine = create_engine(killed.config.database.owner)
    with reading(engine) as conn:
        books = Books(killed, conn)
        assert list(kill_audit.unseen(books)) == []
        assert list(kill_audit.lost(books)) == []
        assert list(kill_audit.doubled(books)) == []
        assert list(kill_audit.misanswered(books)) == []
        for lot in LOTS:
            assert kill_audit.ranking(books, lot) == kill_audit.undisturbed(books, lot)
        _audit_sees_a_lost_act(books)
    engine.dispose()
    assert list(third_lot.wrong(ThirdLot(killed.house.root / "bundle.zip", killed.play.bidders))) == []


def _audit_sees_a_lost_act(books: Books) -> None:
    said = b'{"events": [{"type": "lot.awarded", "leaf": "00"}]}'
    never = Acknowledged("POST", "/office/acts", b"{}", 201, {}, said)
    books.killed.house.wires["office"].acknowledged.append(never)
    assert list(kill_audit.lost(books)) == ["POST /office/acts: lot.awarded is not in the ledger"]
