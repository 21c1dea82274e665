"""Structured logs: one JSON object a line on standard error, never a body, a token or a query."""

from __future__ import annotations

import json
import logging
import sys
from typing import Final

from ledger.basics import clock

_FIELDS: Final = "fields"


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
        if record.exc_info and record.exc_info[0] is not None:
            out["exception"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            if trace is not None:
                out["where"] = f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}"
        return json.dumps(out, ensure_ascii=False)


def set_up(level: int = logging.INFO) -> None:
    """Sends every logger of this process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def note(logger: logging.Logger, event: str, /, level: int = logging.INFO, **fields: object) -> None:
    """One line: what happened, with its fields."""
    logger.log(level, event, extra={_FIELDS: fields})
