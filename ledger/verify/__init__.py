"""The log's claims, and the evidence that every claim reads (docs/formats/claims.md)."""

from __future__ import annotations

from typing import Any, Final

from ledger.claims import Claim, collect
from ledger.verify import log, slots
from ledger.verify.evidence import Evidence

CLAIMS: Final[list[Claim[Any]]] = list(collect(log, slots))

__all__ = ["CLAIMS", "Evidence"]
