"""The log's claims, and the evidence that every claim reads (docs/formats/claims.md)."""

from __future__ import annotations

from typing import Any, Final

from ledger.claims import Claim, collect
from ledger.verify import log
from ledger.verify.evidence import Evidence

CLAIMS: Final[list[Claim[Any]]] = list(collect(log))

__all__ = ["CLAIMS", "Evidence"]
