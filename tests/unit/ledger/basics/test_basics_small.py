"""Money, time, ids, hashing and errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.basics import clock, hashing, ids, money
from ledger.basics.errors import Refusal


@given(st.integers(0, 10**15 - 1))
def test_money_is_read_as_it_is_written(fen: int) -> None:
    assert money.parse_yuan(money.yuan(fen)) == fen


def test_money_is_plain_yuan() -> None:
    assert money.parse_yuan("12980000") == 1298000000
    assert money.parse_yuan("0.5") == 50
    assert money.yuan(-5) == "-0.05"


@pytest.mark.parametrize(
    "bad",
    [
        *(
            "",
            " 1",
            "1 ",
            "+1",
            "-1",
            "1e9",
            "1.",
            ".5",
            "1.234",
            "01",
            "00",
            "1,000",
            "１２",
            "NaN",
            "0x1",
            "1_0",
            "1\n",
        ),
        *("9" * 14, True, 1, 1.0, None, b"1", "٣"),
    ],
)
def test_money_of_another_spelling_is_refused(bad: object) -> None:
    with pytest.raises(Refusal, match=r"money\.malformed\(field=total\)"):
        money.parse_yuan(bad, "total")


@given(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)))  # noqa: DTZ001 - the zone is added
def test_time_is_read_as_it_is_written(at: datetime) -> None:
    at = clock.cut(at.replace(tzinfo=UTC))
    assert clock.parse_time(clock.text(at)) == at
    assert len(clock.text(at)) == 24


def test_time_is_utc_in_milliseconds() -> None:
    at = datetime(2026, 12, 1, 9, 0, 0, 123999, timezone(timedelta(hours=8)))
    assert clock.text(at) == "2026-12-01T01:00:00.123Z"
    with pytest.raises(ValueError, match="zone"):
        clock.text(at.replace(tzinfo=None))
    assert clock.text(datetime(7, 1, 1, tzinfo=UTC)) == "0007-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "bad",
    [
        "2026-12-01T01:00:00Z",
        "2026-12-01 01:00:00.000Z",
        "2026-12-01T01:00:00.000+00:00",
        "2026-12-01T01:00:00.000z",
        "2026-13-01T01:00:00.000Z",
        "2026-02-29T01:00:00.000Z",
        "2026-12-01T24:00:00.000Z",
        "2026-12-01T01:00:60.000Z",
        "2026-12-01T01:00:00.000Z\n",
        "２026-12-01T01:00:00.000Z",
        "0000-12-01T01:00:00.000Z",
        20261201,
        None,
    ],
)
def test_time_of_another_spelling_is_refused(bad: object) -> None:
    with pytest.raises(Refusal, match=r"time\.malformed\(field=at\)"):
        clock.parse_time(bad, "at")


def test_a_time_is_cut_to_its_interval() -> None:
    at = clock.parse_time("2026-12-01T01:00:59.999Z")
    assert clock.text(clock.floor(at, timedelta(minutes=1))) == "2026-12-01T01:00:00.000Z"
    assert clock.system_clock().microsecond % 1000 == 0


@pytest.mark.parametrize("good", ["a", "0", "lot-1", "a.b_c-d", "x" * 64])
def test_ids_are_plain(good: str) -> None:
    assert ids.check_id(good) == good


@pytest.mark.parametrize("bad", ["", "A", "-a", ".a", "a..b", "a/b", "a b", "x" * 65, "é", "a\n", 1, None])
def test_other_ids_are_refused(bad: object) -> None:
    with pytest.raises(Refusal, match=r"id\.malformed\(field=lot\)"):
        ids.check_id(bad, "lot")


def test_new_ids_are_80_random_bits() -> None:
    assert ids.new_id(bytes) == "a" * 16
    assert ids.check_id(ids.new_id()) != ids.new_id()


def test_hkdf_is_that_of_rfc_5869() -> None:
    # RFC 5869 appendix A.1 and, without salt and info, A.3.
    okm = hashing.hkdf(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42)
    assert okm.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    okm = hashing.hkdf(b"\x0b" * 22, b"", b"", 42)
    assert okm.hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"


def test_framing_keeps_items_apart() -> None:
    assert hashing.fr(b"ab", b"") == b"\0\0\0\2ab\0\0\0\0"
    assert hashing.fr(b"a", b"b") != hashing.fr(b"ab")
    assert hashing.H(b"a", b"bc") == hashing.H(b"abc")
    assert (hashing.u8(1), hashing.u32(1), hashing.u64(1)) == (b"\1", b"\0\0\0\1", b"\0" * 7 + b"\1")


def test_a_refusal_is_a_code_and_what_fills_its_words() -> None:
    why = Refusal("area.what", b="x", a=1)
    assert (why.code, why.params, str(why)) == ("area.what", {"a": 1, "b": "x"}, "area.what(a=1, b=x)")
    assert str(Refusal("late")) == "late"
    for bad in ("Area", "area.", "area what", "", "area-what"):
        with pytest.raises(ValueError, match="not an error code"):
            Refusal(bad)  # codes: relayed
