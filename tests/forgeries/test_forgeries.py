"""Every claim holds for the true bundle, and refuses a forged one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evaluation.verify import CLAIMS, verify
from ledger import trust
from ledger.basics.canonical import canonical
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


def test_without_a_trust_file_nobody_knows_whose_log_it_is() -> None:
    report = verify(played().bundle().pack())
    assert report.failing == ()
    assert report.status == 3
    assert report.fingerprints["trust"] == TRUST.fingerprint


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
