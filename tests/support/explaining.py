"""What bidders and two people do about a low price in a town."""

from __future__ import annotations

from datetime import timedelta

from werkzeug.test import TestResponse

from bidding.acts import explain
from ledger.basics.canonical import canonical
from tests.support.town import LOT, Sealed, Town

WORDS = "自有采石场，成本见投标文件第三章。"
FINDING = "账目属实"


def say(made: Town, sealed: Sealed, words: str = WORDS) -> TestResponse:
    """A bidder's letter to the box; the answer."""
    return made.call_box(sealed, "POST", "/box/explanations", canonical(explain.body(made.tender, LOT, words)))


def judge(made: Town, bid_key: str, *, proved: bool = True) -> None:
    """Two people find that a bid's explanation holds, or not."""
    found = {"findings": [{"bid_key": bid_key, "proved": proved, "finding": FINDING}]}
    for person in ("tenderee", "second"):
        done = made.act(person, "lot.explanations_judged", f"lot/{made.tender}/{LOT}", found)
        assert done.status_code in (201, 202), done.text


def uphold(made: Town, sealed: Sealed) -> None:
    """From asked to judged: it explains, and two people are content."""
    assert say(made, sealed).status_code == 201
    made.tick()
    made.wait(timedelta(minutes=1))
    judge(made, str(sealed.envelope["object"]["bid_key"]))
