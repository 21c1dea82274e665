"""What every act gives: events by stream, for one transaction; without any, there is nothing to do."""

from __future__ import annotations

from typing import TypeAlias

from ledger.basics.canonical import Json
from ledger.basics.errors import Param
from ledger.events import Draft

Decision: TypeAlias = dict[str, list[Draft]]


def failed(code: str, article: str = "", **params: Param) -> Draft:
    """`lot.failed` (流标) with its reason."""
    reason: dict[str, Json] = {"code": code, "article": article, "params": dict(params)}
    return Draft("lot.failed", {"reason": reason})
