"""The whole list of claims, in the order in which a tender goes, and what a bundle is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bidding import verify as bidding
from ledger import bundle
from ledger import verify as log
from ledger.basics.errors import Refusal
from ledger.claims import Claim, NotApplicable, Result, run
from ledger.trust import Trust

CLAIMS: Final[tuple[Claim[Any], ...]] = (*log.CLAIMS, *bidding.CLAIMS)


@dataclass(frozen=True)
class Report:
    """What came out. `known`: whether a trust file was given; `fingerprints`: what to compare where none was."""

    tender: str
    results: tuple[Result, ...]
    known: bool
    fingerprints: Mapping[str, str]

    @property
    def holds(self) -> bool:
        """Whether no claim fails."""
        return all(result.holds for result in self.results)

    @property
    def failing(self) -> tuple[str, ...]:
        """The claims that fail."""
        return tuple(result.claim for result in self.results if not result.holds)

    @property
    def status(self) -> int:
        """The exit status: 0 all holds, 1 something fails, 3 consistent, but nobody knows whose log it is."""
        if not self.holds:
            return 1
        return 0 if self.known else 3


def verify(data: bytes, trust: Trust | None = None) -> Report:
    """Judges a bundle's bytes by a trust file, or (without one) only in itself. Nothing is raised."""
    contents = bundle.read(data)
    evidence = bidding.Evidence(contents, trust)
    results = tuple(run(CLAIMS, evidence))
    tender = contents.bundle.tender if contents.bundle else ""
    return Report(tender, results, evidence.known, _fingerprints(evidence))


def _fingerprints(evidence: bidding.Evidence) -> dict[str, str]:
    """What identifies whose log a bundle says it is: of the trust file it tells, the log's and the witnesses' keys."""
    try:
        told = evidence.told
    except (Refusal, NotApplicable):
        return {}
    out = {"trust": told.fingerprint, "log": told.policy.log.text}
    return out | {f"witness {one.name}": one.text for one in told.policy.witnesses}
