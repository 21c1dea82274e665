"""Documents in memory, read as those of a platform are."""

from __future__ import annotations

from collections.abc import Mapping

from bidding.procedures.listing import ReadDocument
from ledger.basics.errors import Refusal


def stored(documents: Mapping[str, bytes]) -> ReadDocument:
    """Reads documents by SHA-256."""

    def read(sha256: str) -> bytes:
        if sha256 not in documents:
            raise Refusal("file.not_found", sha256=sha256[:64])
        return documents[sha256]

    return read
