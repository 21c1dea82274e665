"""Every claim holds for the true bundle, and refuses a forged one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from evaluation.verify import CLAIMS, verify
from ledger import trust
from ledger.basics.canonical import Json, canonical
from ledger.checkpoint import log_key, witness_key
from tests.forgeries import cast
from tests.forgeries.forge import FORGERIES, Forgery
from tests.forgeries.play import STEPS, played

TRUST = trust.parse(canonical(cast.trust_object()))


def test_the_true_bundle_passes_every_claim() -> None:
    report = verify(played().bundle().pack(), TRUST)
    assert {one.claim: one.verdict for one in report.results} == {claim.id: "holds" for claim in CLAIMS}
    assert report.status == 0


@pytest.mark.parametrize("step", STEPS[2:])
def test_a_true_bundle_passes_at_every_stage(step: str) -> None:
    report = verify(played(step).bundle().pack(), TRUST)
    assert report.failing == ()


def test_a_lot_that_failed_for_want_of_bids_is_true_too() -> None:
    play = played("amend")
    play.until(cast.MOVED)
    play.done = (*play.done, "rebid")
    report = verify(play.go("close").bundle().pack(), TRUST)
    assert {play.last("lot.failed", lot).event.type for lot in cast.LOTS} == {"lot.failed"}
    assert report.failing == ()


def test_what_a_minute_seen_late_costs_is_said() -> None:
    """A platform may leave out the checkpoint over a minute. Its bids then do not count, but not in silence."""
    play, (amended, _) = played("rebid"), played("amend").heads[-1]
    over = cast.MOVED + cast.GRACE
    play.until(over + cast.INTERVAL)
    play.heads = [(size, at) for size, at in play.heads if size <= amended or at > over]
    report = verify(play.go("close").bundle().pack(), TRUST)
    remarks = {one.claim: [remark.code for remark in one.remarks] for one in report.results}
    assert report.failing == ()
    assert remarks["roll.counted"] == ["roll.seen_late", "roll.seen_late"]


def test_without_a_trust_file_nobody_knows_whose_log_it_is() -> None:
    report = verify(played().bundle().pack())
    assert report.failing == ()
    assert report.status == 3
    assert report.fingerprints["trust"] == TRUST.fingerprint


def test_an_invented_platform_is_refused_by_whoever_knows_the_real_one() -> None:
    """Consistent in everything, with witnesses, custodians and people of its own: only the trust file tells."""
    real: Any = cast.trust_object()
    keys: dict[str, Json] = {"log": {"origin": cast.ORIGIN, "key": log_key(cast.ORIGIN, cast.key("real log")).text}}
    keys["box_key"] = cast.hex_key("real box")
    for row in real["witnesses"]:
        row["key"] = witness_key(row["name"], cast.key(f"real {row['name']}")).text
    for row in (*real["custodians"], *real["contributors"]):
        row["key"] = cast.hex_key(f"real {row['key']}")
    data = played().bundle().pack()
    assert verify(data).status == 3
    failing = verify(data, trust.parse(canonical({**real, **keys}))).failing
    assert {"log.trusted", "log.signed", "log.witnessed", "institutions.trusted", "keysets.signed"} <= set(failing)


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: f"{forgery.claim}-{forgery.name}")
def test_the_claim_refuses_its_forgery(forgery: Forgery) -> None:
    report = verify(forgery.make(), TRUST)
    assert forgery.claim in report.failing, report.failing
    assert report.status == 1
    crashed = [one.claim for one in report.results for failure in one.failures if failure.code == "claim.crashed"]
    assert crashed == []


def _without() -> Iterator[str]:
    forged = {forgery.claim for forgery in FORGERIES}
    yield from sorted({claim.id for claim in CLAIMS} - forged)


def test_every_claim_has_a_forgery() -> None:
    assert list(_without()) == []
    assert {forgery.claim for forgery in FORGERIES} <= {claim.id for claim in CLAIMS}
    assert len({forgery.name for forgery in FORGERIES}) == len(FORGERIES) >= 40
