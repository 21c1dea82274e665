"""What a verifier does when somebody's registration is in the tree, and not in the bundle."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bidding.verify.evidence import Evidence
from ledger.bundle import Bundle, read
from ledger.events import Draft
from ledger.slots import Withheld
from tests.forgeries import cast as people
from tests.forgeries.play import played
from tests.forgeries.stage import TENDER_STREAM

LATE = "party/late"


def with_a_late_registration() -> Bundle:
    """A tender during which an organisation registered."""
    play = played("draft")
    play.add(LATE, Draft("party.registered", {**people.party_public("alder"), "party": "late"}))
    play.witness()
    return play.go("publish").bundle()


def evidence(bundle: Bundle) -> Evidence:
    """It, read."""
    return Evidence(read(bundle.pack()))


def test_a_party_that_is_shown_is_known_from_its_place_on() -> None:
    bundle = with_a_late_registration()
    (line,) = bundle.streams[LATE]
    found = evidence(bundle)
    assert found.party_before("late", line.index) is None
    assert found.party_before("late", line.index + 1) is not None
    assert found.party_before("nobody", bundle.size) is None


def test_a_party_that_is_kept_back_is_not_nobody() -> None:
    bundle = with_a_late_registration()
    (line,) = bundle.streams[LATE]
    without = evidence(replace(bundle, streams={name: it for name, it in bundle.streams.items() if name != LATE}))
    with pytest.raises(Withheld, match=r"evidence\.kept_back"):
        without.party_before("late", bundle.size)
    assert without.party_before("late", line.index - 1) is None, "registered only later"


def test_the_streams_of_a_notices_lots_may_not_be_missing() -> None:
    found = evidence(played("publish").bundle())
    assert {TENDER_STREAM, f"lot/{people.TENDER}/f4", f"issuance/{people.TENDER}/f4"} <= found.concerned
