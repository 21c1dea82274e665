"""What is left of uploads that were never finished, once their lot takes nothing more."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine

from bidding.store.box import uploads as box_uploads
from ledger.store.engine import reading, transaction
from web.blobs import Blobs

AT_ONCE: Final = 100  # in one sweep: the next one goes on


def clear(engine: Engine, blobs: Blobs) -> int:
    """Removes unfinished uploads of closed lots, bytes before rows; how many.

    A whole ciphertext is never touched: only whole ones can stand in a submission, on the roll or not.
    """
    with reading(engine) as conn:
        found = box_uploads.unfinished(conn, AT_ONCE)
    for upload_id in found:
        blobs.discard(upload_id)
        with transaction(engine) as conn:
            box_uploads.drop_unfinished(conn, upload_id)
    return len(found)
