"""Each benchmark runs on a handful of bids: its figures say nothing, but its steps are those that are measured."""

from __future__ import annotations

from pathlib import Path

from benchmarks import box, hall, opening, scoring, verify


def test_the_box_is_measured_on_two_lots(tmp_path: Path) -> None:
    urls = (f"sqlite:///{tmp_path / 'empty.db'}", f"sqlite:///{tmp_path / 'full.db'}")
    found = box.ratio("SQLite", urls, tmp_path, before=3)
    assert found.what == "bids 4 to 23 on a lot, SQLite"
    assert found.ours > 0


def test_the_opening_is_measured_step_by_step(tmp_path: Path) -> None:
    found = opening.ratios(tmp_path / "bench", bids=3, size=100_000, rounds=1)
    assert [one.bound for one in found] == [opening.PRESENCE, opening.BOUND, opening.TOGETHER]
    assert not (tmp_path / "bench").exists(), "gigabytes are not left behind"


def test_the_bare_operations_of_a_bundle_are_counted() -> None:
    found, operations = verify.ratio(bids=6, rounds=1)
    on_roll = 6 + 3  # lot F4 and the three of the other lot whose seals can be opened
    assert found.bound == verify.BOUND
    assert len(operations.powers) == on_roll
    assert len(operations.rsa) > on_roll
    assert len(operations.seals) > on_roll
    assert operations.ed25519
    assert operations.hashed


def test_an_announcement_is_measured_on_a_handful_of_watchers() -> None:
    found = hall.ratio(watchers=10, rounds=2)
    assert found.bound == hall.BOUND
    assert 0 < found.ours < 60
    assert 0 < found.limit < 60


def test_three_ways_of_scoring_are_measured() -> None:
    found = [*scoring.panels(bids=200, rounds=1), scoring.prices(bids=5_000, rounds=1)]
    assert [one.bound for one in found] == [1.0, scoring.BESIDE_FLOATS, scoring.BESIDE_SORT]
    assert all(one.ours > 0 for one in found)
