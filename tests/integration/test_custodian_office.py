"""Custodians before the real office: a deadline that moves, an institution that starts again from its words."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bidding.custody import BidRulebook
from ledger.basics import clock
from ledger.custodian import opened as custodians
from ledger.custodian.memory import Memory
from ledger.institution import folder as folders
from ledger.institution.backoff import Backoff
from ledger.institution.journal import Journal
from ledger.institution.platform import Platform
from ledger.sealed import backup
from tests.support.town import LOT, START, Town, town

DEADLINE = START + timedelta(minutes=30)
MOVED = START + timedelta(minutes=60)
BIDS = (("ann", "800000"), ("bob", "900000"), ("cid", "1000000"))


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, sqlite_url) as made:
        made.enrol()
        yield made


def released(place: Town) -> list[str]:
    """The parts of the lot's recorded releases, each with its custodian."""
    return sorted(
        f"{one['public']['part']} {one['public']['custodian']}"
        for one in place.events(f"lot/{place.tender}/{LOT}")
        if one["type"] == "release.recorded"
    )


def moved(place: Town) -> None:
    """The tenderee moves the deadline, and custodians have rounds enough to see it."""
    body: dict[str, Any] = {
        "number": 1,
        "text": {"zh": "延期", "en": "Later"},
        "affects_bids": True,
        "deadline": clock.text(MOVED),
        "documents": [],
    }
    done = place.act("tenderee", "addendum.issued", f"tender/{place.tender}", body)
    assert done.status_code == 201, done.text
    place.tick(4)


def test_a_moved_deadline_moves_the_opening(place: Town) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    moved(place)
    assert place.types(f"tender/{place.tender}").count("postponement.recorded") == len(place.custodians)
    for name, price in BIDS:
        place.bid(name, price)
    place.until(DEADLINE + timedelta(minutes=1))
    assert released(place) == []
    place.until(MOVED + timedelta(minutes=1))
    assert "lot.announced" in place.types(f"lot/{place.tender}/{LOT}"), place.said[-20:]
    assert len(released(place)) >= 2 * place.t


def test_a_custodian_that_starts_again_from_its_words_opens_with_the_others(place: Town, tmp_path: Path) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    moved(place)
    for name, price in BIDS:
        place.bid(name, price)
    place.asleep = {"custodian-1", "custodian-2"}
    words = backup.to_words(place.masters["custodian-1"])
    shutil.rmtree(tmp_path / "custodian-1")
    folder = folders.create(
        tmp_path / "again", "custodian", "custodian-1", backup.from_words(" ".join(words)), "new", place.dice, cost=10
    )
    folder.put_trust(place.trust)
    with Journal(folder.state) as journal:
        Memory.of(journal).note_restored()
    with custodians.opened(
        folder,
        folder.unlock("new"),
        Platform(place.url),
        BidRulebook(folder.trust()),
        now=place.clock,
        say=place.said.append,
        backoff=Backoff(timedelta(0), timedelta(0)),
    ) as process:
        process.step()
        assert len(process.house.memory.keysets()) == 3
        assert [one.not_before for one, _ in process.house.memory.postponements()] == [clock.text(MOVED)]
        place.until(DEADLINE + timedelta(minutes=1))
        process.step()
        assert released(place) == []
        place.until(MOVED + timedelta(minutes=1))
        for _ in range(8):
            process.step()
            place.tick()
    assert {"coin custodian-1", "identity custodian-1", "offer custodian-1"} <= set(released(place))
    assert "lot.offers_opened" in place.types(f"lot/{place.tender}/{LOT}"), place.said[-20:]


def test_a_form_that_the_platform_lost_after_presence_comes_back(place: Town) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    for name, price in BIDS:
        place.bid(name, price)
    place.asleep = set(place.custodians)
    place.until(DEADLINE + timedelta(minutes=1))
    stream = f"lot/{place.tender}/{LOT}"
    assert "lot.present" in place.types(stream)
    for process in place.custodians.values():
        process.step()
    present = place.whole(stream, "lot.present")
    forms = [row["sha256"] for row in present["ciphertexts"] if row["kind"] == "form"]
    assert len(forms) == 2 * len(BIDS)
    lost = [path for path in place.path.parent.rglob("*") if path.name in forms]
    assert {path.name for path in lost} == set(forms)
    for path in lost:
        path.unlink()
    place.asleep = set()
    place.tick(10)
    assert "lot.offers_opened" in place.types(stream), place.said[-20:]
    assert {place.ask("GET", f"/api/forms/{sha256}").status_code for sha256 in forms} == {200}
