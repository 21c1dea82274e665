"""What a tender's page says of its custodians: away, back again, and no longer asked."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from tests.support.town import Town, town

MINUTE = timedelta(minutes=1)


def said(made: Town) -> dict[str, str]:
    """Custodian → its row on the tender's page."""
    page = made.ask("GET", f"/tenders/{made.tender}").text
    table = page[page.index('id="custodians"') :]
    rows = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
    texts = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]
    return {row.split()[0]: row for row in texts if row.startswith("custodian-")}


def test_a_custodian_that_was_away_and_came_back_is_not_called_silent(tmp_path: Path) -> None:
    with town(tmp_path, f"sqlite:///{tmp_path / 'town.db'}", challenges=4 * MINUTE) as made:
        made.enrol()
        deadline = made.clock.at + 20 * MINUTE
        made.publish(deadline)
        made.open_tickets()
        for name in ("ann", "bob", "cid"):
            made.bid(name)
        made.wait(MINUTE)
        assert "失联" not in "".join(said(made).values())
        made.asleep = {"custodian-2", "custodian-3"}
        for _ in range(10):
            made.wait(MINUTE)
        shown = said(made)
        assert "正常" in shown["custodian-1"]
        assert "失联" in shown["custodian-2"]
        assert "失联" in shown["custodian-3"]
        made.until(deadline)
        # One of three is too few: the opening waits, and the page says for whom.
        assert "失联" in said(made)["custodian-2"]
        made.asleep = {"custodian-3"}
        made.wait(MINUTE)
        made.wait(MINUTE)
        finished = said(made)
        assert "失联" not in "".join(finished.values())
        assert all("不再查验" in row for row in finished.values())
        assert finished["custodian-2"] > shown["custodian-2"], "it has proved it anew, by opening"
