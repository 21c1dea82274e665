"""Deadlines as a calendar file (RFC 5545): one event each, known by its UID, so that a moved one moves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

CONTENT_TYPE: Final = "text/calendar; charset=utf-8"
_OCTETS: Final = 75  # of a line, without its end (§3.1)
_ESCAPES: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""})


@dataclass(frozen=True)
class Entry:
    """A moment. `stamp`: when it was last said; `sequence`: how often it was moved; `cancelled`: it does not come."""

    uid: str
    at: datetime
    summary: str
    description: str
    url: str
    stamp: datetime
    sequence: int = 0
    cancelled: bool = False


def calendar(name: str, lang: str, entries: Iterable[Entry]) -> bytes:
    """The file: lines end with CRLF, none is longer than 75 octets."""
    found = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//Mingjing//Tender//{lang.upper()}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        *(line for entry in entries for line in _entry(entry, lang)),
        "END:VCALENDAR",
    ]
    return b"".join(folded(line) for line in found)


def folded(line: str) -> bytes:
    """A content line with its CRLF, folded between characters, so that no octet of one is parted from the others."""
    out, length = bytearray(), 0
    for char in line:
        octets = char.encode("utf-8")
        if length + len(octets) > _OCTETS:
            out += b"\r\n "
            length = 1
        out += octets
        length += len(octets)
    return bytes(out + b"\r\n")


def _entry(entry: Entry, lang: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.uid}"
    yield f"DTSTAMP:{_time(entry.stamp)}"
    yield f"DTSTART:{_time(entry.at)}"
    yield f"SEQUENCE:{entry.sequence}"
    yield f"STATUS:{'CANCELLED' if entry.cancelled else 'CONFIRMED'}"
    yield "TRANSP:TRANSPARENT"
    yield f"SUMMARY;LANGUAGE={lang}:{_text(entry.summary)}"
    if entry.description:
        yield f"DESCRIPTION;LANGUAGE={lang}:{_text(entry.description)}"
    if entry.url:
        yield f"URL:{entry.url}"
    yield "END:VEVENT"


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _time(at: datetime) -> str:
    """Whole seconds: a deadline lies on the edge of a minute, an end of a standstill at midnight."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
