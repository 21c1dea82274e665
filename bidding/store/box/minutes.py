"""One event a minute for the whole box, however much or little came in: the rate tells nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from bidding.roll import minute_value
from bidding.store.box import bids as box_bids
from bidding.store.box import lots as box_lots
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy
from ledger.events import Draft
from ledger.store.append import append, version
from ledger.store.engine import database_now
from ledger.store.read import load

STREAM: Final = "box"
TYPE: Final = "box.minute"
# An outage leaves many minutes to write; this many in one transaction, the rest in the next.
AT_ONCE: Final = 500


def write_minutes(conn: Connection, interval: timedelta, entropy: Entropy) -> int:
    """Write the event of every minute that has ended, empty ones too; returns how many.

    Holds every open lot FOR UPDATE, so that whatever was judged to lie in those minutes is committed. The first minute
    is the one in which the platform opened its log.
    """
    lots = box_lots.open_lots(conn)
    now = database_now(conn)
    last = version(conn, STREAM)
    start = _after(conn, last, interval)
    drafts: list[Draft] = []
    while start + interval <= now and len(drafts) < AT_ONCE:
        came = box_bids.of_minute(conn, start)
        sealed: dict[str, Json] = {}
        for lot in lots:
            accepted, withdrawn = came.get((lot.tender, lot.lot), ([], []))
            sealed[f"{lot.tender}/{lot.lot}"] = minute_value(lot.tender, lot.lot, accepted, withdrawn)
        drafts.append(Draft(TYPE, {"minute": clock.text(start)}, sealed=dict(sealed)))
        start += interval
    if drafts:
        append(conn, STREAM, last, drafts, at=now, actor="box", entropy=entropy)
        box_lots.note_written(conn, start)
    return len(drafts)


def _after(conn: Connection, last: int, interval: timedelta) -> datetime:
    """The start of the first minute that has no event."""
    if last:
        (newest,) = load(conn, STREAM, after=last - 1)
        return clock.parse_time(newest.event.public["minute"]) + interval
    opened = load(conn, "log")
    if not opened:
        raise Refusal("box.log_not_opened")
    return clock.floor(opened[0].event.at, interval)
