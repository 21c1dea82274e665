"""What a hall says of the time: a countdown that runs on an old one lets somebody be late."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ledger.basics import clock
from ledger.basics.ids import system_entropy
from tests.support.live import Watcher, served
from tests.support.tender_notice import PUBLISHED, TENDER
from tests.support.waiting import wait_until
from tests.unit.live.test_live_rooms import played
from tests.unit.live.test_live_server import KEY, Growing
from web.live import ticket
from web.live.book import Look

LATER: Final = timedelta(minutes=7)


class Passing(Growing):
    """A ledger in which nothing happens while time passes."""

    passed = timedelta(0)

    def look(self) -> Look:
        return Look(self.size, PUBLISHED + self.passed)


def test_who_comes_long_after_the_last_change_is_told_the_time_of_now() -> None:
    source = Passing(played())
    with served(source, KEY) as live:
        first = ticket.issue(KEY, "public", TENDER, "lot-1", PUBLISHED, system_entropy)
        with Watcher(live.url, first) as one:
            one.until_state()
            source.passed = LATER
            wait_until(lambda: live.live.now() >= PUBLISHED + LATER, "the server to look")
            second = ticket.issue(KEY, "public", TENDER, "lot-1", PUBLISHED + LATER, system_entropy)
            with Watcher(live.url, second) as other:
                assert clock.parse_time(other.until_state().now) >= PUBLISHED + LATER
