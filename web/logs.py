"""Structured logs: one JSON object a line on standard error, never a body, a token or a query."""

from __future__ import annotations

import json
import logging
import sys
from typing import Final

from ledger.basics import clock

_FIELDS: Final = "fields"
# How gunicorn begins its lines about one request or one connection.
_ABOUT_REQUESTS: Final = ("Invalid request", "Error handling", "Socket error", "HTTP/2", "Exception in post_request")


class JsonLines(logging.Formatter):
    """`{"at", "level", "logger", "event", …fields}`; of an exception its type and its place, not its message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; of an exception no message: it may hold what somebody sent."""
        out: dict[str, object] = {
            "at": clock.text(clock.system_clock()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        return json.dumps({**out, **_fault(record)}, ensure_ascii=False)


class Discreet(logging.Filter):
    """Takes out of the web server's own lines who asked and what: an address, a path, the bytes of a broken request.

    gunicorn writes them for every request that it can't read or serve, in clear; the box's callers stand in its sealed
    access log and nowhere else. What went wrong stays: the kind of the fault and its place.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every line through, those about a request shortened."""
        start = next((one for one in _ABOUT_REQUESTS if str(record.msg).startswith(one)), None)
        if start is not None:
            fault = "".join(f" {value}" for value in _fault(record).values())
            record.msg, record.args, record.exc_info, record.exc_text = start + fault, (), None, None
        return True


def set_up(level: int = logging.INFO) -> None:
    """Sends every logger of this process to standard error as JSON lines; the web server's keep their own form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    server = logging.getLogger("gunicorn.error")
    if not any(isinstance(one, Discreet) for one in server.filters):
        server.addFilter(Discreet())
    logging.getLogger("alembic").setLevel(logging.WARNING)


def note(logger: logging.Logger, event: str, /, level: int = logging.INFO, **fields: object) -> None:
    """One line: what happened, with its fields."""
    logger.log(level, event, extra={_FIELDS: fields})


def _fault(record: logging.LogRecord) -> dict[str, str]:
    """Type and place of the exception that a line is about, not its message: that may repeat what was sent."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    trace = record.exc_info[2]
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    found = {"exception": record.exc_info[0].__name__}
    return found if trace is None else {**found, "where": f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}"}
