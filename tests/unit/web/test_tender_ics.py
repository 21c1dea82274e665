"""The calendar file: lines as RFC 5545 has them, and events that move instead of doubling."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from web.public.ics import Entry, calendar, folded

AT = datetime(2026, 12, 1, 1, 30, tzinfo=UTC)


def entry(**changed: object) -> Entry:
    given: dict[str, object] = {
        "uid": "t-1-deadline@log.example",
        "at": AT,
        "summary": "投标截止",
        "description": "",
        "url": "",
        "stamp": AT - timedelta(days=30),
    }
    return Entry(**{**given, **changed})  # type: ignore[arg-type]  # members as the test gives them


def unfolded(data: bytes) -> list[str]:
    return data.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def test_every_line_ends_with_crlf_and_has_75_octets_at_most() -> None:
    data = calendar("项目" * 60, "zh", [entry(summary="第一标段公示期满" * 20, description="a,b;c\\d\ne" * 30)])
    assert data.endswith(b"\r\n")
    lines = data.split(b"\r\n")[:-1]
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no character is parted


def test_folding_loses_nothing() -> None:
    for text in ("x" * 200, "标" * 200, "a" * 74 + "标", "a" * 75, "a" * 76, ""):
        assert folded(text).replace(b"\r\n ", b"").decode() == f"{text}\r\n"


def test_texts_are_escaped() -> None:
    (line,) = [one for one in unfolded(calendar("", "en", [entry(summary="a,b;c\\d\ne")])) if one.startswith("SUMMARY")]
    assert line == r"SUMMARY;LANGUAGE=en:a\,b\;c\\d\ne"


def test_a_line_break_in_a_text_makes_no_property() -> None:
    data = calendar("x", "en", [entry(summary="x\r\nATTENDEE:mailto:a@b.example")])
    assert not any(line.startswith("ATTENDEE") for line in unfolded(data))


def test_a_moved_deadline_is_the_same_event_with_a_higher_sequence() -> None:
    before, after = (
        unfolded(calendar("x", "en", [one])) for one in (entry(), entry(at=AT + timedelta(days=1), sequence=1))
    )
    assert [line for line in before if line.startswith("UID")] == [line for line in after if line.startswith("UID")]
    assert "SEQUENCE:0" in before
    assert "SEQUENCE:1" in after
    assert "DTSTART:20261202T013000Z" in after


def test_a_cancelled_event_says_so() -> None:
    assert "STATUS:CANCELLED" in unfolded(calendar("x", "en", [entry(cancelled=True)]))


def test_what_the_format_requires_is_there_once() -> None:
    lines = unfolded(calendar("x", "en", [entry(), entry(uid="other@log.example")]))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    for name in ("VERSION:2.0", "PRODID:"):
        assert sum(line.startswith(name) for line in lines) == 1
    for name in ("UID:", "DTSTAMP:", "DTSTART:", "BEGIN:VEVENT", "END:VEVENT"):
        assert sum(line.startswith(name) for line in lines) == 2
    assert all(re.fullmatch(r"[A-Z-]+(;[A-Z]+=[a-z]+)?:.*", line) for line in lines)
