"""A custodian whose platform, or whose own machine, has the wrong time: only both and the witnesses together open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ledger.basics import clock
from ledger.custodian.rulebook import Answerable, Evidence, NotYet
from tests.support.custody import Case, real_keyset
from tests.support.custody_names import DEADLINE, LOT, TENDER

COIN = real_keyset("coin")
EARLY = DEADLINE - timedelta(minutes=1)
LATER = DEADLINE + timedelta(minutes=1)
NEXT_DAY = DEADLINE + timedelta(days=1)
TENDER_STREAM = f"tender/{TENDER}"
LOT_STREAM = f"lot/{TENDER}/{LOT}"


def test_the_servers_clock_does_not_matter(lot: Case) -> None:
    lot.close()
    lot.platform.sign(EARLY)
    lot.platform.streams[LOT_STREAM][-1]["event"]["at"] = clock.text(NEXT_DAY)
    lot.step(EARLY)
    lot.nothing_left()


def test_its_own_clock_alone_does_not_open_either(lot: Case) -> None:
    lot.close(roll=False)
    lot.platform.sign(EARLY)
    lot.step(EARLY)
    lot.platform.roll()
    lot.platform.sign(DEADLINE - timedelta(seconds=1))
    lot.step(LATER)
    lot.nothing_left()


@dataclass
class Sure:
    """A rulebook that sees no obstacle, or always the same one: what the custodian itself holds to is left."""

    says: NotYet | None = None
    size: int | None = None
    asked: int = 0

    def check_keyset(self, keyset: dict[str, Any], evidence: Evidence) -> None:
        """Any."""

    def answerable(self, keyset: dict[str, Any], not_before: datetime, evidence: Evidence) -> Answerable | NotYet:
        """Always."""
        del keyset, not_before
        self.asked += 1
        head = evidence.witnessed
        return self.says or Answerable("00" * 32, (self.size or head.size, head.root.hex()), [])


def test_the_witnesses_clocks_count_whatever_a_rulebook_says(lot: Case) -> None:
    lot.rulebook = Sure()
    lot.platform.sign(DEADLINE - timedelta(seconds=1))
    lot.step(LATER)
    lot.nothing_left()
    assert "custodian.too_early" not in lot.refusals()
    assert "custodian.witnesses_earlier" in lot.refusals()
    lot.platform.append("box", "box.minute", {})
    lot.platform.sign(DEADLINE)
    lot.step(LATER)
    assert len(lot.platform.releases()) == 1


def test_an_answer_under_another_checkpoint_is_not_given(lot: Case) -> None:
    lot.rulebook = Sure(size=1)
    lot.platform.append("box", "box.minute", {})
    lot.platform.sign(LATER)
    lot.step(LATER)
    lot.nothing_left()
    assert "custodian.other_checkpoint" in lot.refusals()


def test_what_will_never_open_is_looked_at_rarely(lot: Case) -> None:
    rulebook = lot.rulebook = Sure(NotYet("custody.lot_failed", {"lot": LOT}, final=True))
    with lot.process() as process:
        for minute in range(120):
            lot.clock.at = LATER + timedelta(minutes=minute)
            lot.platform.append("box", "box.minute", {})
            lot.platform.sign(lot.clock.at)
            process.step()
        assert rulebook.asked == 1
        lot.clock.at = LATER + timedelta(hours=7)
        process.step()
    assert rulebook.asked == 2
    lot.nothing_left()


def test_witnesses_within_the_same_second_are_in_time(lot: Case) -> None:
    lot.close()
    lot.platform.sign(DEADLINE)
    lot.step(LATER)
    assert len(lot.platform.releases()) == 1


def test_a_roll_before_the_deadline_is_never_answered_for(lot: Case) -> None:
    lot.close()
    lot.platform.sign(EARLY)
    lot.step(EARLY)
    for later in (LATER, NEXT_DAY):
        lot.platform.append("box", "box.minute", {})
        lot.platform.sign(later)
        lot.step(later)
    lot.nothing_left()
    assert "custody.roll_early" in lot.refusals()
