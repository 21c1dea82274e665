"""The claims about a procedure: publication, acts, times, box, roll, opening (docs/formats/claims.md)."""

from __future__ import annotations

from typing import Any, Final

from bidding.verify import box, opening, people, publication, times
from bidding.verify.evidence import Evidence
from ledger.claims import Claim, collect

CLAIMS: Final[list[Claim[Any]]] = list(collect(publication, people, times, box, opening))

__all__ = ["CLAIMS", "Evidence"]
