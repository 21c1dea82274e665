"""The box comes to know an addendum's terms with the next sweeps, not when something else happens."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ledger.basics import clock
from tests.support.town import INTERVAL, START, code, town

DEADLINE = START + timedelta(hours=2)


def test_the_box_wants_the_terms_of_an_addendum_at_once(tmp_path: Path) -> None:
    with town(tmp_path, f"sqlite:///{tmp_path / 'town.db'}") as made:
        made.enrol()
        made.publish(DEADLINE)
        made.open_tickets()
        made.wait(INTERVAL)
        before = made.seal(made.bidder("ann"))
        addendum = {
            "number": 1,
            "text": {"zh": "图纸说明", "en": "A note on the drawings"},
            "affects_bids": False,
            "deadline": clock.text(DEADLINE),
            "documents": [],
        }
        assert made.act("tenderee", "addendum.issued", f"tender/{made.tender}", addendum).status_code == 201
        made.tick(2)
        after = made.seal(made.bidder("ann"))
        assert code(made.submit(before)) == "submission.terms_stale"
        assert made.submit(after).status_code == 201
