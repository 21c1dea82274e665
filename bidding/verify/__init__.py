"""The claims about a procedure: publication, tickets, box, roll, opening, award (docs/formats/claims.md)."""

from __future__ import annotations

from typing import Any, Final

from ledger.claims import Claim
from ledger.verify import Evidence

CLAIMS: Final[list[Claim[Any]]] = []

__all__ = ["CLAIMS", "Evidence"]
