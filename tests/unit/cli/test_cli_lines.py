"""The bidder's lines: what they do where a server says when to come again."""

from __future__ import annotations

import pytest

from ledger.basics.errors import Refusal
from ledger.http import LONGEST_PAUSE
from tests.support.log import refused
from web.cli.bid.lines import WAITED, politely


class Server:
    """Refuses so many times."""

    def __init__(self, times: int, code: str, **params: int) -> None:
        self.times, self.code, self.params = times, code, params

    def __call__(self) -> str:
        if self.times:
            self.times -= 1
            raise Refusal(self.code, **self.params)  # codes: relayed
        return "done"


@pytest.mark.parametrize("code", ["http.rate", "http.crowded", "http.busy"])
def test_a_busy_server_is_asked_again_when_it_says(code: str) -> None:
    waited: list[int] = []
    assert politely(Server(20, code, seconds=3), waited.append) == "done"
    assert waited == [3] * 20


def test_waiting_has_an_end() -> None:
    waited: list[int] = []
    with refused("http.crowded", seconds=60):
        politely(Server(1000, "http.crowded", seconds=60), waited.append)
    assert sum(waited) == WAITED


def test_no_server_makes_anybody_sleep_past_a_deadline() -> None:
    waited: list[int] = []
    with refused("http.busy"):
        politely(Server(1000, "http.busy", seconds=10_000_000), waited.append)
    assert max(waited) == LONGEST_PAUSE
    assert sum(waited) == WAITED


def test_other_refusals_are_raised_at_once() -> None:
    for code, params in (("submission.late", {"seconds": 3}), ("http.rate", {})):
        with refused(code, **params):
            politely(Server(1, code, **params), lambda _: None)
